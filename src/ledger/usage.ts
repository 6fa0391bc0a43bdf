import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../core/log.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { isRefusedValue } from '../db/errors.ts'
import type { Db } from '../db/tables.ts'
import { recordUsageOnce } from '../db/usage-batch.ts'
import type { Beat, Writer } from './beat.ts'
import { type BufferedUsage, UsageBuffer } from './usage-buffer.ts'

/** Rows in one transaction, at most: putting it together must not hold up the calls. At the end there are none any more. */
const BATCH = 250
const LAST_BATCH = 1000
/** Between two transactions, so that the other connection of a SQLite file, which asks in steps, gets the lock. */
const GAP_MS = 15
/** With as many rows waiting, writing begins at once. */
const MANY_ROWS = 2000
/** Most rows in memory: beyond, what cannot be written is lost, and counted. */
const MOST_ROWS = 50_000

export type UsageParts = {
  /** The gate's own. */
  db: Db
  beat: Beat
  log: Pick<Log, 'error'>
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
  flushing: () => void
  /** It is in the database, once; the entries are sums of what was recorded. None: the database refused it. */
  flushed: (entries: readonly UsageEntry[]) => void
}

/** Rows that are written together, or not at all. The number is given by the first attempt and stays. */
type Batch = { number: number | null; rows: BufferedUsage[] }

/**
 * What was used, on its way into the database. Recording costs about a microsecond and never fails: entries that are alike
 * become one row, and rows are written together with the beat. While the database is away it goes on collecting, up to a
 * bound; what is lost beyond it is counted and logged. What is not written yet is lost by a crash: about a second of it.
 */
export class Usage implements Writer {
  readonly what = 'usage'
  readonly kept = true
  readonly #parts: UsageParts
  readonly #writer = randomUUID()
  readonly #buffer = new UsageBuffer()
  /** Taken from the buffer and not in the database for certain; the first one is being written. */
  readonly #batches: Batch[] = []
  readonly #sources: UsageSource[] = []
  readonly #followers: UsageFollower[] = []
  #number = 0
  /** Whether it was logged that entries are lost since the last batch was written. */
  #told = false
  #closed = false

  constructor(parts: UsageParts) {
    this.#parts = parts
  }

  /** Distinct rows that are not in the database yet. */
  get buffered(): number {
    this.#collect()
    return this.#buffer.size + this.#taken
  }

  get waiting(): boolean {
    return this.#buffer.size > 0 || this.#batches.length > 0 || this.#sources.some(({ waiting }) => waiting)
  }

  /** Counts what was used; the entries are copied. Never throws and never waits. */
  record(entries: readonly UsageEntry[]): void {
    const room = this.#closed ? 0 : MOST_ROWS - this.#taken
    for (const entry of entries) {
      const what = this.#buffer.add(entry, room)
      if (what === 'full')
        this.#lose(1, this.#closed ? 'the server ends' : 'there is no room until what waits is written')
      else if (what === 'wrong') this.#lose(1, 'it is no whole amount')
    }
    this.wake()
    if (this.#buffer.size >= MANY_ROWS && !this.#closed) this.#parts.beat.urge(this)
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

  /** Writes the usage that is there when it begins: what comes meanwhile is the next beat's. */
  async write(): Promise<void> {
    this.#collect()
    let left = this.#buffer.size
    while (this.#batches.length > 0 || left > 0) {
      if (this.#batches.length === 0) {
        const rows = this.#buffer.take(this.#closed ? LAST_BATCH : BATCH)
        // The end has come meanwhile and has given it up.
        if (rows.length === 0) return
        left -= rows.length
        this.#batches.push({ number: null, rows })
      }
      await this.#writeFirst()
      if (left > 0 && !this.#closed) await sleep(GAP_MS)
    }
  }

  /** Has the beat write what is left, within its bound, and says what was lost. Nothing is recorded any more. */
  async close(): Promise<void> {
    this.#collect()
    this.#closed = true
    await this.#parts.beat.drain()
    const rows = [...this.#batches.splice(0).flatMap((batch) => batch.rows), ...this.#buffer.take(MOST_ROWS)]
    if (rows.length === 0) return
    const entries = rows.reduce((sum, { count }) => sum + count, 0)
    this.#parts.dropped(entries)
    this.#parts.log.error({ entries, rows: rows.length }, 'usage is lost: it could not be written before the end')
  }

  #collect() {
    for (const source of this.#sources) source.handOver()
  }

  get #taken(): number {
    let rows = 0
    for (const batch of this.#batches) rows += batch.rows.length
    return rows
  }

  async #writeFirst(): Promise<void> {
    const batch = this.#batches[0]
    if (!batch) return
    batch.number ??= ++this.#number
    const entries = batch.rows.map((row) => row.entry)
    const at = Math.floor(this.#parts.now() / 1000)
    this.#tell((follower) => follower.flushing())
    try {
      await recordUsageOnce(this.#parts.db, { writer: this.#writer, batch: batch.number, at }, entries)
    } catch (error) {
      if (!isRefusedValue(error)) throw error
      this.#batches.splice(0, 1, ...this.#halves(batch, error))
      this.#tell((follower) => follower.flushed([]))
      return
    }
    this.#batches.shift()
    this.#told = false
    this.#tell((follower) => follower.flushed(entries))
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

  /** One row that the database does not take must not hold up all others for ever: halving finds it, and it is lost. */
  #halves({ rows }: Batch, error: unknown): Batch[] {
    if (rows.length === 1) {
      this.#lose(rows[0]?.count ?? 0, 'the database does not take it', error)
      return []
    }
    const middle = Math.ceil(rows.length / 2)
    return [rows.slice(0, middle), rows.slice(middle)].map((half) => ({ number: null, rows: half }))
  }

  #lose(entries: number, why: string, err?: unknown) {
    this.#parts.dropped(entries)
    if (this.#told) return
    this.#told = true
    const fields = { buffered: this.buffered, ...(err !== undefined && { err }) }
    this.#parts.log.error(fields, `usage is lost: ${why}. gatehouse_usage_entries_dropped_total counts what follows`)
  }
}
