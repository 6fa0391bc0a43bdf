import { ApiError, notFound } from '../contract/error.ts'
import type { Group, groups as routes } from '../contract/groups.ts'
import { ASSIGNING } from '../contract/role-assignments.ts'
import type { Db, Row } from '../db/tables.ts'
import { permissionsAssigned } from './assigned.ts'
import { refuseLockOut } from './escalation.ts'
import type { Handlers } from './handlers.ts'
import { keyOwnersIn, noteStanding } from './key-standing.ts'
import type { Ids } from './merged.ts'
import { existing } from './owned.ts'
import { behind, nextPage } from './page.ts'
import { type Part, searching, sifted } from './sifted.ts'

export const groups: Handlers<typeof routes> = {
  async list({ db, caller, isLeft, query }) {
    const rows = (part: Part) => behind(all(db, caller.organizationId), part, 'group').execute()
    const named = searching(query.name)
    const found = await sifted(isLeft, query, rows, ({ name }) => named(name))
    return nextPage(found, query.limit, view, ({ id }) => id)
  },

  async create({ db, caller, body, now, newId }) {
    const row = {
      id: newId('group'),
      organization_id: caller.organizationId,
      name: body.name,
      created_at: now,
      scim_managed_at: null,
    }
    await db.insertInto('user_group').values(row).execute()
    return { reply: view(row), audit: { id: row.id, data: { group_name: row.name } } }
  },

  async retrieve({ db, caller, params }) {
    return view(await findGroup(db, caller.organizationId, params.group_id))
  },

  async update({ db, caller, params, body }) {
    const group = await findWritableGroup(db, caller.organizationId, params.group_id)
    await db
      .updateTable('user_group')
      .set({ name: body.name })
      .where('organization_id', '=', group.organization_id)
      .where('id', '=', group.id)
      .execute()
    const { group_type: _, ...reply } = view({ ...group, name: body.name })
    return { reply, audit: { id: group.id, changes_requested: { group_name: body.name } } }
  },

  async delete({ db, caller, params }) {
    const { organization_id, id } = await findWritableGroup(db, caller.organizationId, params.group_id)
    const permissions = await permissionsAssigned(db, organization_id, [id])
    const ours = ['organization_id', '=', organization_id] as const
    const { numDeletedRows: taken } = await db
      .deleteFrom('role_assignment')
      .where(...ours)
      .where('principal_id', '=', id)
      .executeTakeFirst()
    if (taken > 0n) permissions.push(ASSIGNING)
    await db
      .deleteFrom('project_group')
      .where(...ours)
      .where('group_id', '=', id)
      .execute()
    const owners = await keyOwnersIn(db, organization_id, id)
    await db
      .deleteFrom('group_user')
      .where(...ours)
      .where('group_id', '=', id)
      .execute()
    await noteStanding(db, organization_id, owners)
    await db
      .deleteFrom('user_group')
      .where(...ours)
      .where('id', '=', id)
      .execute()
    await refuseLockOut(db, caller)
    return { reply: { object: 'group.deleted', id, deleted: true }, audit: { id }, rights: { permissions } }
  },
}

const all = (db: Db, organizationId: string) =>
  db.selectFrom('user_group').selectAll().where('organization_id', '=', organizationId)

export async function findGroup(db: Db, organizationId: string, id: string): Promise<Row<'user_group'>> {
  const group = await all(db, organizationId).where('id', '=', id).executeTakeFirst()
  return existing(group, 'group_id', id)
}

/** A group whose name and members are this API's to change. */
export async function findWritableGroup(db: Db, organizationId: string, id: string): Promise<Row<'user_group'>> {
  const group = await findGroup(db, organizationId, id)
  if (group.scim_managed_at === null) return group
  const message = `Group '${id}' is kept by your identity provider. Change it there.`
  throw new ApiError('group_scim_managed', message, { param: 'group_id' })
}

/** The ids of a project's groups. */
export function groupIdsOf(db: Db, project: Row<'project'>) {
  return db
    .selectFrom('project_group')
    .select('group_id as id')
    .where('organization_id', '=', project.organization_id)
    .where('project_id', '=', project.id)
}

/** These groups of a project, with when each was added. */
export function groupsOfProject(db: Db, project: Row<'project'>, ids: Ids) {
  return db
    .selectFrom(ids.as('page'))
    .crossJoin('user_group as g')
    .crossJoin('project_group as p')
    .selectAll('g')
    .select('p.created_at as added_at')
    .where('g.organization_id', '=', project.organization_id)
    .whereRef('g.id', '=', 'page.id')
    .where('p.organization_id', '=', project.organization_id)
    .where('p.project_id', '=', project.id)
    .whereRef('p.group_id', '=', 'page.id')
}

export type GroupInProject = Row<'user_group'> & { added_at: number }

/** A group stays in a project until it is removed from it, with or without a role. An archived project has none. */
export async function findProjectGroup(db: Db, project: Row<'project'>, id: string): Promise<GroupInProject> {
  const group = await groupsOfProject(
    db,
    project,
    groupIdsOf(db, project).where('group_id', '=', id),
  ).executeTakeFirst()
  if (!group || project.archived_at !== null) throw notFound('group', id, 'group_id')
  return group
}

function view(row: Row<'user_group'>): Group {
  return {
    id: row.id,
    name: row.name,
    created_at: row.created_at,
    is_scim_managed: row.scim_managed_at !== null,
    group_type: 'group',
  }
}
