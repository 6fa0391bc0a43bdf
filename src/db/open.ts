import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Dialect, Kysely, type KyselyPlugin, type LogEvent, PostgresDialect, type PostgresPool } from 'kysely'
import type { Pool } from 'pg'
import type { Availability } from '../core/dependency.ts'
import { watchHeld } from './held.ts'
import { NoAnswer } from './in-time.ts'
import { nodeSqlite } from './sqlite.ts'
import { readingSqlite } from './sqlite-reading.ts'
import { sqliteInWorker } from './sqlite-worker.ts'
import type { Db, Tables } from './tables.ts'

export type OpenOptions = {
  /** Called for every statement, for counting. */
  onQuery?: (event: LogEvent) => void
  /** Sees every statement before it is run. */
  plugins?: KyselyPlugin[]
  /** Connections to PostgreSQL; SQLite has one. */
  connections?: number
  /** Milliseconds that a connection to PostgreSQL, and a statement, may take at most. */
  patienceMs?: number
  /** Where it is known to be away, nobody waits for a connection to find that out; who gets none has it looked into. */
  availability?: Availability
}

/** Whom the statements of a database are shown to. */
export type Seeing = Pick<OpenOptions, 'onQuery' | 'plugins' | 'availability'>

/** Shorter than whoever asks is patient, so that what is late is over before it is asked again. */
const PROBE_MS = 1900

/**
 * Opens a database by its URL: `sqlite:path`, `sqlite::memory:` or `postgres://…`.
 * The rest of the program does not know which of the two it is.
 */
export async function openDb(url: string, options: OpenOptions = {}): Promise<Db> {
  const path = sqlitePath(url)
  if (path !== null) return kysely(sqlite(path), options)
  const pool = await postgres(url, options)
  const db = kysely(new PostgresDialect({ pool: unlessAway(pool, options.availability) }), options)
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
export function openGateDb(url: string, mainDb: Db, options: Seeing = {}): Db {
  return inThread(url, mainDb, options)
}

/** The database as it is asked whether it is there: PostgreSQL on one connection of its own, which waits for nobody. */
export function openProbeDb(url: string, mainDb: Db): Promise<Db> {
  return sqlitePath(url) === null ? openDb(url, { connections: 1, patienceMs: PROBE_MS }) : Promise.resolve(mainDb)
}

/** The database as reports read it. A SQLite file gets another connection in a thread of its own: adding up takes seconds. */
export function openReportDb(url: string, mainDb: Db, options: Seeing = {}): Db {
  return inThread(url, mainDb, options)
}

/**
 * The database as another thread of the process reads it: what the main one committed before a statement it sees. A SQLite file is
 * read by a connection that cannot write.
 * @param url of a database that `openDb` has opened in this process; none in memory, which is its connection's alone
 */
export async function openReadingDb(url: string, options: OpenOptions = {}): Promise<Db> {
  const path = sqlitePath(url)
  return path === null ? openDb(url, options) : kysely(readingSqlite(path), options)
}

function inThread(url: string, mainDb: Db, options: Seeing): Db {
  const path = sqlitePath(url)
  if (path === null || path === ':memory:') return mainDb
  return kysely(sqliteInWorker(path), options)
}

function kysely(dialect: Dialect, { onQuery, plugins = [] }: Seeing): Db {
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

/** `pg` is loaded only where it is used. Every wait has an end: an outage is an answer, not a hang. */
async function postgres(url: string, { connections = 10, patienceMs }: OpenOptions): Promise<Pool> {
  const { default: pg } = await import('pg')
  // int8 holds times and amounts far below 2^53.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number)
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: patienceMs ?? 3000,
    statement_timeout: patienceMs ?? 10_000,
    query_timeout: patienceMs ?? 12_000,
    keepAlive: true,
    application_name: 'gatehouse',
  })
  // A connection that breaks fails what is running on it and is replaced by the pool; without listeners, for idle ones and
  // for those in use, it would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** The pool, which refuses at once while the database is known to be away: to wait for it would hold up all who wait behind. */
function unlessAway(pool: Pool, availability: Availability | undefined): PostgresPool {
  if (availability === undefined) return pool
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      if (!availability.isThere) throw new NoAnswer('the database is away')
      try {
        return await pool.connect()
      } catch (error) {
        availability.doubt()
        throw error
      }
    },
  }
}
