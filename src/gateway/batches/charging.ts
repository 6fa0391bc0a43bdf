import type { BatchRow } from '../../db/batch.ts'
import type { JsonObject } from '../body/fields.ts'
import type { Asked } from '../call.ts'
import type { Grant } from '../keys/grant.ts'
import type { LineError } from './line-error.ts'

/** A line of the files in which an upstream tells what became of a batch. */
export type ResultLine = {
  customId: string
  /** Null where the call was not made, or nobody knows. */
  status: number | null
  body: JsonObject | null
  /** See `ReplyLine`. */
  unreadBytes?: number
}

/** Up to where the files of a batch's results are settled, in bytes. */
export type Settled = Pick<BatchRow, 'settled_output' | 'settled_error'>

/** What the lines of one batch need together, as they are judged. */
export type Need = {
  /** @throws ApiError where the line could not be charged */
  add: (asked: Asked) => void
  /**
   * Takes what all lines need, for as long as the batch has not ended; once, however often it is asked to.
   * @returns why there is no room for it; null where there is
   */
  hold: (batch: BatchRow) => Promise<LineError | null>
}

/** How batches are counted: what they may have enqueued, and their money. */
export type Charging = {
  need: (grant: Grant) => Need
  /**
   * Charges lines of a batch's results, together with the note up to where its files are settled: all of it, or nothing.
   * @returns whether they were settled by this; false where somebody else has by now
   */
  settle: (batch: BatchRow, lines: readonly ResultLine[], settled: Settled) => Promise<boolean>
  /** Gives back what it holds: it has ended. As often as one likes. */
  end: (batch: BatchRow) => Promise<void>
}
