import type { ListAsked, Owned } from '../core/owned.ts'
import { batches } from './batches.ts'
import type { Db, Row } from './tables.ts'

/**
 * What is known of these things, with one statement, however many there are. It is written for a number that is a power of two,
 * so that few statements are ever prepared.
 */
export function findOwned(db: Db, wanted: readonly Owned[]): Promise<Row<'owned'>[]> {
  const kinds = new Set(wanted.map(({ kind }) => kind))
  const ids = [...new Set(wanted.map(({ id }) => id))]
  const last = ids.slice(-1)
  for (const length = 2 ** Math.ceil(Math.log2(ids.length)); ids.length < length; ) ids.push(...last)
  return db
    .selectFrom('owned')
    .selectAll()
    .where('kind', 'in', [...kinds])
    .where('id', 'in', ids)
    .execute()
}

/** Writes whose these are, but of ids that are somebody's already. @returns those that were nobody's */
export async function insertOwned(db: Db, rows: readonly Row<'owned'>[]): Promise<Owned[]> {
  const written: Owned[] = []
  for (const batch of batches(rows)) {
    const insert = db.insertInto('owned').values(batch)
    const added = insert.onConflict((conflict) => conflict.columns(['kind', 'id']).doNothing())
    written.push(...(await added.returning(['kind', 'id']).execute()))
  }
  return written
}

/**
 * A project's own of one kind, in the order in which they were made; those that have ended are left out. What is listed `after` may have
 * ended meanwhile, for as long as its row is there.
 * @param now Unix seconds
 * @returns null where `after` or `until` is none of the project's
 */
export async function listOwned(
  db: Db,
  { organizationId, projectId }: { organizationId: string; projectId: string },
  { kind, label, after, until, order, limit }: ListAsked,
  now: number,
): Promise<Row<'owned'>[] | null> {
  const own = db
    .selectFrom('owned')
    .where('organization_id', '=', organizationId)
    .where('project_id', '=', projectId)
    .where('kind', '=', kind)
    .where('made_at', 'is not', null)
  const placeOf = (id: string) => own.where('id', '=', id).select(['made_at', 'id']).executeTakeFirst()
  const last = after === null ? null : await placeOf(after)
  const next = until === null ? null : await placeOf(until)
  if (last === undefined || next === undefined) return null
  let listed = own.selectAll().where('expires_at', '>', now)
  if (label !== null) listed = listed.where('label', '=', label)
  if (last !== null) {
    listed = listed.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('made_at', 'id'), order === 'asc' ? '>' : '<', tuple(last.made_at, last.id)),
    )
  }
  if (next !== null) {
    listed = listed.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('made_at', 'id'), order === 'asc' ? '<' : '>', tuple(next.made_at, next.id)),
    )
  }
  return listed.orderBy('made_at', order).orderBy('id', order).limit(limit).execute()
}

/**
 * Ends something before its time, and what came with it where it is a response. The items of a conversation outlive it, and end when those
 * of a response would by themselves. The rows stay until the retention finds them, so that nobody is given the same ids meanwhile.
 * @param now Unix seconds
 * @param seconds for which an item is its project's
 */
export async function endOwned(
  db: Db,
  { kind, id, organizationId }: Owned & { organizationId: string },
  now: number,
  seconds: number,
) {
  const endBy = (moment: number) =>
    db
      .updateTable('owned')
      .set({ expires_at: moment })
      .where('organization_id', '=', organizationId)
      .where('expires_at', '>', moment)
  await endBy(now).where('kind', '=', kind).where('id', '=', id).execute()
  if (kind === 'response') await endBy(now).where('response_id', '=', id).execute()
  if (kind === 'conversation')
    await endBy(now + seconds)
      .where('response_id', '=', id)
      .execute()
}
