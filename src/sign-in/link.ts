import { mintToken } from '../core/key.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Person } from './session.ts'

/** Seconds that a link works. */
const LINK_LIFETIME = 24 * 3600

/** Who makes a link, the admin key or the session that they make it with, and when that ends by itself, Unix seconds. */
export type LinkMaker = { userId: string; withId: string; expiresAt: number | null }

/**
 * Makes the link by which somebody sets a password. One that was made before stops working.
 * @param maker null: the operator
 * @returns its token, shown once, and when it ends, which is no later than what it is made with
 */
export async function makeLink(
  db: Db,
  { organizationId, userId }: Person,
  now: number,
  maker: LinkMaker | null,
): Promise<{ token: string; expiresAt: number }> {
  const token = mintToken()
  const fresh = {
    token_hash: token.hash,
    created_at: now,
    expires_at: Math.min(now + LINK_LIFETIME, maker?.expiresAt ?? Infinity),
    created_by: maker?.userId ?? null,
    created_with: maker?.withId ?? null,
  }
  await db
    .insertInto('password_link')
    .values({ ...fresh, organization_id: organizationId, user_id: userId })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(fresh))
    .execute()
  return { token: token.value, expiresAt: fresh.expires_at }
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
