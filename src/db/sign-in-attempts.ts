import { sql } from 'kysely'
import type { Db } from './tables.ts'

/** Rows in one deletion, at most. */
const BATCH = 1000

/**
 * Takes an attempt of a name, by one statement: of many at once on all servers none is one too many. PostgreSQL's alone.
 * @param at milliseconds since the epoch: now; what an attempt adds to when all are there again; and the latest that this may be
 * @returns whether there was one
 */
export async function takeAttempt(
  db: Db,
  name: string,
  { now, everyMs, latest }: { now: number; everyMs: number; latest: number },
): Promise<boolean> {
  const fullAt = sql<number>`greatest(sign_in_attempt.full_at_ms, ${now}::bigint) + ${everyMs}::bigint`
  const taken = await db
    .insertInto('sign_in_attempt')
    .values({ name, full_at_ms: now + everyMs })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ full_at_ms: fullAt }).where(fullAt, '<=', latest))
    .returning('name')
    .executeTakeFirst()
  return taken !== undefined
}

/** When all attempts of a name are there again, milliseconds since the epoch; null: they are. */
export async function attemptFullAt(db: Db, name: string): Promise<number | null> {
  const row = await db.selectFrom('sign_in_attempt').select('full_at_ms').where('name', '=', name).executeTakeFirst()
  return row?.full_at_ms ?? null
}

/** All attempts of a name are there again then, and no later. */
export async function holdBack(db: Db, name: string, latest: number): Promise<void> {
  await db
    .updateTable('sign_in_attempt')
    .set({ full_at_ms: latest })
    .where('name', '=', name)
    .where('full_at_ms', '>', latest)
    .execute()
}

/** Gives an attempt back. A name that has all of them again has no row: most have no other, so that nothing is left of who signs in. */
export async function giveAttemptBack(
  db: Db,
  name: string,
  { now, everyMs }: { now: number; everyMs: number },
): Promise<void> {
  const done = await db
    .deleteFrom('sign_in_attempt')
    .where('name', '=', name)
    .where('full_at_ms', '<=', now + everyMs)
    .executeTakeFirst()
  if (done.numDeletedRows > 0n) return
  await db
    .updateTable('sign_in_attempt')
    .set(({ eb }) => ({ full_at_ms: eb('full_at_ms', '-', everyMs) }))
    .where('name', '=', name)
    .execute()
}

export async function forgetAttempts(db: Db, name: string): Promise<void> {
  await db.deleteFrom('sign_in_attempt').where('name', '=', name).execute()
}

/** Deletes names that have all their attempts again. @param now milliseconds since the epoch @returns whether there may be more */
export async function deleteFullAttempts(db: Db, now: number): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('sign_in_attempt')
    .where('name', 'in', ({ selectFrom }) =>
      selectFrom('sign_in_attempt').select('name').where('full_at_ms', '<=', now).orderBy('full_at_ms').limit(BATCH),
    )
    .where('full_at_ms', '<=', now)
    .executeTakeFirstOrThrow()
  return numDeletedRows >= BATCH
}
