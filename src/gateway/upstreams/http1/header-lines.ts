/*
 * What the lines of a head are made of (RFC 9110, 5.6.2 and 5.5), read strictly: a line ends with CR and LF, none is folded, no
 * space stands before a colon, and no control character anywhere but the tab within a value.
 */

export const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
export const VALUE = '[\\t\\x20-\\x7e\\x80-\\xff]*'
export const LINE_END = '\r\n'

/** Bytes of a head, at most, and of all that stands between a reply's chunks and behind them. */
export const MOST_HEAD = 16_384

const [TAB, SPACE] = [0x09, 0x20]

/** A part of a text, without the blanks around it. The language's own `trim` takes more for blanks than HTTP does. */
export function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isBlank = (code: number) => code === SPACE || code === TAB
