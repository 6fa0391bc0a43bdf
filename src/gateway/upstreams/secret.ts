/** Characters below which a key is not searched for: anything could be it by chance. */
const SHORTEST = 8

/**
 * An upstream's key, as something that its replies must not show: model servers quote what they were sent, in error messages
 * above all. Where the key stands as it is, asterisks stand in its place, as many as it has bytes, so that every length that
 * was announced stays true. What a server encodes first cannot be found: it has the key, and could say it in any way.
 */
export class Secret {
  readonly text: string
  readonly bytes: Buffer
  /** What is looked for, and what must stand before it. */
  readonly #head: Buffer
  readonly #tail: Buffer
  /** Behind so many bytes of the key, how many of its first ones are its last ones as well: where to go on at another byte. */
  readonly #shorter: Uint32Array
  /** Bytes that one of the key's beginnings ends with. Most replies end with none, and nothing of them waits. */
  readonly #ends = new Uint8Array(256)

  private constructor(text: string) {
    this.text = text
    this.bytes = Buffer.from(text, 'latin1')
    const cut = cutOf(text)
    this.#head = this.bytes.subarray(0, cut)
    this.#tail = this.bytes.subarray(cut)
    this.#shorter = new Uint32Array(this.bytes.length + 1)
    for (let i = 1, matched = 0; i < this.bytes.length; i++) {
      matched = this.#next(matched, this.bytes[i] as number)
      this.#shorter[i + 1] = matched
    }
    for (const byte of this.bytes.subarray(0, -1)) this.#ends[byte] = 1
  }

  /** @returns null where there is no key, or one too short to be searched for */
  static of(key: string | null): Secret | null {
    return key === null || key.length < SHORTEST ? null : new Secret(key)
  }

  /** A text without the key. */
  hidden(text: string): string {
    return text.includes(this.text) ? text.replaceAll(this.text, '*'.repeat(this.text.length)) : text
  }

  /** Where the key stands in these bytes; -1 where it does not. Each byte is looked at a few times at most. */
  find(bytes: Buffer, from = 0): number {
    const before = this.#head.length
    let at = bytes.indexOf(this.#tail, from + before)
    while (at >= 0 && before > 0 && this.#head.compare(bytes, at - before, at) !== 0) {
      at = bytes.indexOf(this.#tail, at + this.#tail.length)
    }
    return at < 0 ? -1 : at - before
  }

  /** How many bytes at the end of these the key could begin with, if others follow: fewer than it has. */
  begunIn(bytes: Buffer): number {
    if (bytes.length === 0 || this.#ends[bytes[bytes.length - 1] as number] === 0) return 0
    let matched = 0
    for (let i = Math.max(0, bytes.length - this.bytes.length + 1); i < bytes.length; i++) {
      matched = this.#next(matched, bytes[i] as number)
    }
    return matched
  }

  /** How many of the key's first bytes have come with this one, when so many had come before it. */
  #next(matched: number, byte: number): number {
    let known = matched
    while (known > 0 && this.bytes[known] !== byte) known = this.#shorter[known] as number
    return this.bytes[known] === byte ? known + 1 : 0
  }
}

/**
 * Where a key is cut, so that what is looked for begins with a byte that is rare in text: most keys begin like words. Only where
 * what is looked for cannot overlap itself, so that no reply has it looked for at every byte; otherwise 0.
 */
function cutOf(key: string): number {
  for (const { index } of key.matchAll(/[A-Z0-9]/g)) {
    const tail = key.slice(index)
    if (tail.length < SHORTEST) break
    if (!overlapsItself(tail)) return index
  }
  return 0
}

function overlapsItself(text: string): boolean {
  for (let i = 1; i < text.length; i++) if (text.endsWith(text.slice(0, i))) return true
  return false
}
