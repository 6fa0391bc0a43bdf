/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (values: readonly number[]) => quantile(values, 0.5)

export const round = (value: number, digits = 0) => value.toFixed(digits)

export const medianOf = <T>(rounds: readonly T[], value: (one: T) => number) => median(rounds.map(value))

/** The median of a ratio, and what it was in each round: how far to trust it. */
export function ratio<T>(rounds: readonly T[], value: (one: T) => number): string {
  return `${round(medianOf(rounds, value), 2)} (rounds: ${rounds.map((one) => round(value(one), 2)).join(' ')})`
}

/** The median of so many milliseconds, as microseconds. */
export function added<T>(rounds: readonly T[], ms: (one: T) => number): string {
  return `${round(medianOf(rounds, ms) * 1000)} us`
}

/**
 * The median of a ratio; in brackets, between what it lies with a certainty of 95 % by the order of the values alone; then the
 * least and the most that it was.
 */
export function spread<T>(rounds: readonly T[], value: (one: T) => number): string {
  const sorted = rounds.map(value).sort((a, b) => a - b)
  const last = sorted.length - 1
  const reach = 0.98 * Math.sqrt(sorted.length)
  const at = (rank: number) => round(sorted[Math.min(last, Math.max(0, Math.round(rank)))] ?? Number.NaN, 2)
  return `${at(last / 2)} (${at(last / 2 - reach)} to ${at(last / 2 + reach)}), ${at(0)} to ${at(last)}`
}
