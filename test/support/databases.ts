import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type PostgresServer, postgresAt, startPostgres } from './postgres.ts'
import { MIGRATED, SHARED_DATABASES } from './shared-databases.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

const both = ['sqlite', 'postgres'] as const
const asked = both.filter((kind) => kind === process.env.TEST_DATABASE)

/** The databases that every guarantee is tested on: both, but in a run whose matter is something else beside one of them. */
export const databases: readonly DatabaseKind[] = asked.length > 0 ? asked : both

/** The database where a test does not say which. */
export const DATABASE: DatabaseKind = databases[0] ?? 'sqlite'

/** A database of a test's own: a real SQLite file, or a database of its own in a real PostgreSQL. */
export type TestDatabase = AsyncDisposable & { kind: DatabaseKind; url: string }

/** @param migrated whether it may have this version's schema already, for who starts a server on it and asks no more of that */
export async function openTestDatabase(kind: DatabaseKind, migrated = false): Promise<TestDatabase> {
  const like = migrated ? await migratedDatabase(kind) : null
  return kind === 'sqlite' ? openSqlite(like) : openPostgres(await postgresServer(), like)
}

async function openSqlite(like: string | null): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'))
  if (like !== null) await copyFile(like, join(folder, 'test.db'))
  const dispose = () => rm(folder, { recursive: true, force: true, maxRetries: 3 })
  return { kind: 'sqlite', url: `sqlite:${join(folder, 'test.db')}`, [Symbol.asyncDispose]: dispose }
}

let counter = 0

/**
 * A database in the PostgreSQL that all tests share, or in one that a test has for itself, to stop it.
 * @param like the name of the one there that it is a copy of; an empty one else
 */
export async function openPostgres(server: PostgresServer, like: string | null = null): Promise<TestDatabase> {
  const name = `test_${process.pid}_${counter++}`
  await server.run(`create database ${name}${like === null ? '' : ` template ${like} strategy file_copy`}`)
  const dispose = () => server.run(`drop database if exists ${name} with (force)`)
  return { kind: 'postgres', url: `${server.url}/${name}`, [Symbol.asyncDispose]: dispose }
}

const stack = new AsyncDisposableStack()
// Registered here, at the file's own level: inside a test or a hook it would belong to that one and stop the server early.
// Where PostgreSQL is somebody else's to stop, a program that is no test can use this too.
if (!process.env[SHARED_DATABASES]) after(() => stack.disposeAsync())

let running: Promise<PostgresServer> | undefined

/**
 * The one PostgreSQL of the tests: the one that `TEST_POSTGRES_URL` names; else the one that all files of an `npm test`
 * share; else, for a file that is run by hand, one from npm that is started here and ends with the file.
 */
export function postgresServer(): Promise<PostgresServer> {
  running ??= findServer(process.env.TEST_POSTGRES_URL, process.env[SHARED_DATABASES])
  return running
}

const migrated = new Map<DatabaseKind, Promise<string>>()

/** The database with this version's schema, which is copied sooner than made: its name, a file's path; null where nobody has made one. */
async function migratedDatabase(kind: DatabaseKind): Promise<string | null> {
  const shared = process.env[SHARED_DATABASES]
  if (!shared || (kind === 'postgres' && process.env.TEST_POSTGRES_URL)) return null
  const made = migrated.get(kind) ?? answerOf(`${shared}${MIGRATED[kind]}`)
  migrated.set(kind, made)
  return made
}

async function findServer(url: string | undefined, shared: string | undefined): Promise<PostgresServer> {
  if (url) return postgresAt(url)
  if (!shared) return stack.use(await startPostgres())
  return postgresAt(await answerOf(shared))
}

async function answerOf(url: string): Promise<string> {
  const response = await fetch(url)
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}
