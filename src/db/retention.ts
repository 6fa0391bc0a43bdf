import type { UsageKind } from '../core/usage.ts'
import type { Db } from './tables.ts'

/** Rows in one deletion, about: it must not hold up other changes for long. */
const BATCH = 1000
const MINUTE = 60

/*
 * Deletions of what has had its time. Each is one short statement and says whether there is more; every statement begins at
 * the place in an index where the oldest row is.
 */

/** One kind of usage of one organization. */
export type UsagePart = { organization_id: string; kind: UsageKind }

/** The kinds of usage that organizations have, one after the other: the next one after this, or null at the end. */
export async function nextUsagePart(db: Db, after: UsagePart | null): Promise<UsagePart | null> {
  let parts = db.selectFrom('usage_rollup').select(['organization_id', 'kind'])
  if (after) {
    const { organization_id, kind } = after
    parts = parts.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('organization_id', 'kind'), '>', tuple(organization_id, kind)),
    )
  }
  const next = await parts.orderBy('organization_id').orderBy('kind').limit(1).executeTakeFirst()
  return next ?? null
}

/**
 * Deletes the oldest sums by the minute; those by the hour and the day stay.
 * @param before Unix seconds, at the beginning of an hour: of an hour there are all minutes or none
 * @returns whether there may be more
 */
export async function deleteUsageMinutes(db: Db, part: UsagePart, before: number): Promise<boolean> {
  const last = await db
    .selectFrom('usage_rollup')
    .select('time')
    .where('organization_id', '=', part.organization_id)
    .where('kind', '=', part.kind)
    .where('grain', '=', MINUTE)
    .where('time', '<', before)
    .orderBy('time')
    .offset(BATCH - 1)
    .limit(1)
    .executeTakeFirst()
  await db
    .deleteFrom('usage_rollup')
    .where('organization_id', '=', part.organization_id)
    .where('kind', '=', part.kind)
    .where('grain', '=', MINUTE)
    .where('time', '<', last ? last.time + MINUTE : before)
    .execute()
  return last !== undefined
}

/** Deletes what was said of things that have expired. @param now Unix seconds @returns whether there may be more */
export async function deleteExpiredOwned(db: Db, now: number): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('owned')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('kind', 'id'),
        'in',
        selectFrom('owned')
          .select(['kind', 'id'])
          .where('expires_at', '<=', now)
          .orderBy('expires_at')
          .limit(BATCH)
          .$asTuple('kind', 'id'),
      ),
    )
    .executeTakeFirstOrThrow()
  return numDeletedRows >= BATCH
}

/** Deletes what writers of usage left behind that have not written since. @param before Unix seconds */
export async function deleteOldWriters(db: Db, before: number): Promise<void> {
  await db.deleteFrom('usage_writer').where('written_at', '<', before).execute()
}
