import type { ReplyObserver } from '../upstreams/forwarding.ts'

/** Bytes of a refusal that are read to be put into another shape; what comes behind them is not shown. */
const MOST = 65_536

/** A model server's refusal, which the client gets in another shape once it is whole. */
export class Reshaped implements ReplyObserver {
  readonly resizes = true
  readonly #told: (text: string) => object
  readonly #parts: Buffer[] = []
  #length = 0

  /** @param told what is told of its text */
  constructor(told: (text: string) => object) {
    this.#told = told
  }

  chunk(bytes: Buffer): null {
    this.#length += bytes.length
    if (this.#length <= MOST) this.#parts.push(bytes)
    return null
  }

  end(): Buffer {
    return Buffer.from(JSON.stringify(this.#told(Buffer.concat(this.#parts).toString())))
  }
}
