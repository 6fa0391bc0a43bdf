import { type Content, Incoming } from './content.ts'
import { invalid } from './errors.ts'

export type FormFile = { filename: string; type: string; content: Content }
/** The parts of a form by their names: text, or a file. */
export type Form = ReadonlyMap<string, string | FormFile>

type Part = { name: string; filename: string | undefined; type: string; content: Incoming }

/**
 * Reads a form as it comes in; of a file of more than `keptBytes` it holds no byte.
 * @throws Refusal of a form that is none or has no end
 */
export async function readForm(type: string, body: AsyncIterable<Buffer>, keptBytes: number): Promise<Form> {
  const [, quoted, plain] = /^multipart\/form-data;.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) throw invalid('Expected a form (multipart/form-data) with a boundary.')
  const reader = new FormReader(boundary, keptBytes)
  for await (const chunk of body) reader.take(chunk)
  if (!reader.complete) throw invalid('The form ends before its end.')
  return reader.form
}

/** A form's text of that name. @throws Refusal where there is none */
export function textOf(form: Form, name: string): string {
  const text = form.get(name)
  if (typeof text !== 'string') throw missing(name)
  return text
}

/** A form's file of that name. @throws Refusal where there is none */
export function fileOf(form: Form, name: string): FormFile {
  const file = form.get(name)
  if (typeof file !== 'object') throw missing(name)
  return file
}

const missing = (name: string) => invalid(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter')

class FormReader {
  readonly form = new Map<string, string | FormFile>()
  complete = false
  readonly #delimiter: Buffer
  readonly #keptBytes: number
  // The first delimiter has no line before it.
  #rest: Buffer = Buffer.from('\r\n')
  #state: 'before' | 'delimiter' | 'head' | 'content' = 'before'
  #part: Part | null = null

  constructor(boundary: string, keptBytes: number) {
    this.#keptBytes = keptBytes
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  take(chunk: Buffer): void {
    if (this.complete) return
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (!this.complete && this.#step());
  }

  /** One step ahead; false where that needs more bytes. */
  #step(): boolean {
    if (this.#state === 'delimiter') return this.#afterDelimiter()
    if (this.#state === 'head') return this.#head()
    const at = this.#rest.indexOf(this.#delimiter)
    const until = at < 0 ? Math.max(0, this.#rest.length - this.#delimiter.length) : at
    this.#part?.content.take(this.#rest.subarray(0, until))
    if (at < 0) {
      this.#rest = this.#rest.subarray(until)
      return false
    }
    this.#endPart()
    this.#rest = this.#rest.subarray(at + this.#delimiter.length)
    this.#state = 'delimiter'
    return true
  }

  #afterDelimiter(): boolean {
    if (this.#rest.length < 2) return false
    const two = this.#rest.toString('latin1', 0, 2)
    if (two !== '--' && two !== '\r\n') throw invalid('The form has a delimiter that is none.')
    this.complete = two === '--'
    this.#rest = this.#rest.subarray(2)
    this.#state = 'head'
    return true
  }

  #head(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n')
    if (end < 0) return false
    const lines = this.#rest.toString('utf8', 0, end)
    const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(lines)?.[1] ?? ''
    const name = /;\s*name="([^"]*)"/i.exec(disposition)?.[1]
    if (name === undefined) throw invalid('A part of the form has no name.')
    const filename = /;\s*filename="([^"]*)"/i.exec(disposition)?.[1]
    const type = /^content-type:\s*(.*)$/im.exec(lines)?.[1] ?? 'application/octet-stream'
    this.#part = { name, filename, type, content: new Incoming(this.#keptBytes) }
    this.#rest = this.#rest.subarray(end + 4)
    this.#state = 'content'
    return true
  }

  #endPart(): void {
    if (!this.#part) return
    const { name, filename, type } = this.#part
    const content = this.#part.content.end()
    this.form.set(name, filename === undefined ? content.text() : { filename, type, content })
    this.#part = null
  }
}
