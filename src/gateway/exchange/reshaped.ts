import { Beginning } from '../envelopes/refusal.ts'
import type { ReplyObserver } from '../upstreams/forwarding.ts'

/** A model server's refusal, which the client gets in another shape once it is whole. */
export class Reshaped implements ReplyObserver {
  readonly resizes = true
  readonly #told: (text: string) => object
  readonly #begun = new Beginning()

  /** @param told what is told of its text */
  constructor(told: (text: string) => object) {
    this.#told = told
  }

  chunk(bytes: Buffer): null {
    this.#begun.add(bytes)
    return null
  }

  end(): Buffer {
    return Buffer.from(JSON.stringify(this.#told(this.#begun.text)))
  }
}
