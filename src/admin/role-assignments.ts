import { ApiError, notFound } from '../contract/error.ts'
import type {
  AssignedRole,
  groupRoles as groupRoutes,
  projectGroupRoles as projectGroupRoutes,
  projectUserRoles as projectUserRoutes,
  userRoles as userRoutes,
} from '../contract/role-assignments.ts'
import type { Role } from '../contract/roles.ts'
import { isId } from '../core/id.ts'
import { ORGANIZATION_OWNER, predefinedRole } from '../core/permission.ts'
import { projectAccess } from '../db/access.ts'
import type { Db, Row } from '../db/tables.ts'
import { refuseLockOut } from './escalation.ts'
import { findGroup, findProjectGroup } from './groups.ts'
import type { Caller, Handlers } from './handlers.ts'
import { heldRoles } from './held-roles.ts'
import { nextPage } from './page.ts'
import { holding } from './project-users.ts'
import { assignRole, type Holding, unassignRole } from './role-store.ts'
import { findRole, inOrganization, inProject, ownId, type Resource, resourceFields } from './roles.ts'
import { findUser, organizationHolding, refuseLastOwner, refuseSelf, userView } from './users.ts'

export const userRoles: Handlers<typeof userRoutes> = {
  async list({ db, caller, params, query }) {
    const user = await findUser(db, caller, params.user_id)
    return listHeld(db, inOrganization(caller), organizationHolding(user), query)
  },
  async create({ db, caller, params, body, now }) {
    const user = await findUser(db, caller, params.user_id)
    const resource = inOrganization(caller)
    const { role, ...done } = await assign(db, resource, organizationHolding(user), body.role_id, now)
    const fresh = await findUser(db, caller, user.id)
    return { reply: { object: 'user.role', user: userView(fresh), role }, ...done }
  },
  async retrieve({ db, caller, params }) {
    const user = await findUser(db, caller, params.user_id)
    return findHeld(db, inOrganization(caller), organizationHolding(user), params.role_id)
  },
  async delete({ db, caller, params }) {
    const user = await findUser(db, caller, params.user_id)
    const resource = inOrganization(caller)
    if (
      predefinedRole(params.role_id, 'organization', resource.id)?.id === ORGANIZATION_OWNER &&
      user.role === 'owner'
    ) {
      refuseSelf(caller, user, 'take the owner role from yourself')
      await refuseLastOwner(db, user)
    }
    const done = await unassign(db, resource, organizationHolding(user), params.role_id)
    return { reply: { object: 'user.role.deleted', deleted: true }, ...done }
  },
}

export const groupRoles: Handlers<typeof groupRoutes> = {
  async list({ db, caller, params, query }) {
    const group = await findGroup(db, caller.organizationId, params.group_id)
    return listHeld(db, inOrganization(caller), groupHolding(inOrganization(caller), group), query)
  },
  async create({ db, caller, params, body, now }) {
    const group = await findGroup(db, caller.organizationId, params.group_id)
    const resource = inOrganization(caller)
    const { role, ...done } = await assign(db, resource, groupHolding(resource, group), body.role_id, now)
    return { reply: { object: 'group.role', group: groupView(group), role }, ...done }
  },
  async retrieve({ db, caller, params }) {
    const group = await findGroup(db, caller.organizationId, params.group_id)
    const resource = inOrganization(caller)
    return findHeld(db, resource, groupHolding(resource, group), params.role_id)
  },
  async delete({ db, caller, params }) {
    const group = await findGroup(db, caller.organizationId, params.group_id)
    const resource = inOrganization(caller)
    const done = await unassign(db, resource, groupHolding(resource, group), params.role_id)
    await refuseLockOut(db, caller)
    return { reply: { object: 'group.role.deleted', deleted: true }, ...done }
  },
}

export const projectUserRoles: Handlers<typeof projectUserRoutes> = {
  async list({ db, caller, project, params, query }) {
    const user = await findInside(db, caller, project, params.user_id)
    return listHeld(db, inProject(project), holding(project, user.id), query)
  },
  async create({ db, caller, project, params, body, now }) {
    const user = await findInside(db, caller, project, params.user_id)
    const added = await addToProject(db, project, user.id, now)
    const { role, ...done } = await assign(db, inProject(project), holding(project, user.id), body.role_id, now)
    const name = role.predefined_role ? role.name : 'none'
    const also = added ? [{ type: 'user.added' as const, payload: { id: user.id, data: { role: name } } }] : []
    return { reply: { object: 'user.role', user: userView(user), role }, ...done, also }
  },
  async retrieve({ db, caller, project, params }) {
    const user = await findInside(db, caller, project, params.user_id)
    return findHeld(db, inProject(project), holding(project, user.id), params.role_id)
  },
  async delete({ db, caller, project, params }) {
    const user = await findInside(db, caller, project, params.user_id)
    const owns = predefinedRole(params.role_id, 'project', project.id)?.name === 'owner'
    if (owns && user.role === 'owner') {
      const message = `User '${user.id}' is an owner of the organization and with that of project '${project.id}'.`
      throw new ApiError('user_organization_owner', message, { param: 'user_id' })
    }
    const done = await unassign(db, inProject(project), holding(project, user.id), params.role_id)
    return { reply: { object: 'user.role.deleted', deleted: true }, ...done }
  },
}

