import type { secondFactor as routes } from '../contract/second-factor.ts'
import { dropFactor, findFactor } from '../sign-in/factor.ts'
import { dropBegun } from '../sign-in/factors.ts'
import { passkeysOf } from '../sign-in/passkey.ts'
import { countRecoveryCodes, renewRecoveryCodes } from '../sign-in/recovery-codes.ts'
import { endSessions } from '../sign-in/session.ts'
import type { Handlers } from './handlers.ts'
import { isRequired, Passed } from './passed.ts'
import { proven, refuseChanged } from './proven.ts'
import { refuseToOthers, resetByOwner } from './second-factor-of.ts'
import { beginFactor, confirmFactor } from './second-factor-setup.ts'
import { lookAtFactor } from './shown-factor.ts'
import { factorKept, noFactor } from './sign-in-refusals.ts'
import { byThemselves, recoveryCodeUsed, signedIn } from './signed-in.ts'
import { findUser } from './users.ts'

const object = 'organization.second_factor'

/*
 * Who sets up a second factor, changes it or takes it away shows their password each time, and the factor where they have one: a session that
 * somebody else got hold of is no way to it, and nobody is signed in half.
 */
export const secondFactor: Handlers<typeof routes> = {
  async retrieve({ db, caller, query, signIn }) {
    const userId = query.user_id ?? caller.userId
    refuseToOthers(caller, userId)
    const { id } = await findUser(db, caller, userId)
    const person = { organizationId: caller.organizationId, userId: id }
    return {
      object,
      id,
      set_at: (await findFactor(db, person))?.set_at ?? null,
      passkeys: (await passkeysOf(db, person).select('id').execute()).length,
      passkeys_off: 'whyNot' in signIn.relyingParty ? signIn.relyingParty.whyNot : null,
      recovery_codes: await countRecoveryCodes(db, person),
      required: signIn.asksForFactor || (await isRequired(db, person)),
    }
  },

  begin: beginFactor,
  confirm: confirmFactor,

  async renewCodes({ db, body, signIn, origin, now }) {
    const claim = await proven(db, body, { signIn, origin, now }, lookAtFactor)
    const { user, person, shown } = claim
    if (shown.by === 'nothing') throw noFactor()
    return {
      organizationId: user.organization_id,
      async finish(tx) {
        await refuseChanged(tx, claim)
        const used = await Passed.by(tx, person, shown, signIn.asksForFactor)
        const recovery_codes = await renewRecoveryCodes(tx, person)
        const reply = { object: `${object}.recovery_codes` as const, id: user.id, recovery_codes }
        const audit = { id: user.id, changes_requested: { recovery_codes: 'made' } }
        return { ...(await byThemselves(tx, user, audit)), reply, also: recoveryCodeUsed(used, user) }
      },
    }
  },

  async remove({ db, body, signIn, origin, now }) {
    const claim = await proven(db, body, { signIn, origin, now }, lookAtFactor)
    const { user, person, shown } = claim
    if (shown.by === 'nothing') throw noFactor()
    return {
      organizationId: user.organization_id,
      async finish(tx, newId) {
        await refuseChanged(tx, claim)
        const used = await Passed.by(tx, person, shown, signIn.asksForFactor)
        if (!(await dropFactor(tx, person))) throw noFactor()
        await dropBegun(tx, person)
        const passed = await Passed.without(tx, person, used, signIn.asksForFactor)
        if (passed === null) throw factorKept()
        await endSessions(tx, person)
        const { reply, audit, cookie } = await signedIn(tx, user, { signIn, origin, now, newId, passed })
        return {
          ...(await byThemselves(tx, user, { id: user.id, changes_requested: { second_factor: 'removed' } })),
          reply,
          also: [{ type: 'login.succeeded', payload: audit }, ...recoveryCodeUsed(used, user)],
          ...(cookie && { cookie }),
        }
      },
    }
  },

  reset: resetByOwner,
}
