import { existsSync } from 'node:fs'
import { sql } from 'kysely'
import { usageFolder } from '../../beside.ts'
import { isPostgres } from '../../dialect.ts'
import { LaterSchema } from '../../migrate.ts'
import { migrations } from '../../migrations/index.ts'
import { OLDEST_SCHEMA } from '../../oldest.ts'
import { openDb, sqlitePath } from '../../open.ts'
import { nameOf, openMigrated } from '../../open-migrated.ts'
import { DatabaseRefusal } from '../../refusal.ts'
import { holdServing } from '../../serving-lock.ts'
import type { Db } from '../../tables.ts'
import { columnsOf } from './columns.ts'
import { MARK } from './mark.ts'
import { copied } from './tables.ts'

/** A database, until it is disposed of. */
export type End = AsyncDisposable & { db: Db }

/**
 * Opens the database that is copied. It is not served, and stays so, where it is a file; of PostgreSQL the servers that are connected are asked for.
 * @throws DatabaseRefusal; LaterSchema
 */
export async function openSource(url: string): Promise<End> {
  await using stack = new AsyncDisposableStack()
  const path = sqlitePath(url)
  if (path !== null && !existsSync(path)) throw new DatabaseRefusal(`there is no file ${path}`)
  if (path !== null) stack.use(holdServing(path))
  const db = await openDb(url, { connections: 1 })
  stack.defer(() => db.destroy())
  await isAtOurSchema(url, db)
  if (isPostgres(db) && (await areServing(db)))
    throw new DatabaseRefusal(`${nameOf(url)} is being served: stop its servers first`)
  if (existsSync(usageFolder(url) ?? '')) {
    const words = `usage waits to be written beside ${path}: start its server once, and stop it when gatehouse_usage_buffered is 0`
    throw new DatabaseRefusal(words)
  }
  const rest = stack.move()
  return { db, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/**
 * Opens the database that is copied to, brings it to this version's schema, and keeps a file from being served.
 * @throws DatabaseRefusal where it holds anything that no copy has begun to put there
 */
export async function openTarget(url: string): Promise<End> {
  {
    const db = await openDb(url, { connections: 1 })
    await using _closing = { [Symbol.asyncDispose]: () => db.destroy() }
    const table = await firstFull(db)
    if (table !== null) throw new DatabaseRefusal(`${nameOf(url)} is not empty: its table ${table} has rows`)
  }
  return openMigrated(url, { connections: 1, serving: true, copying: true })
}

async function isAtOurSchema(url: string, db: Db): Promise<void> {
  const there = (await columnsOf(db, 'meta')).length > 0
  if (!there) throw new DatabaseRefusal(`${nameOf(url)} is not a Gatehouse database`)
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  if (rows.some(({ name }) => !Object.hasOwn(migrations, name))) throw new LaterSchema()
  if (rows.length < Object.keys(migrations).length) {
    throw new DatabaseRefusal(
      `${nameOf(url)} has the schema of an earlier version: \`gatehouse migrate\` brings it to this one's`,
    )
  }
}

/** Whoever is connected to the same database under the program's name. Through a pooler that hides it nobody is seen. */
async function areServing(db: Db): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_stat_activity where datname = current_database()
    and application_name like 'gatehouse%' and pid <> pg_backend_pid() limit 1`.execute(db)
  return rows.length > 0
}

/** A table with something in it, unless a copy has begun here. */
async function firstFull(db: Db): Promise<string | null> {
  for (const table of copied.toReversed()) {
    if ((await columnsOf(db, table)).length === 0) continue
    if (table === 'meta') {
      const facts = (await db.selectFrom('meta').select('key').execute()).map(({ key }) => key)
      if (facts.includes(MARK)) return null
      if (facts.some((key) => key !== OLDEST_SCHEMA)) return table
      continue
    }
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db)
    if (rows.length > 0) return table
  }
  return null
}
