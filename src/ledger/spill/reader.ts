import { readFile, rm } from 'node:fs/promises'
import { batchOf, linesOf, type NamedBatch } from './line.ts'
import type { Segment } from './segment.ts'

/** Reads a file's batches one after the other, and deletes it. */
export class SegmentReader {
  readonly #segment: Segment
  readonly #lines: Generator<Buffer>
  /** The one that is next; null at the end. */
  batch: NamedBatch | null = null

  private constructor(segment: Segment, bytes: Buffer) {
    this.#segment = segment
    this.#lines = linesOf(bytes)
    this.#read()
  }

  static async open(segment: Segment): Promise<SegmentReader> {
    return new SegmentReader(segment, await readFile(segment.path))
  }

  next(): void {
    this.#segment.rows -= this.batch?.rows.length ?? 0
    this.#read()
  }

  /** A file that cannot be deleted is no matter: whoever reads it again counts nothing twice. */
  async remove(): Promise<void> {
    await rm(this.#segment.path).catch(() => {})
  }

  #read() {
    const { value } = this.#lines.next()
    this.batch = value === undefined ? null : batchOf(value)
  }
}
