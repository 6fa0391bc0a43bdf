import type { ApiError } from '../contract/error.ts'
import type { passkeys as routes } from '../contract/passkeys.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Tried } from '../sign-in/guard.ts'
import { credentialsOf } from '../sign-in/passkey.ts'
import { CHALLENGE_LIFETIME, newChallenge } from '../sign-in/passkey-challenge.ts'
import type { RelyingParty } from '../sign-in/relying-party.ts'
import type { Person } from '../sign-in/session.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Handler } from './handlers.ts'
import { livingLink } from './living-link.ts'
import { noPasskey, passkeysOff } from './passkey-refusals.ts'
import { credentialView } from './passkey-view.ts'
import { personOf, proven, refuseChanged, refuseWhereOff } from './proven.ts'
import { hasPasskeyHere, type Look } from './shown-factor.ts'
import { tooOften } from './sign-in-refusals.ts'
import { byThemselves } from './signed-in.ts'

/** What is said to who has the password, and no more: nothing is held for them but what their passkey has to sign. */
export const askForPasskey: Handler<(typeof routes)['ask']> = async ({ db, body, signIn, origin, now }) => {
  const party = theParty(signIn)
  const claim = await proven(db, body, { signIn, origin, now }, lookForPasskey)
  const { user } = claim
  return {
    organizationId: user.organization_id,
    async finish(tx) {
      await refuseChanged(tx, claim)
      return asked(tx, user, party, now)
    },
  }
}

/** The same to who has a link. */
export const askForPasskeyByLink: Handler<(typeof routes)['askByLink']> = async ({ db, body, signIn, origin, now }) => {
  refuseWhereOff(signIn)
  const party = theParty(signIn)
  const { link, user } = await livingLink(db, body.token, signIn, now)
  const look = () => lookForPasskey(db, personOf(user), { signIn })
  const tried = await signIn.guard.atWork(link.token_hash, origin.ip, look)
  if ('refused' in tried) throw tried.refused
  return {
    organizationId: user.organization_id,
    async finish(tx) {
      await livingLink(tx, body.token, signIn, now)
      return asked(tx, user, party, now)
    },
  }
}

/** @throws ApiError where passkeys are not offered */
export function theParty({ relyingParty }: SignIn): RelyingParty {
  if ('whyNot' in relyingParty) throw passkeysOff(relyingParty.whyNot)
  return relyingParty
}

/** Whether one may be asked for: who has shown the password, or a link, asks as often as anybody of this user. */
async function lookForPasskey(
  db: Db,
  person: Person,
  { signIn }: Pick<Look, 'signIn'>,
): Promise<Tried<null, ApiError>> {
  if (!(await hasPasskeyHere(db, person, signIn))) return { refused: noPasskey(), wasGuess: false }
  const waitMs = await signIn.guard.ask(person)
  return waitMs > 0 ? { refused: tooOften(waitMs), wasGuess: false } : { right: null, isBeginning: true }
}

type User = Pick<Row<'organization_user'>, 'id' | 'organization_id' | 'email'>

async function asked(tx: Db, user: User, party: RelyingParty, now: number) {
  const person = personOf(user)
  const challenge = await newChallenge(tx, person, 'show', now)
  const options = {
    challenge,
    rpId: party.id,
    allowCredentials: (await credentialsOf(tx, person, party.id)).map(credentialView),
    timeout: CHALLENGE_LIFETIME * 1000,
    userVerification: 'preferred' as const,
  }
  const object = 'organization.passkey.request' as const
  const reply = { object, id: user.id, options, expires_at: now + CHALLENGE_LIFETIME }
  const audit = { id: user.id, changes_requested: { passkey: 'asked' } }
  return { ...(await byThemselves(tx, user, audit)), reply }
}
