import { type RawBuilder, sql } from 'kysely'
import { cover, type Read, type UsageKind, widened } from '../core/usage.ts'
import type { Packed } from './packed.ts'
import type { Db } from './tables.ts'
import { sumUsage, type UsageGroup, type UsageQuery } from './usage.ts'

const HOUR = 3600
/** Its row in the facts about the database. */
const KEY = 'usage_minutes_before'

/**
 * Says before when sums by the minute may be gone: the retention does before it deletes the first of them, so that no report takes an
 * hour of which it has deleted some for a whole one. What was said once is not taken back, so it is said only where there is something
 * to delete: by a wrong clock too.
 * @param before Unix seconds, at the beginning of an hour
 */
export async function announceMinutesGone(db: Db, before: number): Promise<void> {
  const value = String(before)
  const isLater = sql<boolean>`cast(meta.value as bigint) < ${before}`
  await db
    .insertInto('meta')
    .values({ key: KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }).where(isLater))
    .execute()
}

async function announced(db: Db): Promise<number> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', KEY).executeTakeFirst()
  return Number(row?.value ?? 0)
}

/**
 * Before when sums by the minute may have been deleted, in Unix seconds at the beginning of an hour: as was said, or where the oldest of
 * them begin. Where there are none, they may all have been.
 */
export async function minutesKeptFrom(db: Db, organizationId: string, kind: UsageKind): Promise<number> {
  const oldest = await db
    .selectFrom('usage_rollup')
    .select('time')
    .where('organization_id', '=', organizationId)
    .where('kind', '=', kind)
    .where('grain', '=', 60)
    .orderBy('time')
    .limit(1)
    .executeTakeFirst()
  return oldest ? Math.max(Math.floor(oldest.time / HOUR) * HOUR, await announced(db)) : Number.POSITIVE_INFINITY
}

/**
 * The sums of a read that may need minutes for the ends of its bucket: where these may be gone by the time that they were read, it is
 * read once more, with the whole hours.
 * @param minutesFrom what `minutesKeptFrom` said when the read was put together
 */
export async function sumKept<S extends Record<string, RawBuilder<unknown>>>(
  db: Db,
  query: Omit<UsageQuery<S>, 'ranges'>,
  { buckets, ranges }: Read,
  minutesFrom: number,
): Promise<Packed<UsageGroup<S>>> {
  const rows = await sumUsage(db, { ...query, ranges })
  const minutes = ranges.filter(({ grain }) => grain === 60)
  const [bucket] = buckets
  if (bucket === undefined || minutes.length === 0) return rows
  const gone = await announced(db)
  if (minutes.every(({ from }) => from >= gone)) return rows
  return sumUsage(db, { ...query, ranges: cover(widened(bucket, Math.max(gone, minutesFrom))) })
}
