import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { ApiError, malformedJson } from '../../contract/error.ts'
import { BACKSLASH } from '../../core/json-bytes.ts'
import type { JsonScan, LongString } from './json-scan.ts'

type Fields = Record<string, unknown>

/** Characters of a long string that its stand-in begins with. */
const SHOWN = 64
/** Fewest units that a long string can have: six bytes for each of them. */
const FEWEST_UNITS = 10_000
/** What stands-in are filled with. */
const FILLER = '.'

/**
 * The fields of a scanned JSON object. In place of each long string stands one of the same `length` that begins with the same
 * 64 characters: megabytes of an image are neither decoded nor copied, and whoever counts characters counts the same.
 * A stand-in is a rope: asking for its `length`, or whether it equals a short text, costs nothing; whatever reads characters of
 * it lays it out in full. Objects have their usual prototype, and a member `__proto__` is a member like any other.
 */
export class JsonText {
  fields: Fields
  #bytes: Buffer | null
  readonly #long: readonly LongString[]
  /** What marks the stand-ins of this body; no client can know it. */
  readonly #mark: string

  /**
   * @throws ApiError 400 for what is no JSON object in UTF-8, and for an object at any depth that has two members of one name:
   * readers differ in which of them they take
   */
  constructor(bytes: Buffer, scan: JsonScan) {
    scan.finish()
    if (!scan.ascii && !isUtf8(bytes)) throw malformedJson('It is not encoded in UTF-8.')
    this.#bytes = bytes
    this.#long = scan.long
    this.#mark = this.#long.length === 0 ? '' : randomBytes(12).toString('hex')
    const decode = (start: number, end: number) => bytes.toString(scan.ascii ? 'latin1' : 'utf8', start, end)
    const isShort = this.#long.length === 0
    this.fields = parseObject(isShort ? decode(0, bytes.length) : this.#shortened(bytes.length, decode))
    const swap = isShort ? null : (text: string) => this.#standIn(bytes, text)
    if (countMembers(this.fields, swap) !== scan.names) throw duplicate(bytes, scan)
  }

  /** Whether there are stand-ins. */
  get shortened(): boolean {
    return this.#long.length > 0
  }

  /** Everything as it was sent, with the long strings in full: megabytes are parsed at once. Once released, `fields`. */
  whole(): Fields {
    return this.#bytes === null ? this.fields : parseObject(this.#bytes.toString())
  }

  /** Lets go of the bytes, and of what was parsed from them. */
  release(): void {
    this.#bytes = null
    this.fields = {}
  }

  /** A value as JSON; what stands in for a long string is written as the client wrote that. */
  encode(value: unknown): Buffer[] {
    const bytes = this.#bytes
    if (this.#long.length === 0 || bytes === null) return [Buffer.from(JSON.stringify(value))]
    const text = JSON.stringify(value, (_key, inner) => (typeof inner === 'string' ? this.#markOf(inner) : inner))
    // The marks have an index of four digits and quotes of their own.
    return text.split(new RegExp(`"${this.#mark}:(\\d{4})"`)).flatMap((part, i) => {
      if (i % 2 === 0) return part === '' ? [] : [Buffer.from(part)]
      const { start, end } = this.#long[Number(part)] as LongString
      return [bytes.subarray(start, end)]
    })
  }

  /** The text with marks in place of the long strings. */
  #shortened(length: number, decode: (start: number, end: number) => string): string {
    let text = ''
    let at = 0
    for (const [index, { start, end }] of this.#long.entries()) {
      text += `${decode(at, start)}"${this.#marked(index)}"`
      at = end
    }
    return text + decode(at, length)
  }

  #marked(index: number): string {
    return `${this.#mark}:${String(index).padStart(4, '0')}`
  }

  /** What a mark stands for; any other text as it is. */
  #standIn(bytes: Buffer, text: string): string {
    if (!text.startsWith(this.#mark)) return text
    const long = this.#long[Number(text.slice(this.#mark.length + 1))] as LongString
    const beginning = beginningOf(bytes, long)
    return beginning + FILLER.repeat(long.units - beginning.length - text.length) + text
  }

  /** The mark of a stand-in; any other text as it is. */
  #markOf(text: string): string {
    if (text.length < FEWEST_UNITS) return text
    const end = text.slice(-this.#marked(0).length)
    return end.startsWith(this.#mark) ? end : text
  }
}

function parseObject(text: string): Fields {
  try {
    return JSON.parse(text)
  } catch {
    throw malformedJson()
  }
}

/**
 * The members of all objects within: fewer than there are names in the text where one name replaced another.
 * @param swap what a string stands for, where some stand for others
 */
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
    count++
    const item = value[name]
    if (typeof item === 'object' && item !== null) count += countMembers(item as Fields | unknown[], swap)
    else if (swap !== null && typeof item === 'string') replace(value, name, swap(item))
  }
  return count
}

/** `__proto__` is a member like any other only where it is defined as one. */
function replace(object: Fields, name: string, value: string) {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}

/** The first characters of a long string, cut where no escape and no character is. */
function beginningOf(bytes: Buffer, { start }: LongString): string {
  let end = start + 1
  for (let characters = 0; characters < SHOWN; characters++) {
    if (bytes[end] === BACKSLASH) end += bytes[end + 1] === 0x75 ? 6 : 2
    else end = nextCharacter(bytes, end)
  }
  return JSON.parse(`"${bytes.toString('utf8', start + 1, end)}"`)
}

function nextCharacter(bytes: Buffer, at: number): number {
  let next = at + 1
  while (((bytes[next] as number) & 0xc0) === 0x80) next++
  return next
}

/** Names the parameter where it is a field of the request; where it is deeper, nobody could tell which one is meant. */
function duplicate(bytes: Buffer, scan: JsonScan): ApiError {
  const seen = new Set<string>()
  for (let i = 0; i < scan.members; i++) {
    const { keyStart, keyEnd } = scan.span(i)
    const name: string = JSON.parse(bytes.toString('utf8', keyStart, keyEnd))
    if (seen.has(name)) return duplicateParameter(name)
    seen.add(name)
  }
  return new ApiError('duplicate_parameter', 'An object in the body of your request has two members of the same name.')
}

/** @param name as the client wrote it */
export function duplicateParameter(name: string): ApiError {
  const param = name.slice(0, 200)
  return new ApiError('duplicate_parameter', `Duplicate parameter: '${param}'. It may be given only once.`, { param })
}
