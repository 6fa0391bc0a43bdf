import type { Db } from '../db/tables.ts'
import { forgetFactors } from './factors.ts'
import { endSessions, type Person } from './session.ts'

/**
 * Sets somebody's password. Whoever knew the one before is out: all sessions end, and so does a link that was made to set one.
 * @param hash from `hashPassword` @param now Unix seconds
 */
export async function setPassword(db: Db, person: Person, hash: string, now: number): Promise<void> {
  await db
    .insertInto('user_password')
    .values({ organization_id: person.organizationId, user_id: person.userId, hash, changed_at: now })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ hash, changed_at: now }))
    .execute()
  await dropLink(db, person)
  await endSessions(db, person)
}

/** Takes away all that somebody could sign in by, or has signed in by. */
export async function forgetSignIn(db: Db, person: Person): Promise<void> {
  await db
    .deleteFrom('user_password')
    .where('organization_id', '=', person.organizationId)
    .where('user_id', '=', person.userId)
    .execute()
  await dropLink(db, person)
  await forgetFactors(db, person)
  await endSessions(db, person)
}

async function dropLink(db: Db, { organizationId, userId }: Person) {
  await db
    .deleteFrom('password_link')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .execute()
}
