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
import type { Want } from '../routes/want.ts'

/** `none`: something else stands where the list should be. */
export type ListStep = 'open' | 'element' | 'close' | 'none'

/** Who is told what is found, in the order of the text. */
export interface JsonSink {
  kept(name: string, value: unknown): void
  /** A piece of a string, still escaped as JSON has it. The bytes are good until this returns. */
  text(channel: number, bytes: Buffer, from: number, to: number): void
  list(name: string, step: ListStep): void
}

/** Bytes of the longest value that is kept, and of the longest key that is known. */
const MOST_KEPT = 16_384
const MOST_KEY = 32

/** What is expected next, or what the next byte is in the middle of; numbers, for they are compared at every byte. */
const [VALUE, FIRST, KEY, IN_KEY, COLON_NEXT, STRING, SCALAR, SKIP, AFTER, DONE, BROKEN] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
]

/**
 * Reads a JSON object as its bytes come, cut anywhere, and tells what is wanted of it. It costs one look at each byte, long
 * strings less, and keeps nothing but the value it is in the middle of: an image reply may be 20 MB of base64 before its
 * usage. Broken text is never an error: what was found before stands, and nothing more is found.
 */
export class JsonWatch {
  readonly #root: Want
  readonly #sink: JsonSink
  #mode = VALUE
  /** The wanted lists and objects that are open, never deeper than the tree of wants, and which of them are lists. */
  readonly #open: Want[] = []
  readonly #lists: boolean[] = []
  /** What is wanted of the value that comes next or that is being read. */
  #want: Want | null
  /** Within a value that is skipped: how deep, and whether in a string. */
  #depth = 0
  #inString = false
  /** Whether the byte before was a backslash that escapes the next one. */
  #escaped = false
  /** Whether a key or a kept value is being read, and what came of it in earlier pieces. */
  #holding = false
  #held: Buffer[] = []
  #heldBytes = 0
  /** Where in these bytes the key or the kept value goes on. */
  #from = 0
  /** Where it broke in the bytes that were pushed last. */
  brokenAt = 0
  /** The byte that the text began with, where it was no object. */
  refused: number | null = null

  constructor(root: Want, sink: JsonSink) {
    this.#root = root
    this.#want = root
    this.#sink = sink
  }

  /** Whether nothing has come but space. */
  get isBlank(): boolean {
    return this.#mode === VALUE && this.#open.length === 0
  }

  get finished(): boolean {
    return this.#mode === DONE
  }

  get broken(): boolean {
    return this.#mode === BROKEN
  }

  /** Begins another text. */
  reset(): void {
    this.#mode = VALUE
    this.refused = null
    this.#open.length = 0
    this.#want = this.#root
    this.#inString = false
    this.#escaped = false
    this.#holding = false
  }

