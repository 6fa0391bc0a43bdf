import type { Db } from '../db/tables.ts'
import type { Person } from '../sign-in/session.ts'
import type { Change } from './handlers.ts'
import { noteStanding } from './key-standing.ts'

type Events = NonNullable<Change<unknown>['also']>

/** Which of these are groups of no organization. */
export async function groupsNotThere(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('user_group').select('id').where('id', 'in', ids).execute()
  const there = new Set(rows.map(({ id }) => id))
  return ids.filter((id) => !there.has(id))
}

/**
 * Puts somebody into the groups that a provider says they are in, and takes them out of those that it could say and does not. Groups that the
 * operator does not name stay as they are.
 * @param named all that it could say
 * @returns what the audit log says of it
 */
export async function followGroups(
  db: Db,
  person: Person,
  { named, said }: { named: readonly string[]; said: ReadonlySet<string> },
  now: number,
): Promise<Events> {
  if (named.length === 0) return []
  const { organizationId: organization_id, userId: user_id } = person
  const own = db.selectFrom('user_group').select('id').where('organization_id', '=', organization_id)
  const there = (await own.where('id', 'in', named).orderBy('id').execute()).map(({ id }) => id)
  if (there.length === 0) return []
  const members = await db
    .selectFrom('group_user')
    .select('group_id')
    .where('organization_id', '=', organization_id)
    .where('user_id', '=', user_id)
    .where('group_id', 'in', there)
    .execute()
  const isIn = new Set(members.map(({ group_id }) => group_id))
  const added = there.filter((id) => said.has(id) && !isIn.has(id))
  const removed = there.filter((id) => !said.has(id) && isIn.has(id))
  if (added.length > 0) {
    const rows = added.map((group_id) => ({ organization_id, group_id, user_id, added_at: now }))
    await db.insertInto('group_user').values(rows).execute()
  }
  if (removed.length > 0) {
    await db
      .deleteFrom('group_user')
      .where('organization_id', '=', organization_id)
      .where('user_id', '=', user_id)
      .where('group_id', 'in', removed)
      .execute()
  }
  if (added.length + removed.length > 0) await noteStanding(db, organization_id, [user_id])
  const events = (ids: string[], what: string): Events =>
    ids.map((id) => ({ type: 'group.updated', payload: { id, changes_requested: { [what]: [user_id] } } }))
  return [...events(added, 'users_added'), ...events(removed, 'users_removed')]
}
