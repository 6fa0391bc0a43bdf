import { ApiError } from '../contract/error.ts'
import type { Link, links as routes } from '../contract/links.ts'
import { missingScopes, permissions } from '../core/permission.ts'
import { type LinkMaker, makeLink } from '../sign-in/link.ts'
import type { Caller, Handlers } from './handlers.ts'
import { makeInviteLink } from './invite-link.ts'
import { promised } from './invite-promise.ts'
import { findInvite, inviteView } from './invites.ts'
import { refuseWhereOff } from './proven.ts'
import { findUser } from './users.ts'

export const links: Handlers<typeof routes> = {
  // Who makes the link hands out what the invite promises, and vouches for it from then on.
  async invite({ db, caller, params, now }) {
    const invite = await findInvite(db, caller.organizationId, params.invite_id)
    const { status } = inviteView(invite, now)
    if (status === 'accepted') {
      const message = `Invite '${invite.id}' has already been accepted, so it needs no link.`
      throw new ApiError('invite_already_accepted', message, { param: 'invite_id' })
    }
    const expires_at = Math.min(invite.expires_at, caller.expiresAt ?? Infinity)
    const token = await makeInviteLink(db, invite, { created_by: caller.userId, expires_at }, now)
    if (token === null) {
      const message = `Invite '${invite.id}' has expired. Invite '${invite.email}' anew.`
      throw new ApiError('invite_expired', message, { param: 'invite_id' })
    }
    return {
      reply: view({ id: invite.id, email: invite.email, expires_at }, `/invite#${token}`),
      audit: { id: invite.id, data: { email: invite.email, role: invite.role } },
      rights: { permissions: promised(invite) },
    }
  },

  // Whoever sets the password is that user, whatever they do later: it takes all that anybody may, and a key that is not narrowed.
  async password({ db, caller, params, signIn, now }) {
    refuseWhereOff(signIn)
    if (!caller.access.owner) {
      throw new ApiError('insufficient_permissions', missingScopes('api.management.write'))
    }
    const user = await findUser(db, caller, params.user_id)
    if (user.id === caller.userId) {
      const message =
        "Invalid 'user_id': it is your own. Set your password by the one that you have, or ask another owner."
      throw new ApiError('invalid_value', message, { param: 'user_id' })
    }
    const person = { organizationId: caller.organizationId, userId: user.id }
    const { token, expiresAt } = await makeLink(db, person, now, makerOf(caller))
    return {
      reply: view({ id: user.id, email: user.email, expires_at: expiresAt }, `/sign-in/link#${token}`),
      audit: { id: user.id, changes_requested: { password: 'link' } },
      rights: { permissions },
    }
  },
}

const makerOf = (caller: Caller): LinkMaker => ({
  userId: caller.userId,
  withId: caller.by === 'key' ? caller.keyId : caller.sessionId,
  expiresAt: caller.expiresAt,
})

const view = (of: Pick<Link, 'id' | 'email' | 'expires_at'>, path: string): Link => ({
  object: 'organization.link',
  ...of,
  path,
})
