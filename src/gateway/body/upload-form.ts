import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { bodyTooLarge, malformedForm, unsupportedContentEncoding } from '../../contract/error.ts'
import { codingOf } from '../../core/decoding.ts'
import { pace, paceNoMore } from '../../core/paced.ts'
import { carried } from '../carried.ts'
import { checkFilename, missing, unknownParameter, wrongValue } from '../invalid.ts'
import type { UploadShape } from '../routes/declaration.ts'
import { type Budget, Held } from './budget.ts'
import { boundaryOf, headOf } from './form-body.ts'
import { FormParser, type PartSink } from './form-parser.ts'
import type { PartHead } from './form-part.ts'
import { fieldText } from './form-reader.ts'
import { duplicateParameter } from './json-text.ts'
import { receive } from './receive-bytes.ts'

/** Bytes of all that a form says besides its file. */
const MOST_BESIDE = 65_536
/** Bytes that wait for the model server, beyond which the client is read no further. */
const HIGH_WATER = 262_144
/** Bytes that come at once, beyond them. */
const CHUNK = 65_536

export type UploadOptions = {
  shape: UploadShape
  /** What the project's bodies may hold; what waits here is theirs. */
  budget: Budget
  /** Asked when all has come, before the model server gets the end without which the form is none: why it is not to have it, or null. */
  refused: () => Promise<Error | null>
  /** Told of a file of the project's that stands in the place of one that is brought. @throws ApiError where it is none */
  named: (param: string, id: string) => Promise<void>
}

/**
 * A form with one file, sent on while it comes, and as it was understood: every part is written anew, between boundaries that nobody could
 * know before. Nothing of it is held but what the model server has not taken yet. It is judged as it comes too; what is wrong with it, also at its
 * very end, breaks it off before the last boundary, so that no model server makes anything of it.
 */
export class UploadForm {
  readonly contentType: string
  readonly #request: IncomingMessage
  readonly #options: UploadOptions
  readonly #boundary = `gatehouse-${randomBytes(18).toString('hex')}`
  readonly #parser: FormParser
  readonly #seen = new Set<string>()
  #out: Readable | null = null
  /** What the form names in the place of a file. */
  #named: string | null = null
  /** What is sent, where it was begun before it was asked for; and what is told when it is known whether a file is brought or named. */
  #early: Readable | null = null
  readonly #known = Promise.withResolvers<void>()
  #beside = 0
  #fileBytes = 0
  #goOn: () => void = () => {}
  /** Whether any of it was asked for. */
  #isRead = false
  readonly #held: Held

