import { Dicer } from '@fastify/busboy'
import { malformedForm } from '../../contract/error.ts'
import { MAX_HEADERS, type PartHead, readPartHead } from './form-part.ts'

/** What becomes of one part as it comes. What it throws ends the form. */
export type PartSink = { data: (chunk: Buffer) => void; end: () => void }

/** Takes a form apart as it comes, strictly: what is wrong with it is told by whoever hands it the next bytes, or the end. */
export class FormParser {
  readonly #dicer: Dicer
  readonly #upload: string | undefined
  readonly #open: (head: PartHead) => PartSink
  /** Parts that have begun, and parts whose end was seen. */
  #begun = 0
  #ended = 0
  #closed = false
  #failure: unknown = null
  #settle: (() => void) | null = null

  /**
   * @param upload the one file that the form may have; of others it is those of forms to models
   * @param open told of each part; what it throws ends the form
   */
  constructor(boundary: string, upload: string | undefined, open: (head: PartHead) => PartSink) {
    this.#upload = upload
    this.#open = open
    const limits = { boundary, maxHeaderPairs: MAX_HEADERS, maxHeaderSize: 16_384 }
    this.#dicer = new Dicer(limits)
      .on('part', (part) => this.#part(part))
      .on('error', () => this.#fail(malformedForm('It ends before its last boundary.')))
      .on('finish', () => {
        this.#closed = true
        this.#settle?.()
      })
  }

  /** Takes the next bytes. @throws ApiError 400 for what is wrong with the form; what a sink throws */
  async take(chunk: Buffer): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#settle = resolve
      this.#dicer.write(chunk, () => resolve())
    })
    if (this.#failure !== null) throw this.#failure
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

  #part(part: Dicer.PartStream): void {
    this.#begun++
    let sink: PartSink | null = null
    part.on('header', (headers: object) =>
      this.#guarded(() => {
        sink = this.#open(readPartHead(headers as Record<string, string[]>, this.#upload))
      }),
    )
    // A part without a whole head has nothing that anybody else would read.
    part.on('data', (chunk) => this.#guarded(() => sink?.data(chunk as Buffer)))
    part.on('error', () => {})
    part.on('end', () => {
      this.#guarded(() => {
        if (sink === null) throw malformedForm('A part has no head.')
        sink.end()
      })
      this.#ended++
      this.#settle?.()
    })
  }

  /** What is thrown within a parser's event would be thrown at nobody. */
  #guarded(step: () => void): void {
    if (this.#failure !== null) return
    try {
      step()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#settle?.()
  }
}
