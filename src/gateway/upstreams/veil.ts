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
    const secret = this.#secret
    const bytes = this.#held === 0 ? chunk : Buffer.concat([secret.bytes.subarray(0, this.#held), chunk])
    const found = secret.find(bytes)
    const shown = found < 0 ? bytes : covered(bytes, secret, found)
    this.#held = secret.begunIn(shown)
    return this.#held === 0 ? shown : shown.subarray(0, shown.length - this.#held)
  }

  /** The reply is over: what was held back was not the key. Null: nothing was. */
  end(): Buffer | null {
    const rest = this.#held === 0 ? null : Buffer.from(this.#secret.bytes.subarray(0, this.#held))
    this.#held = 0
    return rest
  }
}

/** A copy of the bytes without the key. */
function covered(bytes: Buffer, secret: Secret, first: number): Buffer {
  const copy = Buffer.from(bytes)
  const { length } = secret.bytes
  for (let at = first; at >= 0; at = secret.find(copy, at + length)) copy.fill(STAR, at, at + length)
  return copy
}
