import type { ApiError } from '../contract/error.ts'
import type { passkeys as routes } from '../contract/passkeys.ts'
import type { Db } from '../db/tables.ts'
import { hasFactor } from '../sign-in/factors.ts'
import type { Tried } from '../sign-in/guard.ts'
import { credentialsOf, passkeysOf } from '../sign-in/passkey.ts'
import { CHALLENGE_LIFETIME, isWaiting, newChallenge } from '../sign-in/passkey-challenge.ts'
import { renewRecoveryCodes } from '../sign-in/recovery-codes.ts'
import { endSessions, type Person } from '../sign-in/session.ts'
import { KEY_KINDS, readAttestation } from '../sign-in/webauthn.ts'
import type { Handler } from './handlers.ts'
import { Passed } from './passed.ts'
import { theParty } from './passkey-asking.ts'
import { invalidPasskey, tooManyPasskeys } from './passkey-refusals.ts'
import { credentialView, passkeyView } from './passkey-view.ts'
import { proven, refuseChanged } from './proven.ts'
import { lookAtFactor } from './shown-factor.ts'
import { byThemselves, recoveryCodeUsed, signedIn } from './signed-in.ts'

/** Passkeys of one user at most: each is told to the browser whenever one is asked for. */
const MOST = 20

/** By the password, and by the factor that there is. */
export const beginPasskey: Handler<(typeof routes)['begin']> = async ({ db, body, signIn, origin, now }) => {
  const party = theParty(signIn)
  const claim = await proven(db, body, { signIn, origin, now }, lookAtFactor)
  const { user, person, shown } = claim
  return {
    organizationId: user.organization_id,
    async finish(tx) {
      await refuseChanged(tx, claim)
      const used = await Passed.by(tx, person, shown, signIn.asksForFactor)
      await refuseFull(tx, person)
      const challenge = await newChallenge(tx, person, 'add', now)
      const options = {
        challenge,
        rp: { id: party.id, name: 'Gatehouse' },
        user: { id: Buffer.from(user.id).toString('base64url'), name: user.email, displayName: user.name },
        pubKeyCredParams: KEY_KINDS.map((alg) => ({ type: 'public-key' as const, alg })),
        excludeCredentials: (await credentialsOf(tx, person, party.id)).map(credentialView),
        authenticatorSelection: { residentKey: 'preferred' as const, userVerification: 'preferred' as const },
        attestation: 'none' as const,
        timeout: CHALLENGE_LIFETIME * 1000,
      }
      const object = 'organization.passkey.setup' as const
      const reply = { object, id: user.id, options, expires_at: now + CHALLENGE_LIFETIME }
      const audit = { id: user.id, changes_requested: { passkey: 'begun' } }
      return { ...(await byThemselves(tx, user, audit)), reply, also: recoveryCodeUsed(used, user) }
    },
  }
}

/** By the password and what the new passkey has signed. */
export const confirmPasskey: Handler<(typeof routes)['confirm']> = async ({ db, body, signIn, origin, now }) => {
  const party = theParty(signIn)
  const lookAtMade = async (_: Db, person: Person): Promise<Tried<Signed, ApiError>> => {
    const signed = await readAttestation(body.made, party)
    if (!signed || !(await isWaiting(db, person, signed.challenge, 'add', now))) {
      return { refused: invalidPasskey(), wasGuess: false }
    }
    return { right: signed }
  }
  const claim = await proven(db, body, { signIn, origin, now }, lookAtMade)
  const {
    user,
    person,
    shown: { challenge, made },
  } = claim
  return {
    organizationId: user.organization_id,
    async finish(tx, newId) {
      await refuseChanged(tx, claim)
      await refuseFull(tx, person)
      const isFirst = !(await hasFactor(tx, person))
      const whose = { organization_id: user.organization_id, user_id: user.id, rp_id: party.id }
      const row = { id: newId('passkey'), ...whose, ...made, name: body.name, created_at: now, last_used_at: null }
      const passed = await Passed.byNew(tx, person, row, challenge)
      const recovery_codes = isFirst ? await renewRecoveryCodes(tx, person) : []
      // Those that began with less are over: whoever else may be signed in is out.
      await endSessions(tx, person)
      const { reply: session, audit, cookie } = await signedIn(tx, user, { signIn, origin, now, newId, passed })
      const changes = { passkey: 'added', passkey_id: row.id, name: row.name }
      return {
        ...(await byThemselves(tx, user, { id: user.id, changes_requested: changes })),
        reply: {
          object: 'organization.passkey.confirmed' as const,
          passkey: passkeyView(row),
          recovery_codes,
          session,
        },
        also: [{ type: 'login.succeeded', payload: audit }],
        ...(cookie && { cookie }),
      }
    },
  }
}

type Signed = NonNullable<Awaited<ReturnType<typeof readAttestation>>>

async function refuseFull(db: Db, person: Person) {
  const { length } = await passkeysOf(db, person).select('id').execute()
  if (length >= MOST) throw tooManyPasskeys(MOST)
}
