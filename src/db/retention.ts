import { sql } from 'kysely'
import type { UsageKind } from '../core/usage.ts'
import { dimensions } from '../core/usage-entry.ts'
import type { Db } from './tables.ts'

/** Rows in one deletion, at most: it must not hold up other changes for long. */
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

/** The order of the minutes of one kind: what is left of their key. One minute can have as many rows as there are keys. */
const places = ['time', ...dimensions] as const

/**
 * Deletes the oldest sums by the minute; those by the hour and the day stay.
 * @param before Unix seconds, at the beginning of an hour: of an hour there are all minutes or none
 * @returns whether there may be more
 */
export async function deleteUsageMinutes(db: Db, part: UsagePart, before: number): Promise<boolean> {
  let rows = db
    .selectFrom('usage_rollup')
    .select(places)
    .where('organization_id', '=', part.organization_id)
    .where('kind', '=', part.kind)
    .where('grain', '=', MINUTE)
    .where('time', '<', before)
  for (const place of places) rows = rows.orderBy(place)
  const first = await rows.offset(BATCH).limit(1).executeTakeFirst()
  const deletion = db
    .deleteFrom('usage_rollup')
    .where('organization_id', '=', part.organization_id)
    .where('kind', '=', part.kind)
    .where('grain', '=', MINUTE)
  const isBefore =
    first && sql<boolean>`(${sql.join(places.map(sql.ref))}) < (${sql.join(places.map((place) => first[place]))})`
  await (isBefore ? deletion.where(isBefore) : deletion.where('time', '<', before)).execute()
  return first !== undefined
}

/** The organization whose id comes after this one's, or null at the end. */
export async function nextOrganization(db: Db, after: string): Promise<string | null> {
  const next = await db
    .selectFrom('organization')
    .select('id')
    .where('id', '>', after)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return next?.id ?? null
}

/**
 * Deletes the oldest events of an organization's audit log. Its newest stays, however old it is: ids go on behind it.
 * @param before Unix seconds
 * @returns whether there may be more
 */
export async function deleteAuditEvents(db: Db, organizationId: string, before: number): Promise<boolean> {
  const events = db.selectFrom('audit_log').select(['effective_at', 'id']).where('organization_id', '=', organizationId)
  const newest = await events.orderBy('effective_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst()
  const oldest = events.where('effective_at', '<', before).orderBy('effective_at').orderBy('id').limit(BATCH)
  const found = await oldest.execute()
  const last = found.at(-1)
  if (!newest || !last) return false
  await db
    .deleteFrom('audit_log')
    .where('organization_id', '=', organizationId)
    .where(({ eb, refTuple, tuple }) => eb(refTuple('effective_at', 'id'), '<=', tuple(last.effective_at, last.id)))
    .where('id', '!=', newest.id)
    .execute()
  return found.length === BATCH
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

/** Batches with which nothing is to be done any more. @param before milliseconds since the epoch at which they were made */
export async function deleteOldBatches(db: Db, before: number): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('batch')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('batch')
        .select('id')
        .where('due_at', 'is', null)
        .where('made_at', '<', before)
        .orderBy('made_at')
        .limit(BATCH),
    )
    .executeTakeFirstOrThrow()
  return numDeletedRows >= BATCH
}

/** Writers of usage that have not written since, a thousand at most. @param before Unix seconds */
export async function oldWriters(db: Db, before: number): Promise<string[]> {
  const rows = await db.selectFrom('usage_writer').select('id').where('written_at', '<', before).limit(BATCH).execute()
  return rows.map(({ id }) => id)
}

/** Deletes what they left behind. */
export async function deleteWriters(db: Db, ids: readonly string[]): Promise<void> {
  await db.deleteFrom('usage_writer').where('id', 'in', ids).execute()
}
