import { unknownId } from '../contract/error.ts'
import type { passkeys as routes } from '../contract/passkeys.ts'
import { dropBegun } from '../sign-in/factors.ts'
import { dropPasskeys } from '../sign-in/passkey.ts'
import { endSessions } from '../sign-in/session.ts'
import type { Handler } from './handlers.ts'
import { Passed } from './passed.ts'
import { proven, refuseChanged } from './proven.ts'
import { lookAtFactor } from './shown-factor.ts'
import { factorKept, noFactor } from './sign-in-refusals.ts'
import { byThemselves, recoveryCodeUsed, signedIn } from './signed-in.ts'

/** By the password and any factor that there is, that passkey too. */
export const removePasskey: Handler<(typeof routes)['remove']> = async ({ db, body, signIn, origin, now }) => {
  const claim = await proven(db, body, { signIn, origin, now }, lookAtFactor)
  const { user, person, shown } = claim
  if (shown.by === 'nothing') throw noFactor()
  const { passkey_id } = body
  return {
    organizationId: user.organization_id,
    async finish(tx, newId) {
      await refuseChanged(tx, claim)
      const used = await Passed.by(tx, person, shown, signIn.asksForFactor)
      if ((await dropPasskeys(tx, person, passkey_id)) === 0) throw unknownId('passkey_id', passkey_id)
      await dropBegun(tx, person)
      const passed = await Passed.without(tx, person, used, signIn.asksForFactor)
      if (passed === null) throw factorKept()
      await endSessions(tx, person)
      const { reply, audit, cookie } = await signedIn(tx, user, { signIn, origin, now, newId, passed })
      const changes = { passkey: 'removed', passkey_id }
      return {
        ...(await byThemselves(tx, user, { id: user.id, changes_requested: changes })),
        reply,
        also: [{ type: 'login.succeeded', payload: audit }, ...recoveryCodeUsed(used, user)],
        ...(cookie && { cookie }),
      }
    },
  }
}
