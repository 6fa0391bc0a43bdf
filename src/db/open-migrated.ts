import { sql } from 'kysely'
import { DATABASE_PRESETS } from '../core/database-settings.ts'
import { isPostgres } from './dialect.ts'
import { isAway, isNoDatabase, mayNot } from './errors.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { madeIn } from './oldest.ts'
import { type OpenOptions, openDb, sqlitePath } from './open.ts'
import { openReached } from './pooler.ts'
import { DatabaseRefusal, said } from './refusal.ts'
import { holdServing } from './serving-lock.ts'
import type { Db, OpenedDb } from './tables.ts'
import { readMark } from './whole/copy/mark.ts'

/** A database that is there and has this version's schema. Disposing closes it. */
export type Migrated = AsyncDisposable & {
  db: OpenedDb
  /** The names of the migrations that this opening applied, in order. */
  applied: string[]
  /** Whether a pooler stands in front: whoever opens this database again says so, too. */
  pooled: boolean
}

type MigratedOptions = OpenOptions & { serving: boolean; copying?: boolean }

/**
 * Opens a database and brings it to this version's schema.
 * @param serving whether it is to be served: one process at a time may do that with a SQLite file, beside any number of commands
 * @param copying whether it may hold a part of another database, which nobody else may use
 * @throws DatabaseRefusal where it refuses us, is another's, damaged, a part, or served already; LaterSchema; the driver's error where it is not there
 */
export async function openMigrated(url: string, options: MigratedOptions): Promise<Migrated> {
  const path = sqlitePath(url)
  if (path === null) return openPostgres(url, options)
  await using stack = new AsyncDisposableStack()
  const db = await openDb(url, options)
  // Before anything is read or changed, and until nothing is any more.
  if (options.serving && path !== ':memory:') stack.use(holdServing(path))
  stack.defer(() => db.destroy())
  await reached(url, sql`select 1`.execute(db))
  const applied = await ours(url, db, options)
  const rest = stack.move()
  return { db, applied, pooled: false, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** It is migrated on a connection of its own, which goes around a pooler and has no limit of time. */
async function openPostgres(url: string, options: MigratedOptions): Promise<Migrated> {
  const { directUrl } = options.database ?? DATABASE_PRESETS
  const direct = directUrl ?? url
  const { db, pooled } = await reached(url, openReached(url, options))
  try {
    const own = await openDb(direct, { ...options, connections: 1, migrating: true })
    const applied = await reached(direct, sql`select 1`.execute(own))
      .then(() => ours(direct, own, options))
      .finally(() => own.destroy())
    return { db, applied, pooled, [Symbol.asyncDispose]: () => db.destroy() }
  } catch (error) {
    await db.destroy()
    throw error
  }
}

/** A first statement that fails has met who may connect and what is there, and no bug of ours. */
async function reached<T>(url: string, first: Promise<T>): Promise<T> {
  return first.catch((error) => {
    throw isAway(error) ? error : refusal(url, error)
  })
}

async function ours(url: string, db: OpenedDb, { copying = false }: MigratedOptions): Promise<string[]> {
  try {
    if (!(await isForeign(db))) {
      const applied = await migrate(db)
      if (copying || (await readMark(db)) === null) return applied
      throw new DatabaseRefusal(`${nameOf(url)} holds a part of a copy: \`gatehouse copy\` goes on with it`)
    }
  } catch (error) {
    throw isNoDatabase(error) || mayNot(error) ? refusal(url, error) : error
  }
  throw new DatabaseRefusal(`${nameOf(url)} is not a Gatehouse database: it holds the tables of another program`)
}

/**
 * Whether it is another program's. A schema of PostgreSQL may be shared, so there only another's migrations say so: ours would be
 * noted among them. A SQLite file is one program's.
 */
async function isForeign(db: Db): Promise<boolean> {
  const made = await madeIn(db)
  if (made.length > 0) return !made.some((name) => Object.hasOwn(migrations, name))
  if (isPostgres(db)) return false
  const others = sql`select 1 from sqlite_master where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'
    and name not like 'kysely\\_%' escape '\\'`
  return (await others.execute(db)).rows.length > 0
}

function refusal(url: string, cause: unknown): DatabaseRefusal {
  const what = isNoDatabase(cause) ? 'is not a Gatehouse database, or a damaged one' : 'cannot be used'
  return new DatabaseRefusal(`${nameOf(url)} ${what} (${said(cause)})`, { cause })
}

/** What a person knows it by; never its password. */
export function nameOf(url: string): string {
  const path = sqlitePath(url)
  if (path !== null) return path
  const { host, pathname } = new URL(url)
  return `the database ${host}${pathname}`
}
