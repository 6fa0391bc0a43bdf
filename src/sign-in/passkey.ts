import type { Db, Row } from '../db/tables.ts'
import type { Person } from './session.ts'

/** A passkey of somebody, in the order in which they were added. */
export const passkeysOf = (db: Db, { organizationId, userId }: Person) =>
  db.selectFrom('passkey').where('organization_id', '=', organizationId).where('user_id', '=', userId).orderBy('id')

/** Whether somebody has a passkey, whatever host it was made for. */
export async function hasPasskey(db: Db, person: Person): Promise<boolean> {
  return (await passkeysOf(db, person).select('id').limit(1).executeTakeFirst()) !== undefined
}

/** How a browser finds the passkeys of this host. */
export async function credentialsOf(db: Db, person: Person, rpId: string): Promise<Credential[]> {
  const rows = await passkeysOf(db, person).select(['credential_id', 'transports']).where('rp_id', '=', rpId).execute()
  return rows.map(({ credential_id, transports }) => ({ id: credential_id, transports: JSON.parse(transports) }))
}
export type Credential = { id: string; transports: string[] }

/** Keeps a passkey. @returns whether it is a new one to them */
export async function addPasskey(db: Db, row: Row<'passkey'>): Promise<boolean> {
  const done = await db
    .insertInto('passkey')
    .values(row)
    .onConflict((conflict) => conflict.columns(['user_id', 'credential_id']).doNothing())
    .executeTakeFirst()
  return (done.numInsertedOrUpdatedRows ?? 0n) > 0n
}

/**
 * Whether a passkey says that it has signed more often than when it was used last, or does not count at all: of two devices with one
 * key, one is behind the other.
 */
export const isAhead = (kept: number, counter: number): boolean => counter > kept || (counter === 0 && kept === 0)

/** Notes that a passkey was used. @returns whether its count is still ahead */
export async function notePasskey(
  db: Db,
  { organizationId, userId }: Person,
  { id, counter, at }: { id: string; counter: number; at: number },
): Promise<boolean> {
  const done = await db
    .updateTable('passkey')
    .set({ counter, last_used_at: at })
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('counter', counter === 0 ? '=' : '<', counter)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Removes passkeys of somebody: all, or one. @returns how many there were */
export async function dropPasskeys(db: Db, { organizationId, userId }: Person, id?: string): Promise<number> {
  let rows = db.deleteFrom('passkey').where('organization_id', '=', organizationId).where('user_id', '=', userId)
  if (id !== undefined) rows = rows.where('id', '=', id)
  return Number((await rows.executeTakeFirst()).numDeletedRows)
}
