import { sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Db } from './tables.ts'

/** Milliseconds since the epoch by the database's clock: the nodes' own may differ. */
const nowMs = (db: Db) =>
  isPostgres(db)
    ? sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`
    : sql<number>`cast(unixepoch('subsec') * 1000 as integer)`

/**
 * Takes those leases that nobody holds, and renews those of this holder, with one statement.
 * @param names each once
 * @returns those that are the holder's now, for so many milliseconds from some moment since it was asked
 */
export async function takeLeases(db: Db, names: readonly string[], holder: string, ms: number): Promise<string[]> {
  const now = nowMs(db)
  const until_ms = sql<number>`${now} + cast(${ms} as bigint)`
  const taken = await db
    .insertInto('lease')
    // In one order, so that two nodes cannot deadlock.
    .values([...names].sort().map((name) => ({ name, holder, until_ms })))
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ holder, until_ms })
        .where(({ eb, or }) => or([eb('lease.holder', '=', holder), eb('lease.until_ms', '<=', now)])),
    )
    .returning('name')
    .execute()
  return taken.map(({ name }) => name)
}

/** Gives leases back, of which only this holder's go. */
export async function giveLeasesBack(db: Db, names: readonly string[], holder: string): Promise<void> {
  await db.deleteFrom('lease').where('name', 'in', names).where('holder', '=', holder).execute()
}
