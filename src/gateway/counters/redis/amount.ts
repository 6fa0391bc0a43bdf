/** Nano-dollars as whole dollars and the rest, since a sum of them in one number would not be exact. */
export type Amount = readonly [dollars: number, nano: number]

const DOLLAR = 1_000_000_000

/** @param nano a whole number, at least 0 */
export function amountOf(nano: number | bigint): Amount {
  if (typeof nano === 'bigint') return [Number(nano / BigInt(DOLLAR)), Number(nano % BigInt(DOLLAR))]
  const rest = nano % DOLLAR
  return [(nano - rest) / DOLLAR, rest]
}

export function plus([dollars, nano]: Amount, [more, moreNano]: Amount): Amount {
  const sum = nano + moreNano
  return sum < DOLLAR ? [dollars + more, sum] : [dollars + more + 1, sum - DOLLAR]
}

/** A limit in cents. */
export const amountOfCents = (cents: number): Amount => [Math.floor(cents / 100), (cents % 100) * 10_000_000]