export const projectGroupRoles: Handlers<typeof projectGroupRoutes> = {
  async list({ db, project, params, query }) {
    const group = await findProjectGroup(db, project, params.group_id)
    return listHeld(db, inProject(project), groupHolding(inProject(project), group), query)
  },
  async create({ db, project, params, body, now }) {
    const group = await findProjectGroup(db, project, params.group_id)
    const resource = inProject(project)
    const { role, ...done } = await assign(db, resource, groupHolding(resource, group), body.role_id, now)
    return { reply: { object: 'group.role', group: groupView(group), role }, ...done }
  },
  async retrieve({ db, project, params }) {
    const group = await findProjectGroup(db, project, params.group_id)
    return findHeld(db, inProject(project), groupHolding(inProject(project), group), params.role_id)
  },
  async delete({ db, project, params }) {
    const group = await findProjectGroup(db, project, params.group_id)
    const resource = inProject(project)
    const done = await unassign(db, resource, groupHolding(resource, group), params.role_id)
    return { reply: { object: 'group.role.deleted', deleted: true }, ...done }
  },
}

/** What a group's roles are kept under. */
export function groupHolding(resource: Resource, group: Pick<Row<'user_group'>, 'id'>): Holding {
  const { organizationId, level, id: resourceId } = resource
  return { organizationId, level, resourceId, principalType: 'group', principalId: group.id }
}

/** Assigning a role twice is no failure: it is held, which is what was asked for. The reply names it as the request did. */
export async function assign(db: Db, resource: Resource, to: Holding, roleId: string, now: number, param = 'role_id') {
  const role = await findRole(db, resource, roleId, param)
  await assignRole(db, to, { id: role.id, shown: roleId }, now)
  return {
    role: { ...role, id: roleId },
    audit: assignmentAudit(resource, to, role),
    rights: { permissions: role.permissions },
  }
}

async function unassign(db: Db, resource: Resource, from: Holding, roleId: string) {
  const role = await findRole(db, resource, roleId)
  if (!(await unassignRole(db, from, role.id))) throw notHeld(roleId)
  return { audit: assignmentAudit(resource, from, role), rights: { permissions: role.permissions } }
}

/** The events that go with somebody's roles being taken away all at once. */
export function removedAudit(resource: Resource, from: Holding, roleIds: readonly string[]) {
  return roleIds.map((id) => {
    return { type: 'role.assignment.deleted' as const, payload: assignmentAudit(resource, from, { id }) }
  })
}

/**
 * Somebody who is in a project: added to it, through a group, or as an owner of the organization. An archived project has
 * nobody.
 */
async function findInside(db: Db, caller: Caller, project: Row<'project'>, id: string) {
  const user = await findUser(db, caller, id)
  const access = await projectAccess(db, { organizationId: caller.organizationId, id }, project.id)
  if (access === null || project.archived_at !== null) throw notFound('user', id, 'user_id')
  return user
}

/** Whoever is given a role of their own in a project is a user of it from then on. @returns false where they were before */
async function addToProject(db: Db, { id, organization_id }: Row<'project'>, userId: string, now: number) {
  const done = await db
    .insertInto('project_user')
    .values({ organization_id, project_id: id, user_id: userId, role: null, added_at: now })
    .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doNothing())
    .executeTakeFirst()
  return done.numInsertedOrUpdatedRows === 1n
}

function assignmentAudit(resource: Resource, { principalId, principalType }: Holding, role: Pick<Role, 'id'>) {
  return { id: role.id, principal_id: principalId, principal_type: principalType, ...resourceFields(resource) }
}

const notHeld = (roleId: string) => notFound('role', roleId, 'role_id')

async function listHeld(
  db: Db,
  resource: Resource,
  holder: Holding,
  query: { limit: number; after?: string; order?: 'asc' | 'desc' },
) {
  const held = await heldRoles(db, resource, holder)
  if (query.order === 'desc') held.reverse()
  const start = placeOf(held, resource, query)
  return nextPage(
    held.slice(start, start + query.limit + 1),
    query.limit,
    (role) => role,
    ({ id }) => id,
  )
}

/**
 * Where a list of held roles goes on. Nobody holds more than a handful, so such a list is made whole and cut. A role that is
 * gone keeps its place by its id.
 */
function placeOf(
  held: readonly { id: string }[],
  resource: Pick<Resource, 'level' | 'id'>,
  { after, order }: { after?: string; order?: 'asc' | 'desc' },
): number {
  if (!after) return 0
  const ids = held.map(({ id }) => ownId(id, resource))
  const last = ownId(after, resource)
  const known = ids.indexOf(last)
  if (known >= 0) return known + 1
  if (isId('role', last) || predefinedRole(last, resource.level, resource.id)) {
    const behind = ids.findIndex((id) => (order === 'desc' ? id < last : id > last))
    return behind < 0 ? held.length : behind
  }
  throw new ApiError('invalid_value', `Invalid 'after': '${after}' is not the ID of an object of this list.`, {
    param: 'after',
  })
}

async function findHeld(db: Db, resource: Resource, holder: Holding, roleId: string): Promise<AssignedRole> {
  const wanted = ownId(roleId, resource)
  const role = (await heldRoles(db, resource, holder)).find(({ id }) => ownId(id, resource) === wanted)
  if (!role) throw notHeld(roleId)
  return role
}

const groupView = (row: Row<'user_group'>) => ({
  object: 'group' as const,
  id: row.id,
  name: row.name,
  created_at: row.created_at,
  scim_managed: row.scim_managed_at !== null,
})
