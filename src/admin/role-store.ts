import { type Level, permissionsOf, predefinedRoles } from '../core/permission.ts'
import type { Db, Row } from '../db/tables.ts'
import { permissionsAssigned } from './assigned.ts'
import { noteStanding } from './key-standing.ts'

/** Where a role is held, and by whom: the key of an assignment without its role. */
export type Holding = {
  organizationId: string
  level: Level
  /** The organization or the project. */
  resourceId: string
  principalType: 'user' | 'service_account' | 'group'
  principalId: string
}

/** A role's own id, and the form of it that asked for it: null where it was asked for by its name. */
export type AskedRole = { id: string; shown: string | null }

/** Assigns a role. What is assigned already stays as it is, and keeps the first form of its id that somebody asked for. */
export async function assignRole(db: Db, holding: Holding, role: AskedRole, now: number): Promise<void> {
  await db
    .insertInto('role_assignment')
    .values({
      organization_id: holding.organizationId,
      resource_id: holding.resourceId,
      principal_type: holding.principalType,
      principal_id: holding.principalId,
      role_id: role.id,
      shown_role_id: role.shown,
      created_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['resource_id', 'principal_id', 'role_id'])
        .doUpdateSet({ shown_role_id: (eb) => eb.fn.coalesce('role_assignment.shown_role_id', eb.val(role.shown)) }),
    )
    .execute()
  await syncOlderView(db, holding)
}

/** Takes a role away. @returns false where it was not assigned */
export async function unassignRole(db: Db, holding: Holding, roleId: string): Promise<boolean> {
  const done = await assignments(db, holding).where('role_id', '=', roleId).executeTakeFirst()
  await syncOlderView(db, holding)
  return done.numDeletedRows > 0n
}

/**
 * Makes this the only predefined role somebody holds there; custom roles stay. It is what the older `role` string says.
 * @returns the permissions that it gives, and those that it takes
 */
export async function setPredefinedRole(db: Db, holding: Holding, name: string, now: number): Promise<string[]> {
  const ids = predefinedRoles.filter(({ level }) => level === holding.level).map(({ id }) => id)
  const before = assignments(db, holding).where('role_id', 'in', ids).returning(['role_id', 'shown_role_id'])
  const gone = await before.execute()
  const given = `role-api-${holding.level}-${name}`
  const kept = gone.find(({ role_id }) => role_id === given)?.shown_role_id ?? null
  await assignRole(db, holding, { id: given, shown: kept }, now)
  const moved = [...gone.map(({ role_id }) => role_id).filter((id) => id !== given), given]
  return moved.flatMap((id) => permissionsOf(id, null))
}

/** Takes every role somebody holds there away. @returns the roles' ids, and what they held */
export async function unassignAll(db: Db, holding: Holding): Promise<{ roleIds: string[]; permissions: string[] }> {
  const { organizationId, principalId, resourceId } = holding
  const permissions = await permissionsAssigned(db, organizationId, [principalId], resourceId)
  const gone = await assignments(db, holding).returning('role_id').execute()
  return { roleIds: gone.map(({ role_id }) => role_id), permissions }
}

/**
 * Somebody who is gone holds no role and is in no group.
 * @returns what they held by roles of their own, and through groups
 */
export async function forgetPrincipal(
  db: Db,
  { organization_id, id }: Pick<Row<'organization_user'>, 'organization_id' | 'id'>,
): Promise<{ own: string[]; throughGroups: string[] }> {
  const own = await permissionsAssigned(db, organization_id, [id])
  await db
    .deleteFrom('role_assignment')
    .where('organization_id', '=', organization_id)
    .where('principal_id', '=', id)
    .execute()
  const left = await db
    .deleteFrom('group_user')
    .where('organization_id', '=', organization_id)
    .where('user_id', '=', id)
    .returning('group_id')
    .execute()
  await noteStanding(db, organization_id, [id])
  const groups = left.map(({ group_id }) => group_id)
  return { own, throughGroups: await permissionsAssigned(db, organization_id, groups) }
}

function assignments(db: Db, { organizationId, resourceId, principalId }: Holding) {
  return db
    .deleteFrom('role_assignment')
    .where('organization_id', '=', organizationId)
    .where('resource_id', '=', resourceId)
    .where('principal_id', '=', principalId)
}

/** The older role column shows the strongest predefined role that is assigned directly; it is written here and nowhere else. */
async function syncOlderView(db: Db, holding: Holding): Promise<void> {
  const { organizationId, level, resourceId, principalType, principalId } = holding
  if (principalType === 'group') return
  const held = await db
    .selectFrom('role_assignment')
    .select('role_id')
    .where('organization_id', '=', organizationId)
    .where('resource_id', '=', resourceId)
    .where('principal_id', '=', principalId)
    .execute()
  const strongest = predefinedRoles.find(
    (role) => role.level === level && held.some(({ role_id }) => role_id === role.id),
  )
  const name = strongest?.name ?? null
  if (principalType === 'service_account') {
    const role = (name ?? 'none') as Row<'service_account'>['role']
    await db
      .updateTable('service_account')
      .set({ role })
      .where('organization_id', '=', organizationId)
      .where('id', '=', principalId)
      .execute()
  } else if (level === 'organization') {
    const role = name as Row<'organization_user'>['role']
    await db
      .updateTable('organization_user')
      .set({ role })
      .where('organization_id', '=', organizationId)
      .where('id', '=', principalId)
      .execute()
  } else {
    const role = name as Row<'project_user'>['role']
    await db
      .updateTable('project_user')
      .set({ role })
      .where('organization_id', '=', organizationId)
      .where('project_id', '=', resourceId)
      .where('user_id', '=', principalId)
      .execute()
  }
  await noteStanding(db, organizationId, [principalId])
}
