const NEWLINE = 0x0a
const EMPTY = Buffer.alloc(0)

/** A line of a file. */
export type Line = {
  /** From 1. */
  number: number
  /** Without its end; null where it is longer than any may be. */
  bytes: Buffer | null
  /** The position behind it, with its end. */
  end: number
}

/** Takes a file apart into lines, as it comes. Only the one that has not ended is held. */
export class Lines {
  readonly #most: number
  #rest: Buffer[] = []
  #length = 0
  #number = 0
  #at: number

  /** @param most bytes that a line may have @param at the position at which the file is begun to be read */
  constructor(most: number, at = 0) {
    this.#most = most
    this.#at = at
  }

  *take(chunk: Buffer): Generator<Line> {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.#add(chunk.subarray(from, end))
      from = end + 1
      yield this.#line(1)
    }
    this.#add(chunk.subarray(from))
  }

  /** The last line, where nothing ends it. */
  *rest(): Generator<Line> {
    if (this.#length > 0) yield this.#line(0)
  }

  #add(bytes: Buffer): void {
    this.#length += bytes.length
    if (this.#length > this.#most) this.#rest = []
    else if (bytes.length > 0) this.#rest.push(bytes)
  }

  #line(ended: number): Line {
    const [only = EMPTY, ...more] = this.#rest
    this.#at += this.#length + ended
    const isLong = this.#length > this.#most
    const bytes = isLong ? null : more.length === 0 ? only : Buffer.concat(this.#rest)
    this.#rest = []
    this.#length = 0
    return { number: ++this.#number, bytes, end: this.#at }
  }
}

/** Whether there is nothing in a line that a reader of JSON does not skip. */
export function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false
  return true
}
