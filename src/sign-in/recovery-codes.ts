import { hashRecoveryCode, mintRecoveryCodes } from '../core/recovery-code.ts'
import type { Db } from '../db/tables.ts'
import type { Person } from './session.ts'

/** New codes for somebody, in the place of those before. @returns the codes, shown this once */
export async function renewRecoveryCodes(db: Db, person: Person): Promise<string[]> {
  const codes = mintRecoveryCodes()
  await dropRecoveryCodes(db, person)
  const row = { organization_id: person.organizationId, user_id: person.userId }
  await db
    .insertInto('recovery_code')
    .values(codes.map((code) => ({ ...row, hash: hashRecoveryCode(code) })))
    .execute()
  return codes
}

/** How many of somebody's codes are left. */
export async function countRecoveryCodes(db: Db, { organizationId, userId }: Person): Promise<number> {
  const left = await db
    .selectFrom('recovery_code')
    .select('hash')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .execute()
  return left.length
}

/** Whether somebody has such a code. @param hash of it */
export async function hasRecoveryCode(db: Db, { organizationId, userId }: Person, hash: string): Promise<boolean> {
  const found = await db
    .selectFrom('recovery_code')
    .select('hash')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('hash', '=', hash)
    .executeTakeFirst()
  return found !== undefined
}

/** Uses a code up. @returns whether it was there: of two requests with one code, one gets it */
export async function useRecoveryCode(db: Db, { organizationId, userId }: Person, hash: string): Promise<boolean> {
  const done = await db
    .deleteFrom('recovery_code')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('hash', '=', hash)
    .executeTakeFirst()
  return done.numDeletedRows > 0n
}

export async function dropRecoveryCodes(db: Db, { organizationId, userId }: Person): Promise<void> {
  await db
    .deleteFrom('recovery_code')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .execute()
}
