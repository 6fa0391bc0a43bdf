import type { Db } from './tables.ts'

/** Rows in one deletion, at most. */
const BATCH = 1000

/** Deletes what nobody has signed in time with a passkey. @param now Unix seconds @returns whether there may be more */
export async function deleteExpiredChallenges(db: Db, now: number): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('passkey_challenge')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('user_id', 'hash'),
        'in',
        selectFrom('passkey_challenge')
          .select(['user_id', 'hash'])
          .where('expires_at', '<=', now)
          .orderBy('expires_at')
          .limit(BATCH)
          .$asTuple('user_id', 'hash'),
      ),
    )
    .executeTakeFirstOrThrow()
  return numDeletedRows >= BATCH
}
