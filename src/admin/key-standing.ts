import { expressionBuilder, sql } from 'kysely'
import { isId } from '../core/id.ts'
import { batches } from '../db/batches.ts'
import type { Db, Row, Tables } from '../db/tables.ts'

/*
 * How the owners of keys stand in the keys' projects, kept with each key: asked of every key of a project, a list of the few
 * whose owners have no access would read them all. Whatever changes who is in a project, or in any group, notes it here, in its
 * transaction. What groups are in is asked when the list is: a group has as many members as there are.
 */

const eb = expressionBuilder<Tables & { k: Tables['project_api_key'] }, 'k'>()

const roleOfAccount = eb
  .selectFrom('service_account as s')
  .select('s.id')
  .whereRef('s.organization_id', '=', 'k.organization_id')
  .whereRef('s.id', '=', 'k.service_account_id')
  .where('s.role', '<>', 'none')

const ownership = eb
  .selectFrom('organization_user as u')
  .select('u.id')
  .whereRef('u.organization_id', '=', 'k.organization_id')
  .whereRef('u.id', '=', 'k.user_id')
  .where('u.role', '=', 'owner')
  .where('u.removed_at', 'is', null)

const membership = eb
  .selectFrom('project_user as m')
  .select('m.user_id')
  .whereRef('m.organization_id', '=', 'k.organization_id')
  .whereRef('m.project_id', '=', 'k.project_id')
  .whereRef('m.user_id', '=', 'k.user_id')

const anyGroup = eb
  .selectFrom('group_user as g')
  .select('g.group_id')
  .whereRef('g.organization_id', '=', 'k.organization_id')
  .where('g.user_id', '=', eb.fn.coalesce('k.user_id', 'k.service_account_id'))

/** Somebody who was removed is in no project and in no group. */
const standing = sql<Row<'project_api_key'>['owner_standing']>`case
  when exists ${roleOfAccount} then 'own'
  when exists ${ownership} then 'own'
  when exists ${membership} then 'own'
  when exists ${anyGroup} then 'groups'
  else 'none' end`

/** Notes how these users and service accounts stand now, with all keys that they own. One statement for each of a few kinds. */
export async function noteStanding(db: Db, organizationId: string, ownerIds: readonly string[]): Promise<void> {
  const keys = db
    .updateTable('project_api_key as k')
    .set({ owner_standing: standing })
    .where('k.organization_id', '=', organizationId)
  const accounts = ownerIds.filter((id) => isId('serviceAccount', id))
  const users = ownerIds.filter((id) => !isId('serviceAccount', id))
  for (const ids of batches(accounts)) await keys.where('k.service_account_id', 'in', ids).execute()
  for (const ids of batches(users)) await keys.where('k.user_id', 'in', ids).execute()
}

/** The same for one key, which is new: its owner may have many. */
export async function noteStandingOf(db: Db, organizationId: string, keyId: string): Promise<void> {
  await db
    .updateTable('project_api_key as k')
    .set({ owner_standing: standing })
    .where('k.organization_id', '=', organizationId)
    .where('k.id', '=', keyId)
    .execute()
}

/** The members of a group that have keys and no standing of their own in the keys' projects. */
export async function keyOwnersIn(db: Db, organizationId: string, groupId: string): Promise<string[]> {
  const owners = (column: 'user_id' | 'service_account_id') =>
    db
      .selectFrom('group_user as g')
      .innerJoin('project_api_key as k', (join) =>
        join.onRef('k.organization_id', '=', 'g.organization_id').onRef(`k.${column}`, '=', 'g.user_id'),
      )
      .select('g.user_id as id')
      .where('g.organization_id', '=', organizationId)
      .where('g.group_id', '=', groupId)
      .where('k.owner_standing', '=', 'groups')
  const rows = await owners('user_id').union(owners('service_account_id')).execute()
  return rows.map(({ id }) => id)
}
