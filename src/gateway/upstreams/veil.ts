import type { Secret } from './secret.ts'

const STAR = 0x2a

/**
 * One reply's body on its way past a secret. Each byte goes on at once but those at a chunk's end that the key could begin with.
 */
export class Veil {
  readonly #secret: Secret
  /** How many of the key's first bytes are held back: what they are is known. */
  #held = 0

  constructor(secret: Secret) {
    this.#secret = secret
  }

  /** What goes on now: most often the very same bytes; perhaps none. */
  chunk(chunk: Buffer): Buffer {
    const { bytes } = this.#secret
    const held = this.#held
    const ends: number[] = []
    this.#held = this.#secret.search(chunk, held, ends)
    const length = held + chunk.length - this.#held
    if (held === 0 && ends.length === 0) return length === chunk.length ? chunk : chunk.subarray(0, length)
    const shown = Buffer.allocUnsafe(length)
    bytes.copy(shown, 0, 0, held)
    chunk.copy(shown, held)
    for (const end of ends) shown.fill(STAR, held + end - bytes.length, held + end)
    return shown
  }

  /** The reply is over: what was held back was not the key. Null: nothing was. */
  end(): Buffer | null {
    const rest = this.#held === 0 ? null : Buffer.from(this.#secret.bytes.subarray(0, this.#held))
    this.#held = 0
    return rest
  }
}
