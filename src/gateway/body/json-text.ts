import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { ApiError, malformedJson } from '../../contract/error.ts'
import { BACKSLASH } from '../../core/json-bytes.ts'
import { Counted, parseObject } from './json-counted.ts'
import { JsonScan, type LongString } from './json-scan.ts'
import { type Fields, inSlices, standing } from './json-slices.ts'

/**
 * The fields of a JSON object that is there whole, every string in full: for what is written anew.
 * @throws ApiError as `JsonText.of` does
 */
export function readWhole(bytes: Buffer): Fields {
  const scan = new JsonScan()
  scan.scan(bytes, bytes.length)
  scan.finish()
  if (!scan.ascii && !isUtf8(bytes)) throw malformedJson('It is not encoded in UTF-8.')
  const found = new Counted(null)
  const fields = found.parse(bytes.toString(scan.ascii ? 'latin1' : 'utf8'))
  if (found.members !== scan.names) throw duplicate(bytes, scan)
  return fields
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

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
  fields: Fields = {}
  #bytes: Buffer | null
  readonly #scan: JsonScan
  readonly #long: readonly LongString[]
  /** What marks the stand-ins of this body; no client can know it. */
  readonly #mark: string

  private constructor(bytes: Buffer, scan: JsonScan) {
    scan.finish()
    if (!scan.ascii && !isUtf8(bytes)) throw malformedJson('It is not encoded in UTF-8.')
    this.#bytes = bytes
    this.#scan = scan
    this.#long = scan.long
    this.#mark = this.#long.length === 0 && !scan.cuts?.found.length ? '' : randomBytes(12).toString('hex')
  }

  /**
   * @throws ApiError 400 for what is no JSON object in UTF-8, and for an object at any depth that has two members of one name:
   * readers differ in which of them they take
   */
  static of(bytes: Buffer, scan: JsonScan): JsonText {
    const text = new JsonText(bytes, scan)
    const found = new Counted(text.#swap(bytes))
    text.fields = found.parse(text.#shortened(bytes, 0, bytes.length))
    if (found.members !== scan.names) throw duplicate(bytes, scan)
    return text
  }

  /**
   * The same of a text that was scanned for where it can be cut: it is parsed in slices, and others have their turn in between.
   * @throws ApiError as `of` does, in what it rejects with
   */
  static async inTurns(bytes: Buffer, scan: JsonScan): Promise<JsonText> {
    const cuts = scan.cuts?.found ?? []
    if (cuts.length === 0) return JsonText.of(bytes, scan)
    const text = new JsonText(bytes, scan)
    const found = new Counted(text.#swap(bytes))
    const slices = inSlices(bytes, cuts, text.#mark, {
      text: (start, end) => text.#shortened(bytes, start, end),
      parse: (slice) => found.parse(slice),
      twice: () => found.members--,
    })
    let slice = slices.next()
    for (; !slice.done; slice = slices.next()) await turn()
    text.fields = slice.value
    const again = cuts.reduce((count, cut) => count + standing(cut), 0)
    if (found.members - again !== scan.names) throw duplicate(bytes, scan)
    return text
  }

  #swap(bytes: Buffer): ((text: string) => string) | null {
    return this.#long.length === 0 ? null : (text) => this.#standIn(bytes, text)
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

  /** A part of the text with marks in place of the long strings. */
  #shortened(bytes: Buffer, from: number, to: number): string {
    const coding = this.#scan.ascii ? 'latin1' : 'utf8'
    if (this.#long.length === 0) return bytes.toString(coding, from, to)
    let text = ''
    let at = from
    for (const [index, { start, end }] of this.#long.entries()) {
      if (start < from || end > to) continue
      text += `${bytes.toString(coding, at, start)}"${this.#marked(index)}"`
      at = end
    }
    return text + bytes.toString(coding, at, to)
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