  /** @throws ApiError 413, 415 for what can never be taken; 503 where there is no room for it now */
  constructor(request: IncomingMessage, options: UploadOptions) {
    this.#request = request
    this.#options = options
    const { 'content-type': type = '', 'content-length': length = '0', 'content-encoding': coding } = request.headers
    if (coding !== undefined && codingOf(coding) !== 'plain') throw unsupportedContentEncoding(coding, [])
    if (Number(length) > this.#most) throw bodyTooLarge(this.#most, Number(length))
    const boundary = boundaryOf(type, ['multipart/form-data'])
    this.contentType = `multipart/form-data; boundary=${this.#boundary}`
    this.#parser = new FormParser(boundary, options.shape.file, (head) => {
      this.#judge(head)
      return head.filename === null ? this.#field(head) : this.#file(head, head.filename)
    })
    this.#held = new Held(options.budget)
    this.#held.take(HIGH_WATER + CHUNK)
  }

  get #most(): number {
    return this.#options.shape.mostBytes + MOST_BESIDE
  }

  /**
   * What is sent. The client's bytes are read from when the first of it is asked for: so whoever could not reach one model server can begin anew with
   * the next.
   * @throws where some of it was read, for it is not kept
   */
  stream(): Readable {
    const early = this.#early
    this.#early = null
    if (early !== null) return early
    return this.#open()
  }

  /**
   * Reads on until it is known whether it brings a file or names one, and in that case to its end: so that nobody is asked about what names
   * another's. A form that may name none is not read before it is asked for.
   * @throws ApiError for what is wrong with it so far
   */
  async begun(): Promise<void> {
    if (this.#options.shape.orNames === null) return
    this.#early = this.#open()
    this.#begins(this.#early)
    await this.#known.promise
  }

  #open(): Readable {
    if (this.#isRead) throw new Error('a form that is sent on as it comes was begun before')
    const out = new Readable({
      highWaterMark: HIGH_WATER,
      read: () => {
        if (!this.#isRead) this.#begins(out)
        this.#goOn()
      },
    })
    // Whoever sends it on hears of it; before that, and after, nobody has to.
    return out.on('error', () => {}).on('close', () => this.#goOn())
  }

  /** Nobody wants the rest; as often as one likes. */
  release(): void {
    paceNoMore(this.#request)
    this.#out?.destroy()
    this.#held.release()
  }

  #begins(out: Readable): void {
    this.#isRead = true
    this.#out = out
    pace(this.#request)
    this.#known.promise.catch(() => {})
    this.#read(out).then(this.#known.resolve, (error: Error) => {
      this.#known.reject(error)
      out.destroy(error)
    })
  }

  async #read(out: Readable): Promise<void> {
    await receive(this.#request, (chunk) => this.#take(chunk, out), this.#most)
    await this.#parser.finish()
    const { shape, refused, named } = this.#options
    const { orNames, file } = shape
    const needed = this.#named === null ? [...shape.required, file] : shape.required
    for (const name of needed) if (!this.#seen.has(name)) throw missing(name)
    if (orNames !== null && this.#named !== null) {
      await named(orNames, this.#named)
      this.#pushField(orNames, this.#named)
    }
    const why = await refused()
    if (why !== null) throw why
    out.push(`--${this.#boundary}--\r\n`)
    out.push(null)
  }

  async #take(chunk: Buffer, out: Readable): Promise<void> {
    carried(chunk.length)
    await this.#parser.take(chunk)
    if (out.destroyed) throw new Error('nobody takes the form any more')
    if (out.readableLength < HIGH_WATER) return
    await new Promise<void>((resolve) => {
      this.#goOn = resolve
    })
  }

  #judge({ name, filename }: PartHead): void {
    const { shape } = this.#options
    if (this.#seen.has(name)) throw duplicateParameter(name)
    this.#seen.add(name)
    const isField = shape.fields.has(name) || name === shape.orNames
    if (filename === null ? !isField : name !== shape.file) throw unknownParameter(name)
    if (shape.orNames !== null && this.#seen.has(shape.orNames) && this.#seen.has(shape.file))
      throw wrongValue(shape.orNames, `a form has either '${shape.file}' or '${shape.orNames}'.`)
  }

  #field({ name }: PartHead): PartSink {
    const pieces: Buffer[] = []
    return {
      data: (chunk) => {
        this.#beside += chunk.length
        if (this.#beside > MOST_BESIDE) throw malformedForm('It says too much besides its file.')
        pieces.push(chunk)
      },
      end: () => {
        const value = fieldText(name, Buffer.concat(pieces))
        if (name === this.#options.shape.orNames) this.#named = value
        else this.#pushField(name, value)
      },
    }
  }

  #pushField(name: string, value: string): void {
    this.#begin({ name, value })
    this.#push(Buffer.from(`${value}\r\n`))
  }

  #file({ name, type }: PartHead, filename: string): PartSink {
    const { mostBytes } = this.#options.shape
    checkFilename(name, filename)
    this.#known.resolve()
    this.#begin({ name, filename, type, stretches: [] })
    return {
      data: (chunk) => {
        this.#fileBytes += chunk.length
        if (this.#fileBytes > mostBytes) throw bodyTooLarge(mostBytes, this.#fileBytes)
        this.#push(chunk)
      },
      end: () => this.#push(Buffer.from('\r\n')),
    }
  }

  #begin(part: Parameters<typeof headOf>[0]): void {
    this.#push(Buffer.from(`--${this.#boundary}\r\n${headOf(part)}\r\n\r\n`))
  }

  #push(bytes: Buffer): void {
    if (this.#out?.destroyed === false) this.#out.push(bytes)
  }
}
