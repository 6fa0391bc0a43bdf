const NANOS = 1_000_000_000

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