  push(bytes: Buffer, from: number, to: number): void {
    this.#from = from
    for (let i = from; i < to; ) i = this.#step(bytes, i, to)
    if (this.#holding) this.#hold(bytes, to)
  }

  /** Reads on at `i`, and says where the next step begins: always further on, but where a number ends. */
  #step(bytes: Buffer, i: number, to: number): number {
    const byte = bytes[i] ?? 0
    switch (this.#mode) {
      case STRING:
        return this.#string(bytes, i, to)
      case IN_KEY:
        return this.#inKey(bytes, i, to)
      case SCALAR:
        return this.#scalar(bytes, i, to)
      case SKIP:
        return this.#skip(bytes, i, to)
      case BROKEN:
        return to
    }
    if (isSpace(byte)) return i + 1
    switch (this.#mode) {
      case VALUE:
        return this.#value(bytes, i, to)
      case COLON_NEXT:
        return this.#go(byte === COLON, VALUE, i)
      case AFTER:
        return this.#after(byte, i)
      case FIRST:
        if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) return this.#after(byte, i)
        return this.#lists[this.#open.length - 1] ? this.#value(bytes, i, to) : this.#key(bytes, i, to)
      case KEY:
        return this.#key(bytes, i, to)
      default:
        return this.#go(false, BROKEN, i)
    }
  }

  #go(right: boolean, mode: number, i: number): number {
    this.#mode = right ? mode : BROKEN
    if (!right) {
      this.#holding = false
      this.brokenAt = i
    }
    return i + 1
  }

  #key(bytes: Buffer, i: number, to: number): number {
    if (bytes[i] !== QUOTE) return this.#go(false, BROKEN, i)
    this.#begin(i + 1)
    this.#mode = IN_KEY
    return this.#inKey(bytes, i + 1, to)
  }

  #inKey(bytes: Buffer, i: number, to: number): number {
    const end = this.#stringEnd(bytes, i, to)
    if (end === to) return to
    this.#want = this.#member(bytes, end)
    if (bytes[end + 1] !== COLON || end + 1 >= to) return this.#go(true, COLON_NEXT, end)
    return this.#go(true, VALUE, end + 1)
  }

  #value(bytes: Buffer, i: number, to: number): number {
    const byte = bytes[i] ?? 0
    const depth = this.#open.length
    if (depth === 0 && byte !== OPEN_OBJECT) {
      this.refused = byte
      return this.#go(false, BROKEN, i)
    }
    if (depth > 0 && this.#lists[depth - 1]) this.#element()
    const want = this.#want
    if (want !== null) {
      if (want.list !== undefined && byte !== OPEN_LIST) this.#sink.list(want.list, 'none')
      if (want.keep !== undefined) this.#begin(i)
      else if (byte === OPEN_OBJECT && want.members) return this.#enter(want, false, i)
      else if (byte === OPEN_LIST && want.each) return this.#enter(want, true, i)
    }
    if (byte === QUOTE) {
      this.#mode = STRING
      return this.#string(bytes, i + 1, to)
    }
    if (byte !== OPEN_OBJECT && byte !== OPEN_LIST) {
      this.#go(isScalar(byte), SCALAR, i)
      return i + 1
    }
    this.#depth = 1
    this.#mode = SKIP
    return this.#skip(bytes, i + 1, to)
  }

  #element(): void {
    const list = this.#open[this.#open.length - 1]
    this.#want = list?.each ?? null
    if (list?.list !== undefined) this.#sink.list(list.list, 'element')
  }

  #enter(want: Want, list: boolean, i: number): number {
    this.#lists[this.#open.length] = list
    this.#open.push(want)
    if (list && want.list !== undefined) this.#sink.list(want.list, 'open')
    return this.#go(true, FIRST, i)
  }

  #after(byte: number, i: number): number {
    const list = this.#lists[this.#open.length - 1]
    if (byte === COMMA) return this.#go(true, list ? VALUE : KEY, i)
    if (byte !== (list ? CLOSE_LIST : CLOSE_OBJECT)) return this.#go(false, BROKEN, i)
    const want = this.#open.pop()
    if (list && want?.list !== undefined) this.#sink.list(want.list, 'close')
    return this.#go(true, this.#open.length === 0 ? DONE : AFTER, i)
  }

  #string(bytes: Buffer, i: number, to: number): number {
    const end = this.#stringEnd(bytes, i, to)
    const channel = this.#want?.text
    if (channel !== undefined && end > i) this.#sink.text(channel, bytes, i, end)
    return end === to ? to : this.#ended(bytes, end + 1)
  }

  #scalar(bytes: Buffer, from: number, to: number): number {
    let i = from
    while (i < to && isScalar(bytes[i] ?? 0)) i++
    return i === to ? to : this.#ended(bytes, i)
  }

  /** Where the string ends that `i` is in: at its quote, or at `to` if that has not come yet. */
  #stringEnd(bytes: Buffer, from: number, to: number): number {
    let i = from
    if (this.#escaped) {
      this.#escaped = false
      i++
    }
    while (i < to) {
      // Most strings are short, and a call into native code costs more than they do.
      for (const near = Math.min(to, i + 64); i < near; i++) {
        const byte = bytes[i]
        if (byte === QUOTE) return i
        if (byte === BACKSLASH) i++
      }
      if (i >= to) break
      const quote = bytes.indexOf(QUOTE, i)
      const end = quote < 0 || quote > to ? to : quote
      let slashes = 0
      while (end - slashes > i && bytes[end - slashes - 1] === BACKSLASH) slashes++
      if (end === to) {
        this.#escaped = slashes % 2 === 1
        return to
      }
      if (slashes % 2 === 0) return end
      i = end + 1
    }
    this.#escaped = i > to
    return to
  }

  /** In an object or a list that nothing is wanted of. */
  #skip(bytes: Buffer, from: number, to: number): number {
    for (let i = from; i < to; i++) {
      if (this.#inString) {
        i = this.#stringEnd(bytes, i, to)
        if (i >= to) return to
        this.#inString = false
        continue
      }
      const byte = bytes[i] ?? 0
      if (byte === QUOTE) this.#inString = true
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth++
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --this.#depth === 0) return this.#ended(bytes, i + 1)
    }
    return to
  }

  /** The value ended before `end`. */
  #ended(bytes: Buffer, end: number): number {
    const name = this.#want?.keep
    if (name !== undefined && this.#holding) this.#tell(name, bytes, end)
    this.#mode = AFTER
    return end
  }

  #tell(name: string, bytes: Buffer, end: number): void {
    const digit = (bytes[this.#from] ?? 0) - 0x30
    if (this.#held.length === 0 && end - this.#from === 1 && digit >= 0 && digit <= 9) {
      // The index of a choice, in every event.
      this.#holding = false
      this.#sink.kept(name, digit)
      return
    }
    const value = this.#taken(bytes, end, MOST_KEPT)
    // The commonest value there is: `"usage":null` in every event but the last.
    if (value === null || value[0] === 0x6e) return
    try {
      this.#sink.kept(name, JSON.parse(value.toString('utf8')))
    } catch {
      // Brackets matched and the rest did not: it says nothing.
    }
  }

  #member(bytes: Buffer, end: number): Want | null {
    const members = this.#open[this.#open.length - 1]?.members ?? []
    if (this.#held.length === 0) {
      this.#holding = false
      for (const { key, want } of members) if (isKey(key, bytes, this.#from, end)) return want
      return null
    }
    const whole = this.#taken(bytes, end, MOST_KEY)
    if (whole === null) return null
    for (const { key, want } of members) if (key.equals(whole)) return want
    return null
  }

  #begin(at: number): void {
    this.#holding = true
    this.#from = at
    if (this.#held.length === 0 && this.#heldBytes === 0) return
    this.#held = []
    this.#heldBytes = 0
  }

  /** Copies what has come, so that a few bytes do not keep a whole read of the socket in memory. */
  #hold(bytes: Buffer, to: number): void {
    this.#heldBytes += to - this.#from
    if (this.#heldBytes <= MOST_KEPT) this.#held.push(Buffer.from(bytes.subarray(this.#from, to)))
  }

  /** What was begun, up to here; null where it is too long. */
  #taken(bytes: Buffer, end: number, most: number): Buffer | null {
    const held = this.#held
    this.#holding = false
    if (this.#heldBytes + end - this.#from > most) return null
    const last = bytes.subarray(this.#from, end)
    return held.length === 0 ? last : Buffer.concat([...held, last])
  }
}

/** Compared in place: a view of the bytes would cost more than the comparison. */
function isKey(key: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (key.length !== to - from) return false
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[from + i]) return false
  return true
}

const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

/** Of a number, `true`, `false` or `null`. */
function isScalar(byte: number): boolean {
  const isDigit = byte >= 0x30 && byte <= 0x39
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
  return isDigit || isLetter || byte === 0x2d || byte === 0x2b || byte === 0x2e
}
