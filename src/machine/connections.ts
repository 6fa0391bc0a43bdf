import type { Config } from '../config/settings.ts'

/**
 * How the connections that a process may have to PostgreSQL are shared out: half of them, or one for each, are the threads', which
 * only read and mostly from memory. Where one thread serves all are its own.
 */
export function connectionsOf({ workers, database: { connections } }: Pick<Config, 'workers' | 'database'>) {
  if (workers === 1) return { ofMachine: connections, ofThread: connections }
  const ofThread = Math.max(1, Math.floor(connections / (2 * workers)))
  return { ofMachine: connections - ofThread * workers, ofThread }
}
