import { mintTotpSecret } from '../core/totp.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Person } from './session.ts'

/** Seconds in which what was begun has to be confirmed. */
const LIFETIME = 600

/** Begins to set a second factor up. What was begun before counts no more. @returns what is to be shown, this once */
export async function beginSetup(
  db: Db,
  { organizationId, userId }: Person,
  now: number,
): Promise<Pick<Row<'second_factor_setup'>, 'secret' | 'expires_at'>> {
  const fresh = { secret: mintTotpSecret(), expires_at: now + LIFETIME }
  await db
    .insertInto('second_factor_setup')
    .values({ organization_id: organizationId, user_id: userId, ...fresh })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(fresh))
    .execute()
  return fresh
}

/** The secret that waits to be confirmed; null: none does. @param now Unix seconds */
export async function findSetup(db: Db, { organizationId, userId }: Person, now: number): Promise<string | null> {
  const found = await db
    .selectFrom('second_factor_setup')
    .select(['secret', 'expires_at'])
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return found && found.expires_at > now ? found.secret : null
}

/** Uses up what was begun. @returns whether it was still that: it may have been begun anew, or confirmed */
export async function useSetup(db: Db, { organizationId, userId }: Person, secret: string): Promise<boolean> {
  const done = await db
    .deleteFrom('second_factor_setup')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('secret', '=', secret)
    .executeTakeFirst()
  return done.numDeletedRows > 0n
}

export async function dropSetup(db: Db, { organizationId, userId }: Person): Promise<void> {
  await db
    .deleteFrom('second_factor_setup')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .execute()
}
