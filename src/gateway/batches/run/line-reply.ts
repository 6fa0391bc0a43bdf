import { WholeReply } from '../../objects/whole-reply.ts'
import type { Hold } from './memory.ts'
import { MOST_ANSWER_BYTES } from './results.ts'

/** Bytes that are read of an answer of which nothing is kept: what it has used stands at its end. */
const MOST_READ_BYTES = 16 * MOST_ANSWER_BYTES

/** The answer to a line. It is read as fast as there is memory for it; of one that is too long only the observer has anything, to its end. */
export class LineReply extends WholeReply {
  readonly #hold: Hold
  #read = 0

  /** @param hold of the line; what of it is the answer's is given back where that is too long */
  constructor(hold: Hold) {
    super(MOST_ANSWER_BYTES, null)
    this.#hold = hold
  }

  /** Whether it is longer than any that is kept. */
  get isBeyond(): boolean {
    return this.#read > MOST_ANSWER_BYTES
  }

  override write(chunk: Buffer | string, encoding?: BufferEncoding): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
    const before = this.#read
    this.#read += bytes.length
    if (!this.isBeyond) {
      super.write(bytes)
      const waits = this.#hold.grow(bytes.length)
      waits?.then(() => this.emit('drain'))
      return waits === null
    }
    if (before <= MOST_ANSWER_BYTES) {
      this.forget()
      this.#hold.shrink(before)
    }
    // Not within the call that brings it.
    if (this.#read > MOST_READ_BYTES) queueMicrotask(() => this.destroy())
    return true
  }
}
