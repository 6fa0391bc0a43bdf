import { isUtf8 } from 'node:buffer'
import { Dicer } from '@fastify/busboy'
import { ApiError, malformedForm } from '../../contract/error.ts'
import type { Held } from './budget.ts'
import { MAX_HEADERS, type PartHead, readPartHead } from './form-part.ts'
import { Gathered } from './gathered.ts'
import { duplicateParameter } from './json-text.ts'
import type { Spool, Stretch } from './spool.ts'

export type Field = { name: string; value: string }
export type File = { name: string; filename: string; type: string; stretches: Stretch[] }
export type Part = Field | File

const MAX_FIELDS = 64
const MAX_FILES = 20
const MAX_FIELD_BYTES = 1_048_576

/** Lists, which are sent as one part for each element; every other name may occur once. */
const LISTS: ReadonlySet<string> = new Set([
  ...['image[]', 'file[]', 'mask[]', 'include[]', 'timestamp_granularities[]'],
  ...['known_speaker_names[]', 'known_speaker_references[]'],
])

/** Takes a form apart as it comes: fields are kept, the bytes of files go to the spool. */
export class FormReader {
  readonly parts: Part[] = []
  readonly #dicer: Dicer
  readonly #spool: Spool
  readonly #held: Held
  readonly #names = new Set<string>()
  #fields = 0
  #files = 0
  /** Parts that have begun, and parts whose end was seen. */
  #begun = 0
  #ended = 0
  #closed = false
  #failure: unknown = null
  #settle: (() => void) | null = null

  constructor(boundary: string, spool: Spool, held: Held) {
    this.#spool = spool
    this.#held = held
    const limits = { boundary, maxHeaderPairs: MAX_HEADERS, maxHeaderSize: 16_384 }
    this.#dicer = new Dicer(limits)
      .on('part', (part) => this.#part(part))
      .on('error', () => this.#fail(malformedForm('It ends before its last boundary.')))
      .on('finish', () => {
        this.#closed = true
        this.#settle?.()
      })
  }

  /** Takes the next bytes. @throws ApiError 400 for what is wrong with the form, 503 */
  async take(chunk: Buffer): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#settle = resolve
      this.#dicer.write(chunk, () => resolve())
    })
    if (this.#failure !== null) throw this.#failure
    await this.#spool.ease()
  }

  /** There are no more bytes. @throws ApiError 400 for a form that is not whole */
  async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#settle = () => {
        if (this.#failure !== null || (this.#closed && this.#begun === this.#ended)) resolve()
      }
      this.#dicer.end()
      this.#settle()
    })
    if (this.#failure !== null) throw this.#failure
  }

  #part(part: Dicer.PartStream) {
    this.#begun++
    let head: PartHead | null = null
    part.on('header', (headers: object) =>
      this.#guarded(() => {
        head = readPartHead(headers as Record<string, string[]>)
        this.#count(head)
        if (head.filename === null) this.#field(part, head)
        else this.#file(part, head, head.filename)
      }),
    )
    // A part without a whole head has nothing that anybody else would read.
    part.on('data', () => {})
    part.on('error', () => {})
    part.on('end', () => {
      if (head === null) this.#fail(malformedForm('A part has no head.'))
      this.#ended++
      this.#settle?.()
    })
  }

  #count({ name, filename }: PartHead) {
    if (this.#names.has(name) && !LISTS.has(name)) throw duplicateParameter(name)
    this.#names.add(name)
    if (filename === null) this.#fields++
    else this.#files++
    if (this.#fields > MAX_FIELDS) throw malformedForm(`It has more than ${MAX_FIELDS} fields.`)
    if (this.#files > MAX_FILES) throw malformedForm(`It has more than ${MAX_FILES} files.`)
  }

  #field(part: Dicer.PartStream, { name }: PartHead) {
    const gathered = new Gathered(this.#held, MAX_FIELD_BYTES)
    const field: Field = { name, value: '' }
    this.parts.push(field)
    part.on('data', (chunk) =>
      this.#guarded(() => {
        if (gathered.length + chunk.length > MAX_FIELD_BYTES) throw tooLong(name)
        gathered.append(chunk as Buffer)
      }),
    )
    part.on('end', () =>
      this.#guarded(() => {
        if (!isUtf8(gathered.bytes)) throw malformedForm(`The field '${name}' is not encoded in UTF-8.`)
        field.value = gathered.bytes.toString()
      }),
    )
  }

  #file(part: Dicer.PartStream, { name, type }: PartHead, filename: string) {
    const file: File = { name, filename, type, stretches: [] }
    this.parts.push(file)
    part.on('data', (chunk) =>
      this.#guarded(() => {
        const stretch = this.#spool.append(chunk as Buffer)
        const last = file.stretches.at(-1)
        if (last?.end === stretch.start) last.end = stretch.end
        else file.stretches.push(stretch)
      }),
    )
  }

  /** What is thrown within a parser's event would be thrown at nobody. */
  #guarded(step: () => void) {
    if (this.#failure !== null) return
    try {
      step()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown) {
    this.#failure ??= error
    this.#settle?.()
  }
}

function tooLong(name: string): ApiError {
  const message = `Invalid '${name}': string too long. Expected a string with maximum length ${MAX_FIELD_BYTES}.`
  return new ApiError('string_above_max_length', message, { param: name })
}
