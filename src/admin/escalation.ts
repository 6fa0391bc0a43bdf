import { ApiError } from '../contract/error.ts'
import { type Access, missingScopes } from '../core/permission.ts'
import { organizationAccess, projectAccess } from '../db/access.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Caller } from './handlers.ts'

/**
 * Nobody can hand out what they do not hold: whoever may write roles or groups could otherwise give themselves everything.
 * @param permissions what the change would give to somebody
 */
export function refuseEscalation(access: Access, permissions: readonly string[]) {
  if (access.owner) return
  const beyond = permissions.find((permission) => !access.permissions.has(permission))
  if (beyond !== undefined) throw new ApiError('insufficient_permissions', missingScopes(beyond))
}

/** What the caller may do in the project at hand, or in the organization where there is none. */
export async function callerAccess(db: Db, caller: Caller, project: Row<'project'> | null): Promise<Access> {
  if (project === null || caller.access.owner) return caller.access
  const { organizationId, userId } = caller
  return (await projectAccess(db, { organizationId, id: userId }, project.id)) ?? caller.access
}

/**
 * A change of groups or of their roles cannot take away the ownership it is made with: another owner can. Called once the
 * change is made, in its transaction.
 */
export async function refuseLockOut(db: Db, { access, organizationId, userId }: Caller) {
  if (!access.owner || (await organizationAccess(db, { organizationId, id: userId })).owner) return
  throw new ApiError(
    'would_lock_out_caller',
    'You would no longer be an owner of the organization: you are one through this group. Another owner can do it.',
    { param: 'group_id' },
  )
}
