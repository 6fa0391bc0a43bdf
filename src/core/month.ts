/** A calendar month, UTC: what spend limits and alerts count in. */
export type Month = {
  /** `2026-11`. */
  readonly name: string
  /** Milliseconds since the epoch when it begins. */
  readonly from: number
  /** When the next one begins. */
  readonly to: number
}

/** The month that a moment lies in. Months follow from the time alone: nothing is ever reset. @param at epoch milliseconds */
export function monthOf(at: number): Month {
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const from = Date.UTC(year, month)
  return { name: new Date(from).toISOString().slice(0, 7), from, to: Date.UTC(year, month + 1) }
}

export const isIn = (month: Month, at: number): boolean => at >= month.from && at < month.to
