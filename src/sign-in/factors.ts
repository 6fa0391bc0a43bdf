import type { Db } from '../db/tables.ts'
import { dropFactor, findFactor } from './factor.ts'
import { dropSetup } from './factor-setup.ts'
import { dropPasskeys, hasPasskey } from './passkey.ts'
import { dropChallenges } from './passkey-challenge.ts'
import { dropRecoveryCodes } from './recovery-codes.ts'
import type { Person } from './session.ts'

/** Whether somebody has any second factor. */
export const hasFactor = async (db: Db, person: Person): Promise<boolean> =>
  (await findFactor(db, person)) !== undefined || (await hasPasskey(db, person))

/**
 * What was begun before a second factor came counts no more: it may have been begun by somebody who had the password alone, when that was
 * all that was asked for.
 */
export async function dropBegun(db: Db, person: Person): Promise<void> {
  await dropSetup(db, person)
  await dropChallenges(db, person)
}

/** Takes away all that somebody shows besides their password, and all that was to become that. @returns whether there was one */
export async function forgetFactors(db: Db, person: Person): Promise<boolean> {
  await dropBegun(db, person)
  await dropRecoveryCodes(db, person)
  const passkeys = await dropPasskeys(db, person)
  return (await dropFactor(db, person)) || passkeys > 0
}
