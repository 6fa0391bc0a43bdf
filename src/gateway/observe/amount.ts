/** More than any one call can use: a number beyond it is a mistake and not a measurement. */
const MOST = 1_000_000_000

/** Servers that keep their numbers as decimals write them as text. */
const WRITTEN = /^ *\d{1,10}(\.\d*)? *$/

/** A whole number from 0 on, be it written as text; a fraction counts as one more, and null is what cannot be an amount. */
export function amount(value: unknown): number | null {
  const number = typeof value === 'string' && WRITTEN.test(value) ? Number(value) : value
  return typeof number === 'number' && number >= 0 && number <= MOST ? Math.ceil(number) || 0 : null
}
