import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { unsupportedContentType } from '../../contract/error.ts'
import { type Budget, Held } from './budget.ts'
import { Gathered } from './gathered.ts'
import { Cuts } from './json-cuts.ts'
import { JsonScan, type Span } from './json-scan.ts'
import { JsonText } from './json-text.ts'
import { announced, BODY_LIMIT } from './receive-bytes.ts'
import { receiveBody } from './receive-decoded.ts'
import { slices } from './slices.ts'
import { Splicing } from './splicing.ts'

/** Bytes of memory that a parsed value is taken for: an empty list has two bytes as text, and about fifty as an object. */
const VALUE_BYTES = 64
/** Bytes up to which a body is sent in one piece, and copied for that where it was edited: that costs less than a stream of slices. */
const ONE_PIECE = 262_144
/** Bytes of the longest name that is looked at: ours are short, each letter of them written with six bytes at most. */
const LONGEST_NAME = 600
/** Bytes, values reckoned in, up to which a body's fields may outlive it: a reply that is counted by them can take minutes. */
const KEPT = 65_536
const COMMA = Buffer.from(',')
const EMPTY = Buffer.alloc(0)

/** A JSON object as it was sent: its fields, and its bytes, which stay as they came wherever nothing is set. */
export class JsonBody {
  /** Parsed; see `JsonText` for what stands in for strings of more than 64 kB. */
  fields: Record<string, unknown>
  /** Bytes of the body as it was sent. */
  readonly size: number
  readonly #text: JsonText
  readonly #scan: JsonScan
  readonly #held: Held
  #bytes: Buffer
  #gone = false
  /** By name: the JSON that is sent in place of what came; null for what is left out. */
  #edits: Map<string, Buffer[] | null> | null = null
  /** Whether one of these may stand in the body already: if none does, its members need not be gone through. */
  #replaces = false

  /**
   * @param scan of exactly these bytes
   * @param held what it holds of the budget already
   * @throws ApiError 400 for what is no JSON object; 503
   */
  static of(bytes: Buffer, scan: JsonScan, held: Held): JsonBody {
    held.take(scan.values * VALUE_BYTES)
    return new JsonBody(bytes, scan, held, JsonText.of(bytes, scan))
  }

  /** The same of a body that may be large: others have their turn while it is parsed. */
  static async inTurns(bytes: Buffer, scan: JsonScan, held: Held): Promise<JsonBody> {
    held.take(scan.values * VALUE_BYTES)
    return new JsonBody(bytes, scan, held, await JsonText.inTurns(bytes, scan))
  }

  private constructor(bytes: Buffer, scan: JsonScan, held: Held, text: JsonText) {
    this.#text = text
    this.fields = this.#text.fields
    this.size = bytes.length
    this.#bytes = bytes
    this.#scan = scan
    this.#held = held
  }

  /** Writes one field anew. Stand-ins of long strings within the value are sent as what they stand for. */
  set(name: string, value: unknown): void {
    this.#edit(name, this.#text.encode(value))
    this.fields[name] = value
  }

  remove(name: string): void {
    this.#edit(name, null)
    delete this.fields[name]
  }

