import type { Held } from './budget.ts'

/** Bytes of the first buffer, at least and, where more was announced, at most. */
const [LEAST, FIRST] = [1024, 65_536]
/** Bytes from which on a sender has shown that it means what it announced, and memory for all of it is taken. */
const EARNEST = 262_144

/**
 * Bytes that come in pieces, in one buffer: pieces of a byte each would cost a hundred times what they carry. What it holds of
 * the budget is what is allocated, and that grows with what has come.
 */
export class Gathered {
  readonly #held: Held
  readonly #most: number
  readonly #announced: number | null
  /** What has come stands in its first `length` bytes. */
  buffer: Buffer = Buffer.alloc(0)
  length = 0

  /** @param most bytes that may ever come @param announced bytes that will come, where that is known */
  constructor(held: Held, most: number, announced: number | null = null) {
    this.#held = held
    this.#most = most
    this.#announced = announced
  }

  /** @throws ApiError 503 where the budget has no room for more */
  append(chunk: Uint8Array): void {
    const length = this.length + chunk.length
    if (length > this.buffer.length) this.#grow(length)
    this.buffer.set(chunk, this.length)
    this.length = length
  }

  /** What has come. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length)
  }

  #grow(needed: number) {
    const all = this.#announced ?? 0
    let size = Math.max(this.buffer.length * 2, LEAST, Math.min(all, FIRST), needed)
    if (size >= EARNEST && size < all) size = all
    size = Math.min(size, Math.max(this.#most, needed))
    this.#held.take(size - this.buffer.length)
    const larger = Buffer.allocUnsafeSlow(size)
    larger.set(this.buffer.subarray(0, this.length))
    this.buffer = larger
  }
}
