import { type Month, monthOf } from '../../core/month.ts'
import { findSpent, WHOLE_ORGANIZATION } from '../../db/spend.ts'
import type { Db } from '../../db/tables.ts'
import type { Spender } from './money.ts'

/** What the database has of a month, in nano-dollars, by project: empty text is the organization altogether. */
export type SpentReading = { month: Month; spent: ReadonlyMap<string, bigint> }

/** Reads what a project and its organization have spent in the month that it is now: one statement. */
export type ReadSpent = (spender: Spender) => Promise<SpentReading>

/** @param db for reading @param now milliseconds since the epoch */
export function readingSpent(db: Db, now: () => number): ReadSpent {
  return async ({ organizationId, projectId }) => {
    const month = monthOf(now())
    const ids = [WHOLE_ORGANIZATION, projectId]
    const totals = await findSpent(db, organizationId, ids, month.name)
    return { month, spent: new Map(ids.map((id) => [id, totals.get(id) ?? 0n])) }
  }
}
