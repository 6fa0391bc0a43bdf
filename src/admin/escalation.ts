import { ApiError } from '../contract/error.ts'
import { type Access, holds, missingScopes } from '../core/permission.ts'
import { organizationAccess, projectAccess } from '../db/access.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Caller, Rights } from './handlers.ts'

/** What a caller holds before a change: where the request is made, and in the organization. */
export type HeldRights = Pick<Caller, 'scopes' | 'expiresAt'> & { here: Access; everywhere: Access }

/** What the caller holds in the project at hand, or in the organization where there is none. */
export async function heldBy(db: Db, caller: Caller, project: Row<'project'> | null): Promise<HeldRights> {
  const { organizationId, userId, scopes, expiresAt, access } = caller
  const inProject = project !== null && !access.owner
  const here = inProject ? await projectAccess(db, { organizationId, id: userId }, project.id) : access
  return { scopes, expiresAt, here: here ?? access, everywhere: access }
}

/**
 * Nobody hands out or takes what they do not hold: whoever may write groups or keys could otherwise give themselves
 * everything, or rid themselves of those above them. And no key makes one that outlives it.
 * @param held as it was before the change: it may have given the caller something
 */
export function refuseBeyond({ here, everywhere, scopes, expiresAt }: HeldRights, rights: Rights): void {
  const beyond =
    rights.permissions.find((permission) => !holds(here, scopes, permission)) ??
    rights.everywhere?.find((permission) => !holds(everywhere, scopes, permission))
  if (beyond !== undefined) throw new ApiError('insufficient_permissions', missingScopes(beyond))
  const { until } = rights
  if (until === undefined || expiresAt === null || (until !== null && until <= expiresAt)) return
  const end = new Date(expiresAt * 1000).toISOString()
  const message = `Invalid 'expires_in_seconds': the key that makes this request expires at ${end}, and no key that it hands out or widens may end later.`
  throw new ApiError('invalid_value', message, { param: 'expires_in_seconds' })
}

/**
 * When a new key ends, Unix seconds.
 * @param expiresIn seconds from `now`; left out, the key ends with the one that makes it, if that ends
 */
export function endOfKey({ expiresAt }: Caller, expiresIn: number | null | undefined, now: number): number | null {
  return expiresIn == null ? expiresAt : now + expiresIn
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
