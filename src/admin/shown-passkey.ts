import type { ApiError } from '../contract/error.ts'
import type { Db } from '../db/tables.ts'
import type { Tried } from '../sign-in/guard.ts'
import { isAhead, passkeysOf } from '../sign-in/passkey.ts'
import { isWaiting } from '../sign-in/passkey-challenge.ts'
import type { Person } from '../sign-in/session.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import { type Assertion, readAssertion } from '../sign-in/webauthn.ts'
import { CopiedPasskey, passkeysOff, wrongPasskey } from './passkey-refusals.ts'
import { tooOften } from './sign-in-refusals.ts'

/** A passkey that has signed what it was asked to. @param at Unix seconds */
export type ShownPasskey = { by: 'passkey'; id: string; challenge: string; counter: number; at: number }

type Look = { signIn: SignIn; passkey: Assertion; now: number }

/** Looks at what a passkey of somebody's own has signed, as often as codes may be tried: what is no good is not read without end. */
export async function lookAtPasskey(
  db: Db,
  person: Person,
  { signIn: { guard, relyingParty }, passkey, now }: Look,
): Promise<Tried<ShownPasskey, ApiError>> {
  if ('whyNot' in relyingParty) return { refused: passkeysOff(relyingParty.whyNot), wasGuess: false }
  let refused: ApiError = wrongPasskey()
  const tried = await guard.code(person, async (): Promise<ShownPasskey | null> => {
    const kept = await passkeysOf(db, person)
      .selectAll()
      .where('credential_id', '=', passkey.id)
      .where('rp_id', '=', relyingParty.id)
      .executeTakeFirst()
    const signed = kept && (await readAssertion(passkey, kept, relyingParty))
    if (!kept || !signed || !(await isWaiting(db, person, signed.challenge, 'show', now))) return null
    if (isAhead(kept.counter, signed.counter)) return { by: 'passkey', id: kept.id, ...signed, at: now }
    refused = new CopiedPasskey()
    return null
  })
  if ('waitMs' in tried) return { refused: tooOften(tried.waitMs), wasGuess: false }
  return tried.right === null ? { refused, wasGuess: true } : { right: tried.right }
}
