import { type Access, type HeldRole, resolveAccess } from '../core/permission.ts'
import type { Db } from './tables.ts'

/** A user or a service account whose access is asked for. */
type Principal = { organizationId: string; id: string }

/**
 * What somebody may do in their organization now, by roles of their own and by their groups'. Roles in projects do not count.
 * One statement.
 */
export async function organizationAccess(db: Db, principal: Principal): Promise<Access> {
  return resolveAccess(await heldRoles(db, principal, []))
}

/**
 * What somebody may do in each of these projects now, all of which they are in: roles of the organization count here too. One
 * statement, however many there are.
 */
export async function accessInProjects(
  db: Db,
  principal: Principal,
  projectIds: readonly string[],
): Promise<Map<string, Access>> {
  const held = await heldRoles(db, principal, projectIds)
  const counts = (id: string) => held.filter(({ level, resourceId }) => level === 'organization' || resourceId === id)
  return new Map(projectIds.map((id) => [id, resolveAccess(counts(id))]))
}

/**
 * What somebody may do in a project now, or null where they are not in it: not added to it, not in a group that is, no owner
 * of the organization. Roles of the organization count here too. One statement, two for a member without a role of their own.
 */
export async function projectAccess(db: Db, principal: Principal, projectId: string): Promise<Access | null> {
  const held = await heldRoles(db, principal, [projectId])
  const access = resolveAccess(held)
  const inside = access.owner || held.some(({ level, direct }) => level === 'project' && direct)
  return inside || (await isInProject(db, principal, projectId)) ? access : null
}

/** Whether somebody was added to a project, or a group of theirs was: both may be without a role. */
export async function isInProject(db: Db, { organizationId, id }: Principal, projectId: string): Promise<boolean> {
  const direct = db
    .selectFrom('project_user')
    .select('project_id')
    .where('organization_id', '=', organizationId)
    .where('project_id', '=', projectId)
    .where('user_id', '=', id)
  // Their groups first, in SQLite too: a project may have any number of groups.
  const through = db
    .selectFrom('group_user as g')
    .crossJoin('project_group as p')
    .select('p.project_id')
    .where('g.organization_id', '=', organizationId)
    .where('g.user_id', '=', id)
    .whereRef('p.organization_id', '=', 'g.organization_id')
    .whereRef('p.group_id', '=', 'g.group_id')
    .where('p.project_id', '=', projectId)
  return (await direct.unionAll(through).limit(1).execute()).length > 0
}

/**
 * Roles held in the organization and in these projects; a group's roles there only while it is in it. Their own
 * and their groups' are asked for apart: with one condition for both no index serves, and it costs as much as others hold.
 */
async function heldRoles(db: Db, { organizationId, id }: Principal, projectIds: readonly string[]) {
  const assigned = db
    .selectFrom('role_assignment as a')
    .leftJoin('role as r', (join) =>
      join.onRef('r.organization_id', '=', 'a.organization_id').onRef('r.id', '=', 'a.role_id'),
    )
    .select(['a.role_id', 'a.resource_id', 'a.principal_id', 'r.permissions'])
    .where('a.organization_id', '=', organizationId)
    .where('a.resource_id', 'in', [organizationId, ...projectIds])
  const groups = db
    .selectFrom('group_user as g')
    .select('g.group_id')
    .where('g.organization_id', '=', organizationId)
    .where('g.user_id', '=', id)
  const own = assigned.where('a.principal_id', '=', id)
  const rows = await own.unionAll(assigned.where('a.principal_id', 'in', groups)).execute()
  return rows.map((row): HeldRole & { direct: boolean; resourceId: string } => ({
    roleId: row.role_id,
    level: row.resource_id === organizationId ? 'organization' : 'project',
    custom: row.permissions === null ? null : JSON.parse(row.permissions),
    direct: row.principal_id === id,
    resourceId: row.resource_id,
  }))
}
