import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { OLDEST_SCHEMA } from '../../oldest.ts'
import type { Db } from '../../tables.ts'
import type { Copied } from './tables.ts'

/** Its row in the facts about the database, as long as a copy into it is not whole. */
export const MARK = 'copy'

/** Facts that each database has of itself: whose copy it is, and who may work on its schema. */
export const OF_ONE_DATABASE = [MARK, OLDEST_SCHEMA] as const

/** The key of the last row that was read, column by column. */
export type Place = (string | number | null)[]

/** How far a copy has come: which source it is of, and which row was the last. */
export type Mark = { source: string; table: Copied | null; after: Place | null }

export async function readMark(db: Db): Promise<Mark | null> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', MARK).executeTakeFirst()
  return row === undefined ? null : JSON.parse(row.value)
}

/** To be called in the transaction that writes the rows that it is of. */
export async function writeMark(tx: Db, mark: Mark): Promise<void> {
  const value = JSON.stringify(mark)
  await tx
    .insertInto('meta')
    .values({ key: MARK, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

/** The copy is whole. */
export async function removeMark(db: Db): Promise<void> {
  await db.deleteFrom('meta').where('key', '=', MARK).execute()
}

/** What tells one database from another, whatever is written to it: the moments at which it came to its schema. */
export async function identityOf(db: Db): Promise<string> {
  const { rows } = await sql<object>`select name, timestamp from kysely_migration order by name`.execute(db)
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex')
}
