import type { Db, Row } from '../db/tables.ts'
import type { Person } from './session.ts'

/** What makes somebody's codes; undefined: they have none. */
export const findFactor = (db: Db, { organizationId, userId }: Person): Promise<Row<'second_factor'> | undefined> =>
  db
    .selectFrom('second_factor')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()

/** Uses a code up. @returns whether it counts: of two requests with one code, and of two codes of one time, one does */
export async function useCode(
  db: Db,
  { organizationId, userId }: Person,
  { secret, step }: { secret: string; step: number },
): Promise<boolean> {
  const done = await db
    .updateTable('second_factor')
    .set({ last_step: step })
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('secret', '=', secret)
    .where('last_step', '<', step)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Sets what makes somebody's codes, in the place of what did before. @param step of the code that showed it */
export async function setFactor(
  db: Db,
  { organizationId, userId }: Person,
  { secret, step }: { secret: string; step: number },
  now: number,
): Promise<void> {
  const fresh = { secret, set_at: now, last_step: step }
  await db
    .insertInto('second_factor')
    .values({ organization_id: organizationId, user_id: userId, ...fresh })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(fresh))
    .execute()
}

/** Takes what makes somebody's codes away. @returns whether there was one */
export async function dropFactor(db: Db, { organizationId, userId }: Person): Promise<boolean> {
  const done = await db
    .deleteFrom('second_factor')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return done.numDeletedRows > 0n
}
