import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../test/support/postgres.ts'
import { residentMb, startGatehouse } from './processes.ts'
import { median, round } from './statistics.ts'

const STARTS = 7
/** How long after its start a process is looked at: what starting needed has been collected by then. */
const IDLE_MS = 2000

/** From the start of the process to the first 200 of /readyz, on a database that exists. */
export async function benchStart(databaseUrl: string): Promise<string[]> {
  const times: number[] = []
  for (let i = 0; i < STARTS; i++) {
    await using gatehouse = await startGatehouse({ GATEHOUSE_DATABASE_URL: databaseUrl })
    times.push(gatehouse.readyAfterMs)
  }
  const each = times.map((ms) => round(ms)).join(' ')
  return [`start to ready on an existing SQLite file: ${round(median(times))} ms, the median of ${each}`]
}

/** Resident memory of an idle process: with its own echo model, with an upstream, on PostgreSQL. */
export async function benchMemory(databaseUrl: string): Promise<string[]> {
  const sqlite = { GATEHOUSE_DATABASE_URL: databaseUrl }
  const upstream = { GATEHOUSE_UPSTREAM_URL: 'http://127.0.0.1:9/v1' }
  const lines = [
    `idle memory, SQLite and the echo model: ${await idleMb(sqlite)} MB`,
    `idle memory, SQLite and an upstream: ${await idleMb({ ...sqlite, ...upstream })} MB`,
  ]
  await using postgres = await startPostgres()
  await postgres.run('create database gatehouse')
  const onPostgres = { GATEHOUSE_DATABASE_URL: `${postgres.url}/gatehouse` }
  return [
    ...lines,
    `idle memory, PostgreSQL and the echo model: ${await idleMb(onPostgres)} MB`,
    `idle memory, PostgreSQL and an upstream: ${await idleMb({ ...onPostgres, ...upstream })} MB`,
  ]
}

async function idleMb(env: Record<string, string>): Promise<string> {
  await using gatehouse = await startGatehouse(env)
  await sleep(IDLE_MS)
  return round(await residentMb(gatehouse.pid))
}
