import { malformedJson } from '../../contract/error.ts'
import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from '../../core/json-bytes.ts'
import { misread } from './json-counted.ts'
import type { Cuts } from './json-cuts.ts'

/** Objects and lists within each other: more than any schema needs, few enough that whoever walks them may recurse. */
export const MAX_DEPTH = 256

/** Values in one body. The original takes 300,000 tokens of input, which may be sent as numbers. */
export const MAX_VALUES = 500_000

/** Names in one body: objects with very many of them take hundreds of milliseconds to parse. */
export const MAX_NAMES = 20_000

/** Bytes between the quotes above which a string is long: it is judged by its beginning and its length. */
export const LONG_STRING = 65_536

/** Where a long string stands, its quotes included, and how many UTF-16 units it has: its `length`. */
export type LongString = { start: number; end: number; units: number }

/** Where a member of the outermost object stands; its key's quotes are included. */
export type Span = { keyStart: number; keyEnd: number; valueStart: number; valueEnd: number }

/** Bytes within a string that need no look: ASCII without quote, backslash and control characters. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
)
/** Bytes outside of strings that say nothing of the structure: numbers and words. */
const DULL = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte > 0x20 && !'"{}[],:'.includes(String.fromCharCode(byte)) ? 1 : 0,
)
/** What may stand behind a backslash, besides `u`. */
const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) => ('"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0))
const HEX = Uint8Array.from({ length: 256 }, (_, byte) => (/[0-9a-f]/i.test(String.fromCharCode(byte)) ? 1 : 0))

/**
 * Finds in the bytes of a JSON object where its members stand, how many names and values there are at all depths, and where
 * the long strings are. One pass, no recursion, and it goes on where it stopped, so a body is scanned as it arrives.
 * It proves strings (escapes, no control characters) but not the rest of the grammar, nor UTF-8: what it found holds only if
 * `JSON.parse` accepts the text, in which long strings may be replaced by others.
 */
export class JsonScan {
  /** Of the members of the outermost object, in turn: as plain numbers, since there may be very many. */
  readonly #spans: number[] = []
  readonly long: LongString[] = []
  /** Names in all objects together. */
  names = 0
  /** Values of all kinds, or a few more. */
  values = 0
  /** Whether no byte so far was above 127 within a string. */
  ascii = true
  #at = 0
  #depth = 0
  #done = false
  /** Where the string begins that the scan stands in; -1 outside. */
  #string = -1
  /** Bytes of that string that are no unit of it: continuation bytes, what escapes are written with. */
  #extra = 0
  #keyStart = -1
  #keyEnd = -1
  #valueStart = -1
  /** Whether the next thing at depth one is a member's value. */
  #awaitsValue = false

  /** Where the outermost object closes. */
  closedAt = -1
  /** Where the last string stands that has ended: before a colon it is a name. */
  #lastStart = -1
  #lastEnd = -1
  /** Where it can be cut, if that is wanted: of a text that is small nobody asks. */
  readonly cuts: Cuts | null

  constructor(cuts: Cuts | null = null) {
    this.cuts = cuts
  }

  /** How many members the outermost object has. */
  get members(): number {
    return this.#spans.length / 4
  }

  span(index: number): Span {
    const at = (offset: number) => this.#spans[index * 4 + offset] as number
    return { keyStart: at(0), keyEnd: at(1), valueStart: at(2), valueEnd: at(3) }
  }

  /**
   * Goes on up to `end`. What is left of an escape that `end` cuts through waits for more.
   * @throws ApiError 400 for what no JSON object can begin with, too deep or too many
   */
  scan(bytes: Uint8Array, end: number): void {
    while (this.#at < end) {
      if (this.#string < 0) this.#structure(bytes, end)
      else if (!this.#inString(bytes, end)) return
    }
  }

  /** @throws ApiError 400 where the bytes so far are not a whole object */
  finish(): void {
    if (!this.#done) throw malformedJson()
  }

  /** Goes on outside of strings until one begins. */
  #structure(bytes: Uint8Array, end: number) {
    let at = this.#at
    for (; at < end; at++) {
      const byte = bytes[at] as number
      if (byte <= 0x20) continue
      if (this.#depth === 0 && (this.#done || byte !== OPEN_OBJECT)) throw malformedJson()
      if (this.#awaitsValue && this.#depth === 1) {
        this.#valueStart = at
        this.#awaitsValue = false
      }
      if (byte === QUOTE) {
        if (this.#depth === 1 && this.#keyStart < 0) this.#keyStart = at
        this.#string = at
        this.#extra = 0
        at++
        break
      }
      if (byte === COLON) this.#colon(bytes)
      else if (byte === COMMA) {
        this.#count()
        if (this.#depth === 1) this.#memberEnds(bytes, at)
        this.cuts?.comma(this.#depth, at)
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        this.#count()
        if (++this.#depth > MAX_DEPTH) throw malformedJson(`It is nested more than ${MAX_DEPTH} levels deep.`)
        this.cuts?.opens(this.#depth, byte)
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (this.#depth === 1) {
          if (this.#keyStart >= 0) this.#memberEnds(bytes, at)
          this.#done = true
          this.closedAt = at
        }
        this.#depth--
      } else at = skip(DULL, bytes, at + 1, end) - 1
    }
    this.#at = at
  }

  /** Goes on in a string. @returns false where the rest of an escape is still to come */
  #inString(bytes: Uint8Array, end: number): boolean {
    let at = this.#at
    let extra = this.#extra
    for (; at < end; ) {
      const byte = bytes[at] as number
      if (PLAIN[byte] === 1) at = skip(PLAIN, bytes, at + 1, end)
      else if (byte === QUOTE) {
        this.#stringEnds(at + 1, extra)
        this.#at = at + 1
        return true
      } else if (byte === BACKSLASH) {
        const length = escapeLength(bytes, at, end)
        if (length === 0) break
        extra += length - 1
        at += length
      } else {
        if (byte < 0x20) throw malformedJson()
        this.ascii = false
        // A character of four bytes has two units, any other one.
        if (byte < 0xc0) extra++
        else if (byte >= 0xf0) extra--
        at++
      }
    }
    this.#at = at
    this.#extra = extra
    return at >= end
  }

  #stringEnds(end: number, extra: number) {
    const start = this.#string
    const length = end - start - 2
    if (length > LONG_STRING) this.long.push({ start, end, units: length - extra })
    if (this.#depth === 1 && start === this.#keyStart) this.#keyEnd = end
    this.#lastStart = start
    this.#lastEnd = end
    this.#string = -1
  }

  #colon(bytes: Uint8Array) {
    // Before it is parsed: what reads such a name once takes others for it from then on.
    if (endsWithBackslash(bytes, this.#lastEnd - 1)) throw misread()
    if (++this.names > MAX_NAMES) throw malformedJson(`It holds more than ${MAX_NAMES} names.`)
    this.cuts?.named(this.#depth, this.#lastStart, this.#lastEnd)
    if (this.#depth !== 1) return
    // A member that has a value already, or no name, is no JSON.
    if (this.#keyStart < 0 || this.#valueStart >= 0) throw malformedJson()
    this.#awaitsValue = true
  }

  #memberEnds(bytes: Uint8Array, at: number) {
    // The end itself was taken for the value where there is none.
    if (this.#keyStart < 0 || this.#valueStart < 0 || this.#valueStart === at) throw malformedJson()
    let end = at
    while ((bytes[end - 1] as number) <= 0x20) end--
    this.#spans.push(this.#keyStart, this.#keyEnd, this.#valueStart, end)
    this.#keyStart = -1
    this.#valueStart = -1
  }

  #count() {
    if (++this.values > MAX_VALUES) throw malformedJson(`It holds more than ${MAX_VALUES} values.`)
  }
}

/** Where the first byte stands that is not in the table. On its own, it is compiled into the few instructions that it is. */
function skip(table: Uint8Array, bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && table[bytes[at] as number] === 1) at++
  return at
}

/** Whether a string ends with a backslash, as itself or by its number. @param quote where it ends; before it is no string, where there is none */
function endsWithBackslash(bytes: Uint8Array, quote: number): boolean {
  const last = bytes[quote - 1]
  if (last === BACKSLASH) return true
  // `\u005c`
  if (last !== 0x63 && last !== 0x43) return false
  return [BACKSLASH, 0x75, 0x30, 0x30, 0x35].every((byte, i) => bytes[quote - 6 + i] === byte)
}

/** How many bytes the escape at `at` has; 0 where they have not all come yet. */
function escapeLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return 0
  const letter = bytes[at + 1] as number
  if (ESCAPED[letter] === 1) return 2
  if (letter !== 0x75) throw malformedJson()
  if (at + 6 > end) return 0
  for (let i = at + 2; i < at + 6; i++) if (HEX[bytes[i] as number] !== 1) throw malformedJson()
  return 6
}
