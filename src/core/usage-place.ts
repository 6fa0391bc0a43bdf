import { type Interval, pageStart, pageToken } from './usage.ts'
import type { Dimension } from './usage-entry.ts'

/** Where a page of a report begins: with a bucket, or within one, behind the group that its dimensions name. */
export type Place = { from: number; after: (string | number)[] | null }

/** A cursor names its bucket in so many characters of base64url; a group follows them. */
const BUCKET = pageToken(0, 0, 0).length
/** Characters of the longest cursor: five times what the longest names make. */
const LONGEST = 16_384

/** A cursor to a place. @param start of the whole report, in Unix seconds @param width of its buckets */
export function placeToken(
  start: number,
  width: number,
  { from, after }: Place,
  groupBy: readonly Dimension[],
): string {
  const bucket = pageToken(start, width, from)
  if (after === null) return bucket
  return bucket + Buffer.from(JSON.stringify([groupBy, after])).toString('base64url')
}

/** The place that a cursor names; null for text that is no cursor of this query. */
export function placeOf(token: string, window: Interval, width: number, groupBy: readonly Dimension[]): Place | null {
  const text = token.replace(/(=|%3D)+$/i, '')
  if (text.length > LONGEST) return null
  if (text.length <= BUCKET) {
    const from = pageStart(text, window, width)
    return from === null ? null : { from, after: null }
  }
  const bucket = text.slice(0, BUCKET)
  // A bucket that goes on may be the first one, whose beginning is no edge.
  const from = bucket === pageToken(window.from, width, window.from) ? window.from : pageStart(bucket, window, width)
  const after = groupIn(text.slice(BUCKET), groupBy)
  return from === null || after === null ? null : { from, after }
}

function groupIn(text: string, groupBy: readonly Dimension[]): (string | number)[] | null {
  try {
    const [names, values]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString())
    const isOurs = JSON.stringify(names) === JSON.stringify(groupBy) && groupBy.length > 0
    if (!isOurs || !Array.isArray(values) || values.length !== groupBy.length) return null
    return groupBy.every((name, i) => isValue(name, values[i])) ? values : null
  } catch {
    return null
  }
}

/** No stored value has a control character, and a database may refuse to look for one. */
const isValue = (name: Dimension, value: unknown) =>
  name === 'batch' ? value === 0 || value === 1 : typeof value === 'string' && !/\p{Cc}|\p{Cs}/u.test(value)
