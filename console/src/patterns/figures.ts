const whole = new Intl.NumberFormat()
const dollars = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
})

/** A whole number, as the viewer's country groups it. */
export const figure = (amount: number): string => whole.format(amount)

/** @param cents of a dollar: the API knows no other money */
export const money = (cents: number): string => dollars.format(cents / 100)

/** A digit string with whatever people put between the digits; null where it is no whole number. */
export function wholeNumber(typed: string): number | null {
  const digits = typed.replace(/[\s,._'’]/g, '')
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null
}

/** Dollars as they are typed (`12`, `12.5`, `1,200.00`, with or without `$`) in cents; null where it is no amount. */
export function cents(typed: string): number | null {
  const plain = typed.replace(/[\s,$]/g, '')
  const [, whole, part = ''] = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(plain) ?? []
  return whole === undefined ? null : Number(whole) * 100 + Number(part.padEnd(2, '0'))
}

/** Cents as one would type them: `1250` is `12.50`. */
export const typedDollars = (amount: number): string => (amount / 100).toFixed(2).replace(/\.00$/, '')

const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const

/** How long something takes, in the largest unit that it has one of, rounded up: `40 seconds`. */
export function lasting(ms: number): string {
  const [length, unit] = UNITS.find(([length]) => ms >= length) ?? UNITS[3]
  const style = { style: 'unit', unit, unitDisplay: 'long' } as const
  return new Intl.NumberFormat(undefined, style).format(Math.max(1, Math.ceil(ms / length)))
}
