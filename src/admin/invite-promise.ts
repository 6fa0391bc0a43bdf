import { invites } from '../contract/invites.ts'
import { holds, type ProjectRole, permissionsOf } from '../core/permission.ts'
import { organizationAccess } from '../db/access.ts'
import type { Db, Row } from '../db/tables.ts'

/** A project that an invite makes somebody a member of. */
export type Membership = { id: string; role: ProjectRole }

/** What an invite that names no projects makes somebody in the default project. */
export const UNASKED_ROLE: ProjectRole = 'member'

/** What whoever accepts an invite will hold. */
export function promised({ role, projects }: Pick<Row<'invite'>, 'role' | 'projects'>): string[] {
  const memberships: Pick<Membership, 'role'>[] = JSON.parse(projects) ?? [{ role: UNASKED_ROLE }]
  const roles = [`role-api-organization-${role}`, ...memberships.map((to) => `role-api-project-${to.role}`)]
  return roles.flatMap((id) => permissionsOf(id, null))
}

/** Whether who made an invite could make it still: what they lost they cannot go on to hand out. The operator's are good. */
export async function isVouchedFor(db: Db, invite: Row<'invite'>): Promise<boolean> {
  if (invite.created_by === null) return true
  const maker = await organizationAccess(db, { organizationId: invite.organization_id, id: invite.created_by })
  const needed = [invites.create.permission, ...promised(invite)]
  return needed.every((permission) => holds(maker, [], permission))
}
