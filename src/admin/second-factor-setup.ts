import { ApiError } from '../contract/error.ts'
import type { secondFactor as routes } from '../contract/second-factor.ts'
import { isTotp, matchingStep } from '../core/totp.ts'
import type { Db } from '../db/tables.ts'
import { beginSetup, findSetup } from '../sign-in/factor-setup.ts'
import type { Tried } from '../sign-in/guard.ts'
import { renewRecoveryCodes } from '../sign-in/recovery-codes.ts'
import { endSessions, type Person } from '../sign-in/session.ts'
import { setupUri } from './factor-uri.ts'
import type { Handler } from './handlers.ts'
import { Passed } from './passed.ts'
import { proven, refuseChanged } from './proven.ts'
import { type Look, lookAtFactor, tryCode } from './shown-factor.ts'
import { byThemselves, recoveryCodeUsed, signedIn } from './signed-in.ts'

const object = 'organization.second_factor'

/** By the password, and by the factor that there is: what is begun is none yet, and takes the place of nothing. */
export const beginFactor: Handler<(typeof routes)['begin']> = async ({ db, body, signIn, origin, now }) => {
  const claim = await proven(db, body, { signIn, origin, now }, lookAtFactor)
  const { user, person, shown } = claim
  return {
    organizationId: user.organization_id,
    async finish(tx) {
      await refuseChanged(tx, claim)
      const used = await Passed.by(tx, person, shown, signIn.asksForFactor)
      const { secret, expires_at } = await beginSetup(tx, person, now)
      const uri = await setupUri(tx, user, secret)
      const reply = { object: `${object}.setup` as const, id: user.id, secret, uri, expires_at }
      return { ...(await byThemselves(tx, user, changed(user.id, 'begun'))), reply, also: recoveryCodeUsed(used, user) }
    },
  }
}

/** By the password and a code of what was begun. */
export const confirmFactor: Handler<(typeof routes)['confirm']> = async ({ db, body, signIn, origin, now }) => {
  const look = (db: Db, person: Person) => lookAtSetup(db, person, { signIn, code: body.code, now })
  const claim = await proven(db, body, { signIn, origin, now }, look)
  const { user, person, shown } = claim
  return {
    organizationId: user.organization_id,
    async finish(tx, newId) {
      await refuseChanged(tx, claim)
      const passed = await Passed.bySetup(tx, person, shown, now)
      const recovery_codes = await renewRecoveryCodes(tx, person)
      // Those that began with less are over: whoever else may be signed in is out.
      await endSessions(tx, person)
      const { reply, audit, cookie } = await signedIn(tx, user, { signIn, origin, now, newId, passed })
      return {
        ...(await byThemselves(tx, user, changed(user.id, 'set'))),
        reply: { object: `${object}.confirmed` as const, id: user.id, recovery_codes, session: reply },
        also: [{ type: 'login.succeeded', payload: audit }],
        ...(cookie && { cookie }),
      }
    },
  }
}

/** Looks at a code of what somebody is setting up. */
async function lookAtSetup(
  db: Db,
  person: Person,
  { signIn, code, now }: Pick<Look, 'signIn' | 'now'> & { code: string },
): Promise<Tried<{ secret: string; step: number }, ApiError>> {
  const secret = await findSetup(db, person, now)
  if (secret === null) return { refused: noSetup(), wasGuess: false }
  return tryCode(signIn.guard, person, code, async (typed) => {
    const step = isTotp(typed) ? matchingStep(secret, typed, now, -1) : null
    return step === null ? null : { secret, step }
  })
}

/** What became of somebody's second factor, as the log says it. */
const changed = (id: string, second_factor: 'begun' | 'set') => ({ id, changes_requested: { second_factor } })

const noSetup = () =>
  new ApiError(
    'no_second_factor',
    'No second factor waits to be confirmed: it was begun more than ten minutes ago, or not at all. Begin to set it up anew.',
  )
