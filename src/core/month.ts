/** A calendar month, UTC: what spend limits and alerts count in. */
export type Month = {
  /** `2026-11`. */
  readonly name: string
  /** Milliseconds since the epoch when it begins. */
  readonly from: number
  /** When the next one begins. */
  readonly to: number
}

/** The month that was asked for last: nearly always it is asked for again, and to work it out takes microseconds. */
let last: Month = { name: '', from: 0, to: 0 }

/** The month that a moment lies in. Months follow from the time alone: nothing is ever reset. @param at epoch milliseconds */
export function monthOf(at: number): Month {
  if (isIn(last, at)) return last
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const from = Date.UTC(year, month)
  last = { name: new Date(from).toISOString().slice(0, 7), from, to: Date.UTC(year, month + 1) }
  return last
}

export const isIn = (month: Month, at: number): boolean => at >= month.from && at < month.to
