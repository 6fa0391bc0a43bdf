import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../core/log.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { isRefusedValue } from '../db/errors.ts'
import type { Db } from '../db/tables.ts'
import { type BatchName, recordUsageOnce } from '../db/usage-batch.ts'
import type { Beat, Writer } from './beat.ts'
import { Overflow } from './spill/overflow.ts'
import type { Spill } from './spill/spill.ts'
import { type Batch, halvesOf, rowsInMemory } from './usage-batch.ts'
import { type BufferedUsage, entriesIn, UsageBuffer } from './usage-buffer.ts'

/** Rows in one transaction, and where many wait: putting it together must not hold up the calls. At the end there are none any more. */
const BATCH = 250
const FULL_BATCH = 500
const LAST_BATCH = 1000
/** Between two transactions, so that the other connection of a SQLite file, which asks in steps, gets the lock. */
const GAP_MS = 15
/** With as many rows waiting, writing begins at once. */
const MANY_ROWS = 2000
/** Rows written before others that are written with the beat have their turn. */
const TURN_ROWS = 5000
/** Most rows in memory: beyond, what can be neither written nor put on the disk is lost, and counted. */
const MOST_ROWS = 50_000

export type UsageParts = {
  /** The gate's own. */
  db: Db
  beat: Beat
  log: Pick<Log, 'warn' | 'error'>
  /** Where what the database does not take as fast as it comes is kept; null: in memory alone. */
  spill: Spill | null
  /** See `BatchName`. */
  byWriter?: boolean
  /** Told of entries that are lost. */
  dropped: (entries: number) => void
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Who collects what was used before it is entries; it calls `wake` of the beat when it has some. */
export interface UsageSource {
  readonly waiting: boolean
  /** Gives all of it to `Usage.record`: before entries are written, or counted. */
  handOver: () => void
}

/** Who keeps count of what is in the database. */
export interface UsageFollower {
  /** A batch is about to be written; again where an attempt failed, after which nobody knows whether it is in the database. */
  flushing: (name: Pick<BatchName, 'writer' | 'batch'>) => void
  /**
   * It is in the database, once; the entries are sums of what was recorded. None: the database refused it.
   * @param name its name there: the numbers of one writer rise
   */
  flushed: (entries: readonly UsageEntry[], name: Pick<BatchName, 'writer' | 'batch'>) => void
}

/**
 * What was used, on its way into the database. Recording costs about a microsecond and never fails: entries that are alike
 * become one row, and rows are written together with the beat. What the database does not take in time goes on the disk, in the order in
 * which it came. Without such a place, or where that is full, it is collected up to a bound; what is lost beyond it is counted and
 * logged. What is in memory is lost by a crash: about a second of it.
 */
export class Usage implements Writer {
  readonly what = 'usage'
  readonly kept = true
  readonly #parts: UsageParts
  /** Names this process among all that write to the database. */
  readonly writer: string
  readonly #buffer = new UsageBuffer()
  readonly #overflow: Overflow
  /** Taken from the buffer or the disk and not in the database for certain; the first one is being written. */
  readonly #batches: Batch[] = []
  readonly #sources: UsageSource[] = []
  readonly #followers: UsageFollower[] = []
  #number = 0
  /** Whether it was logged that entries are lost since the last batch was written. */
  #told = false
  #closed = false
  /** What is not written by then is not tried any more. */
  #ended = false

  constructor(parts: UsageParts) {
    this.#parts = parts
    const { spill, log } = parts
    this.writer = spill?.process ?? randomUUID()
    const giveBack = (rows: BufferedUsage[]) => void this.#batches.push({ name: null, rows, spilled: null })
    this.#overflow = new Overflow({ spill, log, buffer: this.#buffer, giveBack })
    // What an earlier process left is written without anybody using anything.
    if (this.#overflow.rows > 0) this.wake()
  }

  /** Distinct rows that are not in the database yet, wherever they are. */
  get buffered(): number {
    this.#collect()
    return this.#left
  }

  get waiting(): boolean {
    return this.#left > 0 || this.#sources.some(({ waiting }) => waiting)
  }

  /** Counts what was used; the entries are copied. Never throws and never waits. */
  record(entries: readonly UsageEntry[]): void {
    this.recordSums(entries.map((entry) => ({ entry, count: 1 })))
  }

  /** The same with sums of entries, as another thread hands them over. */
  recordSums(sums: readonly BufferedUsage[]): void {
    const room = this.#closed ? 0 : MOST_ROWS - rowsInMemory(this.#batches) - this.#overflow.moving
    for (const { entry, count } of sums) {
      const what = this.#buffer.add(entry, room, count)
      if (what === 'full')
        this.#lose(count, this.#closed ? 'the server ends' : 'there is no room until what waits is written')
      else if (what === 'wrong') this.#lose(count, 'it is no whole amount')
    }
    this.wake()
    if (this.#buffer.size >= MANY_ROWS && !this.#closed) this.#parts.beat.urge(this)
    this.#overflow.relieve()
  }

  /** Says that there is something to write, here or at a source. */
  wake(): void {
    this.#parts.beat.wake()
  }

  /** Has somebody asked for what they have collected. */
  takeFrom(source: UsageSource): void {
    this.#sources.push(source)
  }

  /** Has somebody told of every batch. */
  follow(follower: UsageFollower): void {
    this.#followers.push(follower)
  }

  /** Writes the usage that is there when it begins, the oldest first: what comes meanwhile is the next beat's. */
  async write(): Promise<void> {
    this.#collect()
    const all = this.#left
    const end = this.#closed ? all : Math.min(all, TURN_ROWS)
    for (let written = 0; written < end && !this.#ended; ) {
      if (this.#batches.length === 0) await this.#takeNext(all)
      const [batch] = this.#batches
      if (batch === undefined) return
      written += await this.#writeFirst(batch)
      if (this.#left > 0 && !this.#closed) await sleep(GAP_MS)
    }
    if (end < all && !this.#closed) this.#parts.beat.urge(this)
  }

  /**
   * Has the beat write what is left, within its bound; what is left then is put on the disk, for the next start, or else lost, and said
   * so. Nothing is recorded any more.
   * @returns whether nothing is left that was to be written
   */
  async close(): Promise<boolean> {
    this.#collect()
    this.#closed = true
    await this.#parts.beat.drain()
    this.#ended = true
    const rest = this.#batches.splice(0).filter(({ spilled }) => !spilled)
    rest.push({ name: null, rows: this.#buffer.take(MOST_ROWS), spilled: null })
    const { kept, lost } = await this.#overflow.close(rest)
    if (kept > 0) this.#parts.log.warn({ rows: kept }, 'usage waits on the disk: the next start writes it')
    if (lost.length === 0) return kept === 0
    const entries = entriesIn(lost)
    this.#parts.dropped(entries)
    this.#parts.log.error({ entries, rows: lost.length }, 'usage is lost: it could not be written before the end')
    return false
  }

  #collect() {
    for (const source of this.#sources) source.handOver()
  }

  /** What is on the disk counts there. */
  get #left(): number {
    return rowsInMemory(this.#batches) + this.#overflow.rows + this.#buffer.size
  }

  async #takeNext(waiting: number): Promise<void> {
    const spilled = await this.#overflow.first()
    if (spilled !== null) {
      this.#batches.push(spilled)
      return
    }
    const rows = this.#buffer.take(this.#closed ? LAST_BATCH : waiting >= MANY_ROWS ? FULL_BATCH : BATCH)
    if (rows.length > 0) this.#batches.push({ name: null, rows, spilled: null })
  }

  /** @returns how many rows are over with it */
  async #writeFirst(batch: Batch): Promise<number> {
    batch.name ??= { writer: this.writer, batch: ++this.#number }
    const { name } = batch
    const entries = batch.rows.map((row) => row.entry)
    const { byWriter = false } = this.#parts
    const at = Math.floor(this.#parts.now() / 1000)
    this.#tell((follower) => follower.flushing(name))
    try {
      await recordUsageOnce(this.#parts.db, { ...name, at, byWriter }, entries)
    } catch (error) {
      if (!isRefusedValue(error)) throw error
      const halves = this.#halves(batch, error)
      this.#tell((follower) => follower.flushed([], name))
      await this.#over(batch, halves)
      return halves.length > 0 ? 0 : batch.rows.length
    }
    this.#told = false
    // Nobody here has counted what another process has left.
    this.#tell((follower) => follower.flushed(batch.spilled?.own === false ? [] : entries, name))
    await this.#over(batch, [])
    return batch.rows.length
  }

  /** Puts others in a batch's place. Of what is on the disk all has to be over. */
  async #over(batch: Batch, instead: Batch[]): Promise<void> {
    // The end has put it on the disk or left it there: whoever reads it again counts it once.
    if (this.#ended) return
    this.#batches.splice(0, 1, ...instead)
    if (batch.spilled && !this.#batches.some(({ spilled }) => spilled)) await this.#overflow.done()
  }

  #tell(say: (follower: UsageFollower) => void) {
    for (const follower of this.#followers) {
      try {
        say(follower)
      } catch (err) {
        this.#parts.log.error({ err }, 'those who follow the usage could not be told of it')
      }
    }
  }

  /** Of a row that the database does not take nothing is left. */
  #halves(batch: Batch, error: unknown): Batch[] {
    if (batch.rows.length > 1) return halvesOf(batch)
    this.#lose(entriesIn(batch.rows), 'the database does not take it', error)
    return []
  }

  #lose(entries: number, why: string, err?: unknown) {
    this.#parts.dropped(entries)
    if (this.#told) return
    this.#told = true
    const fields = { buffered: this.buffered, ...(err !== undefined && { err }) }
    this.#parts.log.error(fields, `usage is lost: ${why}. gatehouse_usage_entries_dropped_total counts what follows`)
  }
}
