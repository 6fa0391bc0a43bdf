import type { ApiError } from '../contract/error.ts'
import { hashRecoveryCode, typedCode } from '../core/recovery-code.ts'
import { isTotp, matchingStep } from '../core/totp.ts'
import type { Db } from '../db/tables.ts'
import { findFactor } from '../sign-in/factor.ts'
import type { Guard, Tried } from '../sign-in/guard.ts'
import { credentialsOf, hasPasskey } from '../sign-in/passkey.ts'
import { hasRecoveryCode } from '../sign-in/recovery-codes.ts'
import type { Person } from '../sign-in/session.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Assertion } from '../sign-in/webauthn.ts'
import { lookAtPasskey, type ShownPasskey } from './shown-passkey.ts'
import { factorNeeded, tooOften, wrongCode } from './sign-in-refusals.ts'

/** What somebody shows besides their password, or a link: looked at, and not used up yet. */
export type Shown =
  | { by: 'nothing' }
  | { by: 'code'; secret: string; step: number }
  | { by: 'recovery_code'; hash: string }
  | ShownPasskey

/** @param code as it was typed @param now Unix seconds */
export type Look = { signIn: SignIn; code?: string | undefined; passkey?: Assertion | undefined; now: number }

/**
 * Looks at what somebody shows whose password or link was right: who has a second factor needs it.
 * @returns what was shown: nothing, where they have none
 */
export async function lookAtFactor(db: Db, person: Person, look: Look): Promise<Tried<Shown, ApiError>> {
  const [factor, hasKeys] = [await findFactor(db, person), await hasPasskey(db, person)]
  if (!factor && !hasKeys) return { right: { by: 'nothing' } }
  const { signIn, code, passkey, now } = look
  if (passkey !== undefined) return lookAtPasskey(db, person, { signIn, passkey, now })
  if (code === undefined) {
    const passkeys = await hasPasskeyHere(db, person, signIn)
    return { refused: factorNeeded({ codes: factor !== undefined, passkeys }), wasGuess: false }
  }
  return tryCode(signIn.guard, person, code, async (typed): Promise<Shown | null> => {
    if (isTotp(typed)) {
      const step = factor ? matchingStep(factor.secret, typed, now, factor.last_step) : null
      return factor && step !== null ? { by: 'code', secret: factor.secret, step } : null
    }
    const hash = hashRecoveryCode(typed)
    return (await hasRecoveryCode(db, person, hash)) ? { by: 'recovery_code', hash } : null
  })
}

/** Whether somebody has a passkey that a browser would show here. Others are asked for too, and are of no use. */
export async function hasPasskeyHere(db: Db, person: Person, { relyingParty }: SignIn): Promise<boolean> {
  return 'id' in relyingParty && (await credentialsOf(db, person, relyingParty.id)).length > 0
}

/** Tries a code as often as codes may be tried. @param isRight what it stands for; null: it is wrong */
export async function tryCode<T>(
  guard: Guard,
  person: Person,
  code: string,
  isRight: (typed: string) => Promise<T | null>,
): Promise<Tried<T, ApiError>> {
  const tried = await guard.code(person, () => isRight(typedCode(code)))
  if ('waitMs' in tried) return { refused: tooOften(tried.waitMs), wasGuess: false }
  return tried.right === null ? { refused: wrongCode(), wasGuess: true } : { right: tried.right }
}
