import type { ApiError } from '../contract/error.ts'
import { hashRecoveryCode, typedCode } from '../core/recovery-code.ts'
import { isTotp, matchingStep } from '../core/totp.ts'
import type { Db } from '../db/tables.ts'
import { findFactor } from '../sign-in/factor.ts'
import type { Guard, Tried } from '../sign-in/guard.ts'
import { hasRecoveryCode } from '../sign-in/recovery-codes.ts'
import type { Person } from '../sign-in/session.ts'
import { codeNeeded, tooOften, wrongCode } from './sign-in-refusals.ts'

/** What somebody shows besides their password, or a link: looked at, and not used up yet. */
export type Shown =
  | { by: 'nothing' }
  | { by: 'code'; secret: string; step: number }
  | { by: 'recovery_code'; hash: string }

/** @param code as it was typed @param now Unix seconds */
export type Look = { guard: Guard; code: string | undefined; now: number }

/**
 * Looks at the code of somebody whose password or link was right: who has a second factor needs one.
 * @returns what was shown: nothing, where they have none
 */
export async function lookAtFactor(
  db: Db,
  person: Person,
  { guard, code, now }: Look,
): Promise<Tried<Shown, ApiError>> {
  const factor = await findFactor(db, person)
  if (!factor) return { right: { by: 'nothing' } }
  const { secret, last_step } = factor
  return tryCode(guard, person, code, async (typed): Promise<Shown | null> => {
    if (isTotp(typed)) {
      const step = matchingStep(secret, typed, now, last_step)
      return step === null ? null : { by: 'code', secret, step }
    }
    const hash = hashRecoveryCode(typed)
    return (await hasRecoveryCode(db, person, hash)) ? { by: 'recovery_code', hash } : null
  })
}

/** Tries a code as often as codes may be tried. @param isRight what it stands for; null: it is wrong */
export async function tryCode<T>(
  guard: Guard,
  person: Person,
  code: string | undefined,
  isRight: (typed: string) => Promise<T | null>,
): Promise<Tried<T, ApiError>> {
  if (code === undefined) return { refused: codeNeeded(), wasGuess: false }
  const tried = await guard.code(person, () => isRight(typedCode(code)))
  if ('waitMs' in tried) return { refused: tooOften(tried.waitMs), wasGuess: false }
  return tried.right === null ? { refused: wrongCode(), wasGuess: true } : { right: tried.right }
}
