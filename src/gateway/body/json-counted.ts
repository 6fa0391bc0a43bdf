import { malformedJson } from '../../contract/error.ts'
import { BACKSLASH } from '../../core/json-bytes.ts'
import { define, type Fields } from './json-slices.ts'

/**
 * Told of a name that ends with a backslash. Node 26 takes a name that is written with an escape (`\u006dodel`) for such a one where it has
 * read that before in an object of the same shape: what a model server reads as `model` the rules would never see.
 */
export const misread = () =>
  malformedJson('A name in it ends with a backslash, and not all who read JSON take it for the same.')

/** @throws ApiError 400 for what is no JSON */
export function parseObject(text: string): Fields {
  try {
    return JSON.parse(text)
  } catch {
    throw malformedJson()
  }
}

/** Parses objects, and counts their members: fewer than there are names in the text where one name replaced another. */
export class Counted {
  /** Of all objects within, at any depth. */
  members = 0
  readonly #swap: ((text: string) => string) | null

  /** @param swap what a string stands for, where some stand for others */
  constructor(swap: ((text: string) => string) | null) {
    this.#swap = swap
  }

  /** @throws ApiError 400 for what is no JSON */
  parse(text: string): Fields {
    const fields = parseObject(text)
    this.members += countMembers(fields, this.#swap)
    return fields
  }
}

function countMembers(value: Fields | unknown[], swap: ((text: string) => string) | null): number {
  let count = 0
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (typeof item === 'object' && item !== null) count += countMembers(item as Fields | unknown[], swap)
      else if (swap !== null && typeof item === 'string') value[i] = swap(item)
    }
    return count
  }
  for (const name in value) {
    if (name.charCodeAt(name.length - 1) === BACKSLASH) throw misread()
    count++
    const item = value[name]
    if (typeof item === 'object' && item !== null) count += countMembers(item as Fields | unknown[], swap)
    else if (swap !== null && typeof item === 'string') define(value, name, swap(item))
  }
  return count
}
