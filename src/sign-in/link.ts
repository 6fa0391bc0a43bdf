import { mintToken } from '../core/key.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Person } from './session.ts'

/** Seconds that a link works. */
export const LINK_LIFETIME = 24 * 3600

/** Makes the link by which somebody sets a password. One that was made before stops working. @returns its token, shown once */
export async function makeLink(db: Db, { organizationId, userId }: Person, now: number): Promise<string> {
  const token = mintToken()
  const fresh = { token_hash: token.hash, created_at: now, expires_at: now + LINK_LIFETIME }
  await db
    .insertInto('password_link')
    .values({ ...fresh, organization_id: organizationId, user_id: userId })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(fresh))
    .execute()
  return token.value
}

/** Whose a link is. It still may have ended. @param hash of its token */
export const findLink = (db: Db, hash: string): Promise<Row<'password_link'> | undefined> =>
  db.selectFrom('password_link').selectAll().where('token_hash', '=', hash).executeTakeFirst()

/** Uses a link up. @returns whether it worked: of two requests with one token, one gets it */
export async function useLink(db: Db, link: Row<'password_link'>, now: number): Promise<boolean> {
  const done = await db
    .deleteFrom('password_link')
    .where('organization_id', '=', link.organization_id)
    .where('user_id', '=', link.user_id)
    .where('token_hash', '=', link.token_hash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return done.numDeletedRows > 0n
}
