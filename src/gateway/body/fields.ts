/*
 * What judging needs of a body, and no more: the bodies themselves know how they are kept, written anew and sent.
 */

export type Fields = Readonly<Record<string, unknown>>

/** The fields of a JSON object. */
export type JsonFields = {
  /** A string of more than 64 kB is there with its length and its beginning only. */
  readonly fields: Fields
  /** Bytes of the JSON, as it was sent. */
  readonly size: number
  /** The same with every string in full, at the price of parsing everything again; null where it is gone. */
  whole(): Fields | null
}

/** The fields and files of a multipart form. */
export type FormFields = {
  readonly fields: ReadonlyMap<string, string>
  readonly files: readonly { name: string; bytes: number }[]
}

export type JudgedBody = JsonFields | FormFields | null

export const isForm = (body: JsonFields | FormFields): body is FormFields => 'files' in body

/** What JSON calls an object. */
export type JsonObject = Record<string, unknown>

export const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** Letters that some JSON readers, Go's among them, take for others when they look for a field. */
const folding = /[A-Z\u017f\u212a]/
const fold = (key: string) => key.toLowerCase().replaceAll('\u017f', 's')

/** The name that a careless reader sees in a key that is not written like any field; null for all other keys. */
export const lookalike = (key: string): string | null => (folding.test(key) ? fold(key) : null)

/** Neither left out nor null, which mean the same to the original. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null
