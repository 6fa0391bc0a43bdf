import { batches } from '../../db/batches.ts'
import type { Db } from '../../db/tables.ts'

/** A day's level as the database keeps it. @property at_ms epoch milliseconds when it was so */
export type SavedRow = { organization_id: string; key: string; level: number; maximum: number; at_ms: number }

/**
 * Writes levels in the place of those that are there.
 * @param rows in the order of their keys, so that two nodes that write the same ones cannot deadlock
 * @param newer whether one that is there stays where it is of a later moment
 * @param done is told of those that are written, a batch after the other
 */
export async function saveLevels(
  db: Db,
  rows: readonly SavedRow[],
  newer: boolean,
  done: (rows: readonly SavedRow[]) => void,
): Promise<void> {
  for (const batch of batches(rows)) {
    await db
      .insertInto('limit_level')
      .values(batch)
      .onConflict((conflict) => {
        const update = conflict.columns(['organization_id', 'key']).doUpdateSet((eb) => ({
          level: eb.ref('excluded.level'),
          maximum: eb.ref('excluded.maximum'),
          at_ms: eb.ref('excluded.at_ms'),
        }))
        return newer ? update.whereRef('excluded.at_ms', '>=', 'limit_level.at_ms') : update
      })
      .execute()
    done(batch)
  }
}
