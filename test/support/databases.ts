import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type PostgresServer, postgresAt, startPostgres } from './postgres.ts'
import { SHARED_POSTGRES } from './shared-postgres.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

const onlyPostgres = process.env.TEST_DATABASE === 'postgres'

/** The databases that every guarantee is tested on: both, but in a run whose matter is PostgreSQL with something else. */
export const databases: readonly DatabaseKind[] = onlyPostgres ? ['postgres'] : ['sqlite', 'postgres']

/** The database where a test does not say which. */
export const DATABASE: DatabaseKind = onlyPostgres ? 'postgres' : 'sqlite'

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

/** A database in the PostgreSQL that all tests share, or in one that a test has for itself, to stop it. */
export async function openPostgres(own?: PostgresServer): Promise<TestDatabase> {
  const server = own ?? (await postgresServer())
  const name = `test_${process.pid}_${counter++}`
  await server.run(`create database ${name}`)
  const dispose = () => server.run(`drop database if exists ${name} with (force)`)
  return { kind: 'postgres', url: `${server.url}/${name}`, [Symbol.asyncDispose]: dispose }
}

const stack = new AsyncDisposableStack()
// Registered here, at the file's own level: inside a test or a hook it would belong to that one and stop the server early.
// Where PostgreSQL is somebody else's to stop, a program that is no test can use this too.
if (!process.env[SHARED_POSTGRES]) after(() => stack.disposeAsync())

let running: Promise<PostgresServer> | undefined

/**
 * The one PostgreSQL of the tests: the one that `TEST_POSTGRES_URL` names; else the one that all files of an `npm test`
 * share; else, for a file that is run by hand, one from npm that is started here and ends with the file.
 */
export function postgresServer(): Promise<PostgresServer> {
  running ??= findServer(process.env.TEST_POSTGRES_URL, process.env[SHARED_POSTGRES])
  return running
}

async function findServer(url: string | undefined, shared: string | undefined): Promise<PostgresServer> {
  if (url) return postgresAt(url)
  if (!shared) return stack.use(await startPostgres())
  const response = await fetch(shared)
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return postgresAt(text)
}
