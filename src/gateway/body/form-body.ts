import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import { unsupportedContentType } from '../../contract/error.ts'
import { type Budget, Held } from './budget.ts'
import { type Field, type File, FormReader, type Part } from './form-reader.ts'
import { announced } from './receive-bytes.ts'
import { receiveBody } from './receive-decoded.ts'
import { Spool, type Stretch } from './spool.ts'

export const FORM = 'multipart/form-data'
/** To some readers it says in what letters all other fields are (RFC 7578, 4.6). They were read as UTF-8, and are sent so. */
const CHARSET = '_charset_'

/**
 * A form as it was understood, and it is sent on as it was understood: parsers differ, so the bytes that came are never passed
 * on. Every part is written anew, in the order they came in, between boundaries that nobody could know before.
 */
export class FormBody {
  readonly fields: ReadonlyMap<string, string>
  readonly files: readonly { name: string; filename: string; bytes: number }[]
  readonly #boundary = `gatehouse-${randomBytes(18).toString('hex')}`
  readonly #spool: Spool
  readonly #held: Held
  readonly #values = new Map<string, string>()
  #parts: readonly Part[]

  constructor(parts: readonly Part[], spool: Spool, held: Held) {
    this.#parts = parts.filter(({ name }) => name.toLowerCase() !== CHARSET)
    this.#spool = spool
    this.#held = held
    for (const part of this.#parts) {
      if ('value' in part) this.#values.set(part.name, joined(this.#values.get(part.name), part.value))
    }
    this.fields = this.#values
    this.files = this.#parts
      .filter((part) => 'stretches' in part)
      .map(({ name, filename, stretches }) => ({ name, filename, bytes: bytesOf(stretches) }))
  }

  /** The header that fits `stream`. */
  get contentType(): string {
    return `multipart/form-data; boundary=${this.#boundary}`
  }

  /** Gives a field this value; one that was not there comes first. */
  set(name: string, value: string): void {
    const field: Field = { name, value }
    const others = this.#parts.filter((part) => part.name !== name)
    const at = this.#parts.findIndex((part) => part.name === name)
    this.#parts = others.toSpliced(Math.max(at, 0), 0, field)
    this.#values.set(name, value)
  }

  /** Leaves out a field, or a file. */
  remove(name: string): void {
    this.#parts = this.#parts.filter((part) => part.name !== name)
    this.#values.delete(name)
  }

  /** Bytes of what `stream` sends. */
  get length(): number {
    return this.#pieces().reduce((sum, piece) => sum + ('start' in piece ? bytesOf([piece]) : piece.length), 0)
  }

  /** What is sent; each time from its beginning. It breaks off where the form is released meanwhile. */
  stream(): Readable {
    return Readable.from(this.#content(), { objectMode: false })
  }

  /** Gives back what it holds; as often as one likes. */
  release(): void {
    discard(this.#spool, this.#held)
  }

  async *#content(): AsyncGenerator<Buffer> {
    for (const piece of this.#pieces()) {
      if ('start' in piece) yield* this.#spool.read(piece)
      else yield piece
    }
  }

  #pieces(): (Buffer | Stretch)[] {
    const pieces = this.#parts.flatMap((part) => {
      const head = Buffer.from(`--${this.#boundary}\r\n${headOf(part)}\r\n\r\n`)
      const content = 'value' in part ? [Buffer.from(part.value)] : part.stretches
      return [head, ...content, Buffer.from('\r\n')]
    })
    return [...pieces, Buffer.from(`--${this.#boundary}--\r\n`)]
  }
}

/**
 * Reads a request's body as multipart/form-data. Its files are kept in memory up to 1 MB, the rest in a temporary file.
 * @param folder for that file
 * @param accepted the types that the route takes
 * @returns null for an empty body
 * @throws ApiError 400 for what is no such form, 413, 415, 503; ClientGone
 */
export async function readForm(
  request: IncomingMessage,
  budget: Budget,
  folder: string = tmpdir(),
  accepted: readonly string[] = [FORM],
): Promise<FormBody | null> {
  const { headers } = request
  const length = announced(headers)
  if (length === 0) return null
  const boundary = boundaryOf(headers['content-type'] ?? '', accepted)
  // Refused before it is sent, if it cannot be taken whole.
  const held = new Held(budget)
  held.check(length ?? 0)
  const spool = new Spool(folder, held)
  try {
    const reader = new FormReader(boundary, spool, held)
    await receiveBody(request, budget, (chunk) => reader.take(chunk))
    await reader.finish()
    return new FormBody(reader.parts, spool, held)
  } catch (error) {
    discard(spool, held)
    throw error
  }
}

/** The file has no name any more, so there is nobody to tell that closing it failed. */
function discard(spool: Spool, held: Held) {
  spool.close().catch(() => {})
  held.release()
}

/** RFC 2046, 5.1.1: up to 70 characters of these. */
export function boundaryOf(type: string, accepted: readonly string[]): string {
  const found =
    /^multipart\/form-data *;(?:.*;)? *boundary=(?:"([\w'()+,./:=? -]{1,70})"|([\w'()+,./:=?-]{1,70}))(?: *;.*)?$/i
  const [, quoted, bare] = found.exec(type) ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) throw unsupportedContentType(type, accepted)
  return boundary
}

/** The head of a part, without the empty line behind it. */
export function headOf(part: Part): string {
  const disposition = `Content-Disposition: form-data; name="${part.name}"`
  if ('value' in part) return disposition
  return `${disposition}; filename="${escaped(part)}"\r\nContent-Type: ${part.type}`
}

/** As browsers do it (WHATWG HTML, multipart/form-data encoding); no other control character leaves the house. */
const escaped = ({ filename }: File) =>
  filename
    .replaceAll('"', '%22')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to go.
    .replaceAll(/[\x00-\x1f\x7f]/g, '_')

const joined = (before: string | undefined, value: string) => (before === undefined ? value : `${before},${value}`)
const bytesOf = (stretches: readonly Stretch[]) => stretches.reduce((sum, { start, end }) => sum + end - start, 0)
