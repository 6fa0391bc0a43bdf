import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Dialect, Kysely, type KyselyPlugin, type LogEvent, sql } from 'kysely'
import type { Availability } from '../core/dependency.ts'
import { watchHeld } from './held.ts'
import { type PostgresOptions, postgres } from './postgres.ts'
import { nodeSqlite } from './sqlite.ts'
import { readingSqlite } from './sqlite-reading.ts'
import { sqliteInWorker } from './sqlite-worker.ts'
import type { Db, OpenedDb, Tables } from './tables.ts'

/** Whom the statements of a database are shown to. */
export type Seeing = {
  /** Called for every statement, for counting. */
  onQuery?: (event: LogEvent) => void
  /** Sees every statement before it is run. */
  plugins?: KyselyPlugin[]
  /** Where it is known to be away, nobody waits for a connection to find that out; who gets none has it looked into. */
  availability?: Availability
}

/** What is said of PostgreSQL means nothing to SQLite, which has one connection. */
export type OpenOptions = Seeing & PostgresOptions

/** Shorter than whoever asks is patient, so that what is late is over before it is asked again. */
const PROBE_MS = 1900

/**
 * Opens a database by its URL: `sqlite:path`, `sqlite::memory:` or `postgres://…`.
 * The rest of the program does not know which of the two it is.
 */
export async function openDb(url: string, options: OpenOptions = {}): Promise<OpenedDb> {
  const path = sqlitePath(url)
  if (path !== null) return kysely(sqlite(path), options)
  const { dialect, pool } = await postgres(url, options)
  const db = kysely(dialect, options)
  watchHeld(db, pool)
  return db
}

/** Null for PostgreSQL. */
export function sqlitePath(url: string): string | null {
  return url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : null
}

/**
 * The database as the gate writes to it. A SQLite file gets a second connection in a thread of its own, so that waiting for
 * the disk stops no request; where that is not needed (PostgreSQL) or not possible (in memory) it is the main one. Reads that a
 * request waits for belong on the main one: here they wait for the writes before them.
 * @param mainDb what `openDb` made of the same URL; destroying it after this one is no mistake where the two are one
 */
export function openGateDb<D extends Db>(url: string, mainDb: D, options: Seeing = {}): D | OpenedDb {
  return inThread(url, mainDb, options)
}

/** The database as it is asked whether it is there, and what it is: on one connection of its own, which waits for nobody. */
export async function openProbeDb(url: string, mainDb: Db, options: PostgresOptions): Promise<Db> {
  const path = sqlitePath(url)
  if (path === ':memory:') return mainDb
  const db = await openReadingDb(url, { ...options, connections: 1, patienceMs: PROBE_MS })
  // A file that is locked later could not be opened, and is there all the same.
  if (path !== null) await sql`select 1`.execute(db)
  return db
}

/** The database as reports read it. A SQLite file gets another connection in a thread of its own: adding up takes seconds. */
export function openReportDb<D extends Db>(url: string, mainDb: D, options: Seeing = {}): D | OpenedDb {
  return inThread(url, mainDb, options)
}

/**
 * The database as another thread of the process reads it: what the main one committed before a statement it sees. A SQLite file is
 * read by a connection that cannot write.
 * @param url of a database that `openDb` has opened in this process; none in memory, which is its connection's alone
 */
export async function openReadingDb(url: string, options: OpenOptions = {}): Promise<OpenedDb> {
  const path = sqlitePath(url)
  return path === null ? openDb(url, options) : kysely(readingSqlite(path), options)
}

function inThread<D extends Db>(url: string, mainDb: D, options: Seeing): D | OpenedDb {
  const path = sqlitePath(url)
  if (path === null || path === ':memory:') return mainDb
  return kysely(sqliteInWorker(path), options)
}

function kysely(dialect: Dialect, { onQuery, plugins = [] }: Seeing): OpenedDb {
  return new Kysely<Tables>({ dialect, plugins, ...(onQuery && { log: onQuery }) })
}

function sqlite(path: string): Dialect {
  if (path !== ':memory:') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // A new file is its owner's alone; SQLite gives the files beside it the same mode. One that is there is not touched: to
    // close it here would take from the process all locks that its other connections have on it, as the system has it.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  }
  return nodeSqlite(path)
}
