import { sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { SchemaChange } from './schema-change.ts'
import type { Db } from './tables.ts'

/** Its row in the facts about the database: the newest migration that a program must know at least, to work on it. */
export const OLDEST_SCHEMA = 'oldest_schema'

/** The migrations that were made in a database, in order; none in an empty one. */
export async function madeIn(db: Db): Promise<string[]> {
  const table = isPostgres(db)
    ? sql`select 1 where to_regclass('kysely_migration') is not null`
    : sql`select 1 from sqlite_master where name = 'kysely_migration'`
  if ((await table.execute(db)).rows.length === 0) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return rows.map(({ name }) => name)
}

/** Says who can work on the database from now on. To be called in the transaction that migrates it. */
export async function keepOldest(tx: Db, known: Readonly<Record<string, SchemaChange>>): Promise<void> {
  const value = Object.values(known).reduce((newest, { oldest }) => (oldest && oldest > newest ? oldest : newest), '')
  await tx
    .insertInto('meta')
    .values({ key: OLDEST_SCHEMA, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

/** What a program must know to work on the database; null where it does not say. */
export async function oldestOf(db: Db): Promise<string | null> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', OLDEST_SCHEMA).executeTakeFirst()
  return row?.value ?? null
}
