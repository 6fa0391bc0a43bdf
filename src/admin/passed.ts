import type { ShownFactor } from '../db/sign-in-tables.ts'
import type { Db, Row } from '../db/tables.ts'
import { setFactor, useCode } from '../sign-in/factor.ts'
import { useSetup } from '../sign-in/factor-setup.ts'
import { dropBegun, hasFactor } from '../sign-in/factors.ts'
import { addPasskey, notePasskey } from '../sign-in/passkey.ts'
import { useChallenge } from '../sign-in/passkey-challenge.ts'
import { dropRecoveryCodes, useRecoveryCode } from '../sign-in/recovery-codes.ts'
import type { Person } from '../sign-in/session.ts'
import { invalidPasskey, knownPasskey, wrongPasskey } from './passkey-refusals.ts'
import type { Shown } from './shown-factor.ts'
import { codeNeeded, wrongCode } from './sign-in-refusals.ts'

/**
 * That somebody has shown all that is asked of them. No session begins without it, and nothing else makes one: so there is no way to sign in
 * that forgets the second factor, and nothing between signed in and not.
 */
export class Passed {
  // Private, so that nothing else is one by its looks.
  readonly #factor: ShownFactor | null

  private constructor(factor: ShownFactor | null) {
    this.#factor = factor
  }

  /** What was shown besides a password; null: nothing was asked for. */
  get factor(): ShownFactor | null {
    return this.#factor
  }

  /**
   * Uses up what was shown, in the transaction of what follows from it: since it was looked at, another request may have used it, or what
   * somebody has may have changed.
   * @param isAsked whether the operator asks a second factor of everybody
   * @returns null where one is asked for and they have none to show: they have to set one up first
   * @throws ApiError
   */
  static async by(tx: Db, person: Person, shown: Shown, isAsked: boolean): Promise<Passed | null> {
    switch (shown.by) {
      case 'code':
        if (!(await useCode(tx, person, shown))) throw wrongCode()
        return new Passed('code')
      case 'recovery_code':
        if (!(await useRecoveryCode(tx, person, shown.hash))) throw wrongCode()
        return new Passed('recovery_code')
      case 'passkey':
        if (!(await useChallenge(tx, person, shown.challenge))) throw wrongPasskey()
        if (!(await notePasskey(tx, person, shown))) throw wrongPasskey()
        return new Passed('passkey')
      case 'nothing':
        if (await hasFactor(tx, person)) throw codeNeeded()
        return isAsked || (await isRequired(tx, person)) ? null : new Passed(null)
    }
  }

  /** By a code of what they are setting up, which is their second factor from now on. @throws ApiError where it was begun anew meanwhile */
  static async bySetup(tx: Db, person: Person, shown: { secret: string; step: number }, now: number): Promise<Passed> {
    if (!(await useSetup(tx, person, shown.secret))) throw wrongCode()
    await dropBegun(tx, person)
    await setFactor(tx, person, shown, now)
    return new Passed('code')
  }

  /** By a passkey that is kept from now on. @param challenge what it has signed @throws ApiError where that was answered or is void meanwhile */
  static async byNew(tx: Db, person: Person, passkey: Row<'passkey'>, challenge: string): Promise<Passed> {
    if (!(await useChallenge(tx, person, challenge))) throw invalidPasskey()
    await dropBegun(tx, person)
    if (!(await addPasskey(tx, passkey))) throw knownPasskey()
    return new Passed('passkey')
  }

  /**
   * By what was shown before one of several second factors was taken away; where it was the last, by nothing.
   * @returns null where one is asked for
   */
  static async without(tx: Db, person: Person, used: Passed | null, isAsked: boolean): Promise<Passed | null> {
    if (await hasFactor(tx, person)) return used
    await dropRecoveryCodes(tx, person)
    return Passed.by(tx, person, { by: 'nothing' }, isAsked)
  }

  /** A provider says who it is: what it asks for is its own matter. */
  static byProvider(): Passed {
    return new Passed('provider')
  }
}

/** Whether the organization asks a second factor of everybody. */
export async function isRequired(db: Db, { organizationId }: Pick<Person, 'organizationId'>): Promise<boolean> {
  const { second_factor_required_at } = await db
    .selectFrom('organization')
    .select('second_factor_required_at')
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow()
  return second_factor_required_at !== null
}
