/** So many buffers of one size, which are used again and again: who waits longest has the next. */
export class Buffers {
  readonly #bytes: number
  #left: number
  readonly #idle: Buffer[] = []
  readonly #waiting: (() => void)[] = []

  constructor(buffers: number, bytes: number) {
    this.#left = buffers
    this.#bytes = bytes
  }

  /** Does something with a buffer of so many bytes: as a part of one of these, or of its own where it is longer. */
  async within<T>(bytes: number, work: (buffer: Buffer) => Promise<T>): Promise<T> {
    if (this.#left > 0) this.#left--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const buffer = this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.#bytes)
    try {
      const done = await work(bytes > buffer.length ? Buffer.allocUnsafeSlow(bytes) : buffer.subarray(0, bytes))
      // After a failure somebody may be sending it still.
      this.#idle.push(buffer)
      return done
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#left++
    }
  }
}
