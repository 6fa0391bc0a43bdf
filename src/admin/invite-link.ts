import { mintToken } from '../core/key.ts'
import type { Db, Row } from '../db/tables.ts'

/**
 * Makes the link of a pending invite. One that was made before stops working.
 * @param changes what else becomes of the invite with it @param now Unix seconds
 * @returns its token, shown once; null where the invite is not pending
 */
export async function makeInviteLink(
  db: Db,
  { organization_id, id }: Pick<Row<'invite'>, 'organization_id' | 'id'>,
  changes: Partial<Pick<Row<'invite'>, 'created_by' | 'expires_at'>>,
  now: number,
): Promise<string | null> {
  const token = mintToken()
  const done = await db
    .updateTable('invite')
    .set({ ...changes, token_hash: token.hash })
    .where('organization_id', '=', organization_id)
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return done.numUpdatedRows === 0n ? null : token.value
}
