import { availableParallelism } from 'node:os'
import type { DatabaseSettings } from '../core/database-settings.ts'

const MOST = 256

/** How many threads serve: a number, or as many as the machine runs at once. @throws Error where it is neither */
export function workers(value: string): number {
  if (value === 'auto') return availableParallelism()
  const number = /^\d{1,3}$/.test(value) ? Number(value) : 0
  if (number >= 1 && number <= MOST) return number
  throw new Error(`'${value}' is neither 'auto' nor a number of threads from 1 to ${MOST}`)
}

type Others = {
  workers: number
  databaseUrl: string
  database: Pick<DatabaseSettings, 'connections'>
}

/** Why so many threads would not be one server with the other settings. */
export function flawsOfWorkers({ workers, databaseUrl, database }: Others): string[] {
  if (workers === 1) return []
  const flaws: string[] = []
  if (databaseUrl === 'sqlite::memory:') flaws.push('several threads cannot share a database in memory: name a file')
  const least = workers + 2
  if (!databaseUrl.startsWith('sqlite:') && database.connections < least) {
    flaws.push(`${workers} threads need database.connections of the configuration file to be at least ${least}`)
  }
  return flaws.map((flaw) => `GATEHOUSE_WORKERS: ${flaw}`)
}
