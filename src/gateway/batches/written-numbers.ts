import type { JsonObject } from '../body/fields.ts'

/*
 * A number is judged as a double. It is sent as it was written: one of more digits than a double holds, as those of a `seed` or in `metadata`, is
 * another one otherwise, and `1.0` is an integer to some readers and none to others.
 */

/** What can stand in a text for a number that is written otherwise than it came. Within a string it costs time, and nothing else. */
const OTHERWISE = /[\d.]{16}|\d[eE]|\.\d*0(?!\d)|-0(?![.\d])/

/** What the compiler does not know yet: that a reviver is told how a number came, and that one can be written so. */
type Reviver = (name: string, value: unknown, context: { source?: string }) => unknown
const parseWith = JSON.parse as (text: string, reviver: Reviver) => unknown
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON: (text: string) => { rawJSON: string }
  isRawJSON: (value: unknown) => value is { rawJSON: string }
}

/**
 * Remembers how the numbers of a body came.
 * @param bytes the JSON of an object that has it as `body`, which is known to be one @param ascii the same, read as Latin-1
 * @returns what writes a body that was judged, and perhaps changed, with each number as it came that is still the same: whatever was remembered,
 * what is written is read as what was judged. Null where none is written otherwise than it came
 */
export function writtenNumbers(bytes: Buffer, ascii: string): ((judged: JsonObject) => unknown) | null {
  if (!OTHERWISE.test(ascii)) return null
  const line = parseWith(bytes.toString(), (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined && source !== JSON.stringify(value) ? rawJSON(source) : value,
  ) as { body: unknown }
  return (judged) => asWritten(judged, line.body)
}

/** All of it is what was judged: of what came it has the text of numbers alone, each of which is the same number. */
function asWritten(judged: unknown, came: unknown): unknown {
  if (typeof judged === 'number') return isRawJSON(came) && Object.is(Number(came.rawJSON), judged) ? came : judged
  if (typeof judged !== 'object' || judged === null || typeof came !== 'object' || came === null) return judged
  const within = (name: string | number, value: unknown) =>
    asWritten(value, Object.hasOwn(came, name) ? Reflect.get(came, name) : undefined)
  if (Array.isArray(judged)) return judged.map((value, i) => within(i, value))
  return Object.fromEntries(Object.entries(judged).map(([name, value]) => [name, within(name, value)]))
}
