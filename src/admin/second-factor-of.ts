import { ApiError } from '../contract/error.ts'
import type { secondFactor } from '../contract/second-factor.ts'
import { missingScopes, permissions } from '../core/permission.ts'
import type { Row } from '../db/tables.ts'
import { forgetFactors } from '../sign-in/factors.ts'
import { endSessions } from '../sign-in/session.ts'
import type { Caller, Handler } from './handlers.ts'
import { type Mutator, mutate } from './mutation.ts'
import { byNobody } from './organization.ts'
import { personOf } from './proven.ts'
import { noFactor } from './sign-in-refusals.ts'
import { findUser } from './users.ts'

/** What of somebody else's sign-in is an owner's to see, in the same words whether there is such a user or not. */
export function refuseToOthers({ userId, access }: Caller, wanted: string): void {
  if (wanted === userId || access.owner) return
  throw new ApiError('insufficient_permissions', missingScopes('api.management.read'))
}

/**
 * Takes away what somebody else has lost. A password is enough for them from then on: it takes all that anybody may and a key that is not
 * narrowed, as a link for their password does. Not for oneself: whoever got hold of a session is not rid of the second factor by it.
 */
export const resetByOwner: Handler<(typeof secondFactor)['reset']> = async ({ db, caller, params }) => {
  if (!caller.access.owner) throw new ApiError('insufficient_permissions', missingScopes('api.management.write'))
  const user = await findUser(db, caller, params.user_id)
  if (user.id === caller.userId) {
    const message =
      "Invalid 'user_id': it is your own. Remove yours by your password and a code of it, or ask another owner."
    throw new ApiError('invalid_value', message, { param: 'user_id' })
  }
  if (!(await forgetFactors(db, personOf(user)))) throw noFactor()
  await endSessions(db, personOf(user))
  return {
    reply: { object: 'organization.second_factor.deleted', id: user.id, deleted: true },
    audit: reset(user.id),
    rights: { permissions },
  }
}

/** The same on the database itself: for the last owner who has lost theirs. @throws ApiError where they had none */
export async function resetSecondFactor(
  app: Mutator,
  organization: Row<'organization'>,
  user: Row<'organization_user'>,
): Promise<void> {
  const event = { type: 'user.updated', organizationId: organization.id, unheard: true } as const
  await mutate(app, event, async (tx) => {
    if (!(await forgetFactors(tx, personOf(user)))) throw noFactor()
    await endSessions(tx, personOf(user))
    return { change: { reply: null, audit: reset(user.id) }, by: byNobody(organization) }
  })
}

const reset = (id: string) => ({ id, changes_requested: { second_factor: 'reset' } })
