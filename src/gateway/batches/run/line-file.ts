import type { Hold } from './memory.ts'

const NEWLINE = 0x0a
const EMPTY = Buffer.alloc(0)
/** Bytes that are read at once. */
const AT_ONCE = 65_536

/** Where a line stands. @property number from 1 @property bytes with its end */
export type LineAt = { number: number; at: number; bytes: number }

/** Reads some of a file. @returns fewer bytes than asked for only where it ends */
export type ReadAt = (at: number, bytes: number) => Promise<Buffer>

/** A file of lines, of which it is found out where they stand: none is held but by whoever has memory for it. */
export class LineFile {
  readonly #read: ReadAt
  #chunk: Buffer = EMPTY
  #chunkAt = 0
  #at = 0
  #number = 0

  constructor(read: ReadAt) {
    this.#read = read
  }

  /** Where the next line stands; null: there is no other. What no end of a line follows is none. @throws what reading throws; it can be asked again */
  async next(): Promise<LineAt | null> {
    for (let from = this.#at; ; ) {
      const chunk = this.#cached(from) ?? (await this.#load(from))
      if (chunk.length === 0) return null
      const end = chunk.indexOf(NEWLINE)
      if (end < 0) {
        from += chunk.length
        continue
      }
      const line = { number: this.#number + 1, at: this.#at, bytes: from + end + 1 - this.#at }
      this.#at += line.bytes
      this.#number++
      return line
    }
  }

  /** A line, without its end. @param _hold memory that was taken for it before */
  async take({ at, bytes }: LineAt, _hold: Hold): Promise<Buffer> {
    const cached = this.#cached(at)
    // A copy: else a short line would hold all that was read with it.
    if (cached !== null && cached.length >= bytes) return Buffer.from(cached.subarray(0, bytes - 1))
    const read = await this.#read(at, bytes)
    if (read.length < bytes) throw new Error('a file of lines has lost bytes')
    return read.subarray(0, bytes - 1)
  }

  /** Holds nothing of it until it is read on. */
  rest(): void {
    this.#chunk = EMPTY
  }

  /** What is there from a position on; null: it is to be read. */
  #cached(from: number): Buffer | null {
    const at = from - this.#chunkAt
    return at >= 0 && at < this.#chunk.length ? this.#chunk.subarray(at) : null
  }

  async #load(from: number): Promise<Buffer> {
    this.#chunk = await this.#read(from, AT_ONCE)
    this.#chunkAt = from
    return this.#chunk
  }
}
