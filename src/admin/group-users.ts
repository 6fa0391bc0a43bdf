import { notFound } from '../contract/error.ts'
import type { GroupUser, groupUsers as routes } from '../contract/groups.ts'
import { isId } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import { permissionsAssigned } from './assigned.ts'
import { refuseLockOut } from './escalation.ts'
import { findGroup, findWritableGroup } from './groups.ts'
import type { Handlers } from './handlers.ts'
import { noteStanding } from './key-standing.ts'
import { cursor, nextPage } from './page.ts'

export const groupUsers: Handlers<typeof routes> = {
  async list({ db, caller, params, query }) {
    const group = await findGroup(db, caller.organizationId, params.group_id)
    const after = memberCursor(query.after)
    let rows = members(db, group)
      .orderBy('g.user_id', query.order)
      .limit(query.limit + 1)
    if (after) rows = rows.where('g.user_id', query.order === 'asc' ? '>' : '<', after)
    return nextPage(await rows.execute(), query.limit, view, ({ user_id }) => user_id)
  },

  // Adding somebody twice is no failure: they are in the group, which is what was asked for.
  async create({ db, caller, params, body, now }) {
    const group = await findWritableGroup(db, caller.organizationId, params.group_id)
    await mustExist(db, caller.organizationId, body.user_id)
    const permissions = await permissionsAssigned(db, group.organization_id, [group.id])
    const row = { organization_id: caller.organizationId, group_id: group.id, user_id: body.user_id, added_at: now }
    await db
      .insertInto('group_user')
      .values(row)
      .onConflict((conflict) => conflict.columns(['group_id', 'user_id']).doNothing())
      .execute()
    await noteStanding(db, group.organization_id, [body.user_id])
    const reply = { object: 'group.user' as const, user_id: row.user_id, group_id: group.id }
    const audit = { id: group.id, changes_requested: { users_added: [row.user_id] } }
    return { reply, audit, rights: { permissions } }
  },

  async retrieve({ db, caller, params }) {
    const group = await findGroup(db, caller.organizationId, params.group_id)
    const member = await members(db, group).where('g.user_id', '=', params.user_id).executeTakeFirst()
    if (!member) throw notFound('user', params.user_id, 'user_id')
    const is_service_account = isId('serviceAccount', member.user_id)
    return { ...view(member), picture: null, is_service_account, user_type: 'user' }
  },

  async delete({ db, caller, params }) {
    const group = await findWritableGroup(db, caller.organizationId, params.group_id)
    const done = await db
      .deleteFrom('group_user')
      .where('organization_id', '=', group.organization_id)
      .where('group_id', '=', group.id)
      .where('user_id', '=', params.user_id)
      .executeTakeFirst()
    if (done.numDeletedRows === 0n) throw notFound('user', params.user_id, 'user_id')
    await noteStanding(db, group.organization_id, [params.user_id])
    await refuseLockOut(db, caller)
    const audit = { id: group.id, changes_requested: { users_removed: [params.user_id] } }
    const permissions = await permissionsAssigned(db, group.organization_id, [group.id])
    return { reply: { object: 'group.user.deleted', deleted: true }, audit, rights: { permissions } }
  },
}

type Member = { user_id: string; user_name: string | null; email: string | null; account_name: string | null }

function members(db: Db, group: Row<'user_group'>) {
  return db
    .selectFrom('group_user as g')
    .leftJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'g.organization_id').onRef('u.id', '=', 'g.user_id'),
    )
    .leftJoin('service_account as s', (join) =>
      join.onRef('s.organization_id', '=', 'g.organization_id').onRef('s.id', '=', 'g.user_id'),
    )
    .select(['g.user_id', 'u.name as user_name', 'u.email', 's.name as account_name'])
    .where('g.organization_id', '=', group.organization_id)
    .where('g.group_id', '=', group.id)
}

/** Members are users and service accounts: the id of either is a place in the list. */
function memberCursor(after: string | undefined): string | undefined {
  return after !== undefined && isId('serviceAccount', after) ? after : cursor(after, 'user')
}

/** A user of the organization, or a service account of one of its active projects. */
async function mustExist(db: Db, organizationId: string, id: string): Promise<void> {
  const user = db
    .selectFrom('organization_user')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('removed_at', 'is', null)
  const account = db
    .selectFrom('service_account as s')
    .innerJoin('project as p', (join) =>
      join.onRef('p.organization_id', '=', 's.organization_id').onRef('p.id', '=', 's.project_id'),
    )
    .select('s.id')
    .where('s.organization_id', '=', organizationId)
    .where('s.id', '=', id)
    .where('p.archived_at', 'is', null)
  if ((await user.unionAll(account).execute()).length === 0) throw notFound('user', id, 'user_id')
}

function view(row: Member): GroupUser {
  return { id: row.user_id, name: row.user_name ?? row.account_name ?? '', email: row.email }
}
