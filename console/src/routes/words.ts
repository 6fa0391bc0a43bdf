import type { SearchSchemaInput } from '@tanstack/react-router'

/*
 * What stands in an address is all of a page's state, so that each can be sent to a colleague; what an address says that is no such
 * thing is passed over.
 */

/** What an address says, whatever it is; a link may leave all of it out. */
export type Words = Record<string, unknown> & SearchSchemaInput

export const word = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** Seconds. */
export const moment = (value: unknown) => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : undefined)

export const oneOf =
  <const T extends string | number>(...values: T[]) =>
  (value: unknown): T | undefined =>
    values.find((one) => one === value)

export type Paged = { after?: string | undefined }
export const paged = ({ after }: Words): Paged => ({ after: word(after) })

export type Named = Paged & { name?: string | undefined }
export const named = (words: Words): Named => ({ ...paged(words), name: word(words.name) })
