/** Characters below which a key is not searched for: anything could be it by chance. */
const SHORTEST = 8

/**
 * Bytes of a key that a reply is looked through for at first. So few that to compare them at every byte is nothing: what
 * `indexOf` does with a long key that nearly comes, again and again, grows with the length of both.
 */
const SAMPLE = 16

/**
 * An upstream's key, as something that its replies must not show: model servers quote what they were sent, in error messages
 * above all. Where the key stands as it is, asterisks stand in its place, as many as it has bytes, so that every length that
 * was announced stays true. What a server encodes first cannot be found: it has the key, and could say it in any way.
 */
export class Secret {
  readonly text: string
  readonly bytes: Buffer
  /** What is looked for at first, and how many of the key's bytes stand before it. */
  readonly #sample: Buffer
  readonly #before: number
  /** Behind so many bytes of the key, how many of its first ones are its last ones as well: where to go on at another byte. */
  readonly #shorter: Uint32Array
  /** Bytes that one of the key's beginnings ends with. Most replies end with none, and nothing of them waits. */
  readonly #ends = new Uint8Array(256)

  private constructor(text: string) {
    this.text = text
    this.bytes = Buffer.from(text, 'latin1')
    this.#before = cutOf(text)
    this.#sample = this.bytes.subarray(this.#before, this.#before + SAMPLE)
    this.#shorter = new Uint32Array(this.bytes.length + 1)
    for (let i = 1, matched = 0; i < this.bytes.length; i++) {
      matched = this.next(matched, this.bytes[i] as number)
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

  /**
   * Looks through the next bytes of a reply, each a few times at most, whatever they are. Most have nothing of the key, and that
   * is seen fast; where something of it comes they are read one by one until it is not the key.
   * @param begun how many of the key's first bytes stand right before these: fewer than it has
   * @param ends gets where the key ends in them
   * @returns how many bytes at their end the key could begin with, if others follow
   */
  search(bytes: Buffer, begun: number, ends: number[]): number {
    let matched = begun
    let at = 0
    for (;;) {
      while (matched > 0 && at < bytes.length) {
        matched = this.next(matched, bytes[at++] as number)
        if (matched < this.bytes.length) continue
        ends.push(at)
        matched = 0
      }
      if (at === bytes.length) return matched
      const sample = bytes.indexOf(this.#sample, at + this.#before)
      if (sample < 0) return this.#begunIn(bytes, at)
      at = sample - this.#before
      matched = this.next(0, bytes[at++] as number)
    }
  }

  /** How many bytes at the end of these the key could begin with. @param from where the key stands nowhere behind */
  #begunIn(bytes: Buffer, from: number): number {
    if (this.#ends[bytes[bytes.length - 1] as number] === 0) return 0
    let matched = 0
    for (let i = Math.max(from, bytes.length - this.bytes.length + 1); i < bytes.length; i++) {
      matched = this.next(matched, bytes[i] as number)
    }
    return matched
  }

  /** How many of the key's first bytes have come with this one, when so many had come before it. */
  next(matched: number, byte: number): number {
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
    const sample = key.slice(index, index + SAMPLE)
    if (sample.length < SHORTEST) break
    if (!overlapsItself(sample)) return index
  }
  return 0
}

function overlapsItself(text: string): boolean {
  for (let i = 1; i < text.length; i++) if (text.endsWith(text.slice(0, i))) return true
  return false
}