  #edit(name: string, pieces: Buffer[] | null) {
    this.#edits ??= new Map()
    this.#edits.set(name, pieces)
    this.#replaces ||= Object.hasOwn(this.fields, name)
  }

  /** The fields with every string in full, which parses everything again; null for a large body that was released. */
  whole(): Record<string, unknown> | null {
    if (this.#gone) return null
    if (!this.#text.shortened) return this.fields
    const whole = { ...this.#text.whole() }
    for (const [name, edit] of this.#edits ?? []) {
      if (edit === null) delete whole[name]
      else whole[name] = JSON.parse(Buffer.concat(edit).toString())
    }
    return whole
  }

  /** What is sent, in one piece. */
  bytes(): Buffer {
    return this.#edits === null ? this.#bytes : Buffer.concat(this.pieces())
  }

  /** The same without a copy: in front of, between and behind what was set it is the bytes that came. */
  pieces(): Buffer[] {
    return this.#edits === null ? [this.#bytes] : this.#assembled(new Map(this.#edits))
  }

  /** What is sent, as an upstream takes it: a large body goes in slices, and is not copied for it. */
  forwarded(): Buffer | (() => { stream: Readable; length: number }) {
    if (this.#bytes.length <= ONE_PIECE) return this.bytes()
    const pieces = this.pieces()
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    return () => ({ stream: Readable.from(slices(pieces), { objectMode: false }), length })
  }

  /** Gives back what it holds; what it would send is gone with it, and of a large body the fields too. */
  release(): void {
    this.#held.release()
    if (this.#bytes.length + this.#scan.values * VALUE_BYTES > KEPT) {
      this.#gone = true
      this.fields = {}
    }
    this.#bytes = EMPTY
    this.#text.release()
  }

  /** @param edits is emptied of what stands in the body already; the rest is put behind it */
  #assembled(edits: Map<string, Buffer[] | null>): Buffer[] {
    const { members, closedAt } = this.#scan
    const copy = new Splicing(this.#bytes)
    let last = this.#replaces ? -1 : members - 1
    let lastEnd = last < 0 ? closedAt : this.#scan.span(last).valueEnd
    copy.keep(0, this.#replaces && members > 0 ? this.#scan.span(0).keyStart : lastEnd)
    for (let i = last + 1; i < members; i++) {
      const span = this.#scan.span(i)
      const name = this.#named(span, edits)
      const edit = name === null ? undefined : edits.get(name)
      if (name !== null) edits.delete(name)
      if (edit !== null) {
        if (last === i - 1) copy.keep(i === 0 ? span.keyStart : lastEnd, span.keyStart)
        else if (last >= 0) copy.insert(COMMA)
        copy.keep(span.keyStart, edit === undefined ? span.valueEnd : span.valueStart)
        if (edit !== undefined) copy.insert(...edit)
        last = i
      }
      lastEnd = span.valueEnd
    }
    for (const [name, edit] of edits) {
      if (edit === null) continue
      copy.insert(Buffer.from(`${last < 0 ? '' : ','}${JSON.stringify(name)}:`), ...edit)
      last = members
    }
    copy.keep(lastEnd, this.#bytes.length)
    return copy.pieces()
  }

  /** The name of a member, if it is one of these. */
  #named({ keyStart, keyEnd }: Span, names: ReadonlyMap<string, unknown>): string | null {
    if (keyEnd - keyStart > LONGEST_NAME) return null
    const written = this.#bytes.toString('utf8', keyStart, keyEnd)
    const name: string = written.includes('\\') ? JSON.parse(written) : written.slice(1, -1)
    return names.has(name) ? name : null
  }
}

/**
 * Reads a request's body as a JSON object. One that came together with its head is there at once; of any other the bytes are
 * scanned as they come, so that no body is scanned in one go.
 * @returns null for an empty body, which is none whatever its content type says
 * @throws ApiError 400 for what is no such object or of another type, 413, 415, 503; ClientGone
 */
export function readJson(request: IncomingMessage, budget: Budget): JsonBody | null | Promise<JsonBody | null> {
  const { headers } = request
  const length = announced(headers)
  if (length === 0) return null
  const type = headers['content-type'] ?? ''
  if (type !== 'application/json' && !isJson(type)) throw unsupportedContentType(type)
  const held = new Held(budget)
  if (length === null || request.readableLength < length) return gather(request, length, budget, held)
  return releasedOnFailure(held, () => {
    // Without a size only the first piece comes, where it came in several.
    const bytes: Buffer = request.read(length)
    held.take(length)
    const scan = new JsonScan()
    scan.scan(bytes, length)
    return JsonBody.of(bytes, scan, held)
  })
}

async function gather(
  request: IncomingMessage,
  length: number | null,
  budget: Budget,
  held: Held,
): Promise<JsonBody | null> {
  const scan = new JsonScan(new Cuts())
  const gathered = new Gathered(held, BODY_LIMIT, length)
  try {
    // Refused before it is sent, if it cannot be taken whole.
    held.check(length ?? 0)
    await receiveBody(request, budget, (chunk) => {
      gathered.append(chunk)
      scan.scan(gathered.buffer, gathered.length)
      return undefined
    })
    return gathered.length === 0 ? null : await JsonBody.inTurns(gathered.bytes, scan, held)
  } catch (error) {
    held.release()
    throw error
  }
}

function releasedOnFailure<T>(held: Held, read: () => T): T {
  try {
    return read()
  } catch (error) {
    held.release()
    throw error
  }
}

/** A reader that believes another `charset` would find other letters in the same bytes than were judged. */
function isJson(type: string): boolean {
  if (!/^application\/json *(;|$)/i.test(type)) return false
  return !/charset/i.test(type) || /^application\/json *; *charset="?utf-?8"? *;?$/i.test(type)
}
