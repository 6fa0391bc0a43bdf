import { randomUUID } from 'node:crypto'
import { rmdir } from 'node:fs/promises'
import { Turns } from '../../db/turns.ts'
import type { BufferedUsage } from '../usage-buffer.ts'
import { lineOf, type NamedBatch } from './line.ts'
import { SegmentReader } from './reader.ts'
import { numberOf, OpenSegment, type Segment, segmentPath, segmentsIn } from './segment.ts'

/** A file is read as a whole, and deleted when all of it is in the database. */
const SEGMENT_BYTES = 4 * 2 ** 20
/** All files together, at most. */
const MOST_BYTES = 2 ** 30

/** Told of rows that cannot be read again. Where their file is there, it is left for the next start. */
export type SpillLoss = (rows: number, why: unknown) => void

/**
 * Usage that the database does not take as fast as it comes, in files of one folder: written and read in order, and deleted when it is in the
 * database. Each batch has its name before it is on the disk, so a process that finds what another left counts it once, whatever that one
 * had written of it. What is appended outlives the process, however that ends.
 */
export class Spill {
  readonly #folder: string
  readonly #lost: SpillLoss
  /** Names the process that appends, whatever else it writes. */
  readonly process = randomUUID()
  readonly #writer = `${this.process}/disk`
  readonly #turns = new Turns()
  /** Oldest first; the last one may be open. */
  readonly #segments: Segment[]
  #open: OpenSegment | null = null
  #reader: SegmentReader | null = null
  #number: number
  #batch = 0

  /** Finds what earlier processes left in the folder, which is made when it is needed. One process may have it at a time. */
  constructor(folder: string, lost: SpillLoss) {
    this.#folder = folder
    this.#lost = lost
    this.#segments = segmentsIn(folder)
    this.#number = Math.max(0, ...this.#segments.map(numberOf))
  }

  /** Rows that are not done. */
  get rows(): number {
    return this.#segments.reduce((sum, { rows }) => sum + rows, 0)
  }

  get isFull(): boolean {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0) >= MOST_BYTES
  }

  /** Whether a batch was appended by this process under a name that it was given here. */
  isOwn({ name }: NamedBatch): boolean {
    return name.writer === this.#writer
  }

  /**
   * Puts rows behind all others.
   * @param name which they have already, where they may be in the database
   * @throws what the file system does: then they are not here
   */
  append(rows: BufferedUsage[], name?: NamedBatch['name']): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#open && this.#open.segment.bytes >= SEGMENT_BYTES) await this.#close()
      this.#open ??= await this.#create()
      const batch = { name: name ?? { writer: this.#writer, batch: ++this.#batch }, rows }
      await this.#open.append(lineOf(batch), rows.length)
    })
  }

  /** The oldest batch, the same one until it is done; null where there is none. */
  first(): Promise<NamedBatch | null> {
    return this.#inTurn(async () => {
      for (;;) {
        const [segment] = this.#segments
        if (segment === undefined) return null
        if (this.#open?.segment === segment) await this.#close()
        try {
          this.#reader ??= await SegmentReader.open(segment)
        } catch (error) {
          await this.#drop(segment, error)
          continue
        }
        if (this.#reader.batch !== null) return this.#reader.batch
        await this.#drop(segment)
      }
    })
  }

  /** The oldest batch is in the database, or will never be. */
  done(): Promise<void> {
    return this.#inTurn(async () => {
      this.#reader?.next()
      const [segment] = this.#segments
      if (segment !== undefined && this.#reader?.batch === null) await this.#drop(segment)
    })
  }

  /** What was appended is on the disk when it returns. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#close())
  }

  async #create(): Promise<OpenSegment> {
    const created = await OpenSegment.create(segmentPath(this.#folder, ++this.#number))
    this.#segments.push(created.segment)
    return created
  }

  async #close(): Promise<void> {
    const open = this.#open
    this.#open = null
    await open?.close()
  }

  async #drop(segment: Segment, why: unknown = 'its file is damaged'): Promise<void> {
    if (segment.rows > 0) this.#lost(segment.rows, why)
    await this.#reader?.remove()
    this.#reader = null
    this.#segments.splice(this.#segments.indexOf(segment), 1)
    // Only an empty folder goes, and it does not matter where it stays.
    if (this.#segments.length === 0) await rmdir(this.#folder).catch(() => {})
  }

  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const endTurn = await this.#turns.next()
    try {
      return await act()
    } finally {
      endTurn()
    }
  }
}
