import type { UsagePart } from './retention.ts'
import type { Db } from './tables.ts'

/** Its row in the facts about the database: when a retention last ran, in milliseconds since the epoch. */
const KEY = 'retention_ran_at'

/** When a process of this database last deleted what had had its time, in milliseconds since the epoch; null: none has said so. */
export async function retentionRanAt(db: Db): Promise<number | null> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', KEY).executeTakeFirst()
  return row === undefined ? null : Number(row.value)
}

/** Says when it was. @param at milliseconds since the epoch */
export async function recordRetention(db: Db, at: number): Promise<void> {
  const value = String(at)
  await db
    .insertInto('meta')
    .values({ key: KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

/** The newest minute of a kind of usage before a moment. @param before Unix seconds @returns Unix seconds; null: there is none */
export async function newestMinute(db: Db, part: UsagePart, before: number): Promise<number | null> {
  const newest = await db
    .selectFrom('usage_rollup')
    .select('time')
    .where('organization_id', '=', part.organization_id)
    .where('kind', '=', part.kind)
    .where('grain', '=', 60)
    .where('time', '<', before)
    .orderBy('time', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest?.time ?? null
}
