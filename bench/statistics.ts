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
