/*
 * What is text where it stands, in a query or a form, and means something else.
 */

/** A switch, as languages write it: `true`, `True`, `1`. Null for what is none. */
export function writtenBoolean(text: string): boolean | null {
  const word = text.length > 5 ? '' : text.toLowerCase()
  if (word === 'true' || word === '1') return true
  return word === 'false' || word === '0' ? false : null
}

/** A whole number in digits, and nothing else: what reads more (blanks, signs, exponents, other digits) reads it in its own way. */
export const writtenNumber = (text: string): number | null => (/^-?\d{1,30}$/.test(text) ? Number(text) + 0 : null)
