import { type Month, monthOf } from '../../core/month.ts'
import { findSpentAndHeld } from '../../db/batch-held.ts'
import { WHOLE_ORGANIZATION } from '../../db/spend.ts'
import type { Db } from '../../db/tables.ts'
import type { Spender } from './money.ts'

/**
 * What the database has, in nano-dollars, by project: empty text is the organization altogether.
 * @property spent in the month
 * @property held by batches that have not ended
 */
export type SpentReading = { month: Month; spent: ReadonlyMap<string, bigint>; held: ReadonlyMap<string, bigint> }

/** Reads what a project and its organization have spent in the month that it is now, and what their batches hold: one statement. */
export type ReadSpent = (spender: Spender) => Promise<SpentReading>

/** @param db for reading @param now milliseconds since the epoch */
export function readingSpent(db: Db, now: () => number): ReadSpent {
  return async ({ organizationId, projectId }) => {
    const month = monthOf(now())
    const ids = [WHOLE_ORGANIZATION, projectId]
    const { spent, held } = await findSpentAndHeld(db, organizationId, ids, month.name)
    return { month, spent, held }
  }
}
