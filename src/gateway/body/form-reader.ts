import { isUtf8 } from 'node:buffer'
import { ApiError, malformedForm } from '../../contract/error.ts'
import type { Held } from './budget.ts'
import { FormParser, type PartSink } from './form-parser.ts'
import type { PartHead } from './form-part.ts'
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
  readonly #parser: FormParser
  readonly #spool: Spool
  readonly #held: Held
  readonly #names = new Set<string>()
  #fields = 0
  #files = 0

  constructor(boundary: string, spool: Spool, held: Held) {
    this.#spool = spool
    this.#held = held
    this.#parser = new FormParser(boundary, undefined, (head) => {
      this.#count(head)
      return head.filename === null ? this.#field(head) : this.#file(head, head.filename)
    })
  }

  /** Takes the next bytes. @throws ApiError 400 for what is wrong with the form, 503 */
  async take(chunk: Buffer): Promise<void> {
    await this.#parser.take(chunk)
    await this.#spool.ease()
  }

  /** There are no more bytes. @throws ApiError 400 for a form that is not whole */
  finish(): Promise<void> {
    return this.#parser.finish()
  }

  #count({ name, filename }: PartHead) {
    if (this.#names.has(name) && !LISTS.has(name)) throw duplicateParameter(name)
    this.#names.add(name)
    if (filename === null) this.#fields++
    else this.#files++
    if (this.#fields > MAX_FIELDS) throw malformedForm(`It has more than ${MAX_FIELDS} fields.`)
    if (this.#files > MAX_FILES) throw malformedForm(`It has more than ${MAX_FILES} files.`)
  }

  #field({ name }: PartHead): PartSink {
    const gathered = new Gathered(this.#held, MAX_FIELD_BYTES)
    const field: Field = { name, value: '' }
    this.parts.push(field)
    return {
      data(chunk) {
        if (gathered.length + chunk.length > MAX_FIELD_BYTES) throw tooLong(name)
        gathered.append(chunk)
      },
      end() {
        field.value = fieldText(name, gathered.bytes)
      },
    }
  }

  #file({ name, type }: PartHead, filename: string): PartSink {
    const file: File = { name, filename, type, stretches: [] }
    this.parts.push(file)
    return {
      data: (chunk) => {
        const stretch = this.#spool.append(chunk)
        const last = file.stretches.at(-1)
        if (last?.end === stretch.start) last.end = stretch.end
        else file.stretches.push(stretch)
      },
      end() {},
    }
  }
}

/** What a field holds. @throws ApiError 400 for what is no UTF-8 */
export function fieldText(name: string, bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformedForm(`The field '${name}' is not encoded in UTF-8.`)
  return bytes.toString()
}

function tooLong(name: string): ApiError {
  const message = `Invalid '${name}': string too long. Expected a string with maximum length ${MAX_FIELD_BYTES}.`
  return new ApiError('string_above_max_length', message, { param: name })
}
