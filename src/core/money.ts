/** Nano-dollars in a dollar. */
export const NANOS = 1_000_000_000

/**
 * An amount as a JSON number of dollars. Amounts are kept and added up as whole nano-dollars, which is exact; this is the one
 * step out of integers, and rounds once, to the nearest number there is.
 * @param dollars whole ones
 * @param nanos the rest in nano-dollars, 0 to 999 999 999
 */
export function usd(dollars: number, nanos: number): number {
  const total = dollars * NANOS + nanos
  if (Number.isSafeInteger(total)) return total / NANOS
  return Number(`${dollars}.${String(nanos).padStart(9, '0')}`)
}

/** Nano-dollars in a cent: limits and alerts are set in cents. */
export const NANOS_PER_CENT = 10_000_000n

/** An amount in cents, a begun one as a whole. @param nano nano-dollars */
export const begunCents = (nano: bigint): number => Number((nano + NANOS_PER_CENT - 1n) / NANOS_PER_CENT)

/** An amount for people: `$12.50`, with more than two decimals only where they are not zero. @param nano nano-dollars */
export function dollarText(nano: bigint): string {
  const decimals = (nano % BigInt(NANOS)).toString().padStart(9, '0')
  return `$${nano / BigInt(NANOS)}.${decimals.slice(0, 2)}${decimals.slice(2).replace(/0+$/, '')}`
}
