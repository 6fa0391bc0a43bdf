import { createHash } from 'node:crypto'

/*
 * What files contain. Large ones are not kept: whoever sends such a file makes it with `generated`, whose bytes say of
 * themselves how they are made again.
 */

const BLOCK_BYTES = 65_536
const STAMP_BYTES = 16
const stampOf = (seed: number, block: number) =>
  Buffer.from(`${seed.toString(16).padStart(6, '0')} ${block.toString(16).padStart(8, '0')}\n`)

/**
 * Bytes that cost no memory. Each block of 64 KiB begins with what it is made of.
 * @param seed less than 2^24 @param from where to begin, in bytes: a multiple of 65,536
 */
export function* generated(bytes: number, seed = 1, from = 0): Generator<Buffer> {
  const filling = Buffer.alloc(BLOCK_BYTES - STAMP_BYTES, `${seed * 2_654_435_761} is what this is filled with\n`)
  for (let left = bytes, block = from / BLOCK_BYTES; left > 0; left -= BLOCK_BYTES, block++) {
    yield stampOf(seed, block).subarray(0, left)
    if (left > STAMP_BYTES) yield filling.subarray(0, left - STAMP_BYTES)
  }
}

/** What is in a file. */
export class Content {
  readonly bytes: number
  readonly #chunks: () => Iterable<Buffer>
  #sha256: string | undefined

  constructor(bytes: number, chunks: () => Iterable<Buffer>, sha256?: string) {
    this.bytes = bytes
    this.#chunks = chunks
    this.#sha256 = sha256
  }

  static of(content: string | Buffer): Content {
    const kept = Buffer.from(content as string)
    return new Content(kept.length, () => [kept])
  }

  /** One after the other, as the parts of an upload. */
  static joined(parts: readonly Content[]): Content {
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
    return new Content(bytes, () => chunksOf(parts))
  }

  /** @throws Error, in the middle too, where it is not kept and cannot be made again */
  chunks(): Iterable<Buffer> {
    return this.#chunks()
  }

  text(): string {
    return Buffer.concat([...this.chunks()]).toString()
  }

  get sha256(): string {
    this.#sha256 ??= this.digest('sha256')
    return this.#sha256
  }

  digest(algorithm: 'sha256' | 'md5'): string {
    const hash = createHash(algorithm)
    for (const chunk of this.chunks()) hash.update(chunk)
    return hash.digest('hex')
  }
}

/** Takes a content as it comes in: a hash, a length, and as long as it is small the bytes. */
export class Incoming {
  #bytes = 0
  #first = Buffer.alloc(0)
  #kept: Buffer[] | null = []
  readonly #hash = createHash('sha256')
  readonly #keptBytes: number

  /** @param keptBytes what is longer is not kept, but made again */
  constructor(keptBytes: number) {
    this.#keptBytes = keptBytes
  }

  take(chunk: Buffer): void {
    this.#bytes += chunk.length
    this.#hash.update(chunk)
    if (this.#first.length < STAMP_BYTES) this.#first = Buffer.concat([this.#first, chunk]).subarray(0, STAMP_BYTES)
    if (this.#bytes > this.#keptBytes) this.#kept = null
    this.#kept?.push(Buffer.from(chunk))
  }

  end(): Content {
    const sha256 = this.#hash.digest('hex')
    const [bytes, kept] = [this.#bytes, this.#kept && [Buffer.concat(this.#kept)]]
    const stamp = Buffer.from(this.#first)
    return new Content(bytes, kept ? () => kept : () => madeAgain(bytes, stamp, sha256), sha256)
  }
}

function* chunksOf(parts: readonly Content[]): Generator<Buffer> {
  for (const part of parts) yield* part.chunks()
}

function* madeAgain(bytes: number, stamp: Buffer, sha256: string): Generator<Buffer> {
  const [, seed = '', block = ''] = /^([0-9a-f]{6}) ([0-9a-f]{8})\n$/.exec(stamp.toString('latin1')) ?? []
  if (seed === '') throw new Error('a large content is kept only if it was generated')
  const hash = createHash('sha256')
  // The last is given when all is known to be right: nobody has the whole of something else.
  let last: Buffer = Buffer.alloc(0)
  for (const chunk of generated(bytes, Number.parseInt(seed, 16), Number.parseInt(block, 16) * BLOCK_BYTES)) {
    hash.update(chunk)
    yield last
    last = chunk
  }
  if (hash.digest('hex') !== sha256) throw new Error('what came in was not what was generated')
  yield last
}
