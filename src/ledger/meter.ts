import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../core/log.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { isRefusedValue } from '../db/errors.ts'
import type { Db } from '../db/tables.ts'
import { recordUsageOnce } from '../db/usage-batch.ts'
import { Attempts } from './attempts.ts'
import { type Held, UsageBuffer } from './usage-buffer.ts'
import { within } from './within.ts'

/** Entries reach the database within this and the time of writing them. */
const EVERY_MS = 500
/** Rows in one transaction, at most: putting it together must not hold up the calls. At the end there are none any more. */
const BATCH = 250
const LAST_BATCH = 1000
/** Between two transactions, so that the other connection of a SQLite file, which asks in steps, gets the lock. */
const GAP_MS = 15
/** With as many rows waiting, writing begins at once. */
const MANY_ROWS = 2000
/** Most rows in memory: beyond, what cannot be written is lost, and counted. */
const MOST_ROWS = 50_000
/** How long a shutdown tries to write what is left, and the pause between attempts then. */
const DRAIN_MS = 5000
const DRAIN_PAUSE_MS = 100

export type MeterParts = {
  /** The gate's own. */
  db: Db
  log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Told of entries that are lost. */
  dropped: (entries: number) => void
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Who keeps count of what is in the database. */
export type Follower = {
  /** A batch is about to be written; again where an attempt failed, after which nobody knows whether it is in the database. */
  flushing: () => void
  /** It is in the database, once; the entries are sums of what was recorded. None: the database refused it. */
  flushed: (entries: readonly UsageEntry[]) => void
}

/** Rows that are written together, or not at all. The number is given by the first attempt and stays. */
type Batch = { number: number | null; rows: Held[] }

/**
 * What was used, on its way into the database. Recording costs about a microsecond and never fails: entries that are alike
 * become one row, and rows are written together twice a second. While the database is away it goes on collecting, up to a
 * bound; what is lost beyond it is counted and logged. What is not written yet is lost by a crash: about a second of it.
 */
export class Meter {
  readonly #parts: MeterParts
  readonly #writer = randomUUID()
  readonly #buffer = new UsageBuffer()
  /** Taken from the buffer and not in the database for certain; the first one is being written. */
  readonly #batches: Batch[] = []
  readonly #attempts: Attempts
  readonly #followers: Follower[] = []
  readonly #beside: { write: () => Promise<void>; attempts: Attempts }[] = []
  #collect: () => void = () => {}
  /** Whether one of those that write beside has something. */
  #woken = false
  #beats: NodeJS.Timeout | undefined
  #beating: Promise<void> | undefined
  #hurried = false
  #number = 0
  /** Whether it was logged that entries are lost since the last batch was written. */
  #told = false
  #closed = false

  constructor(parts: MeterParts) {
    this.#parts = parts
    this.#attempts = new Attempts(parts.log, 'usage')
  }

  /** Distinct rows that are not in the database yet. */
  get buffered(): number {
    this.#collect()
    return this.#buffer.size + this.#taken
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
    if (this.#beats === undefined) this.#start()
    if (this.#buffer.size >= MANY_ROWS && !this.#hurried) this.#hurry()
  }

  /**
   * Has entries handed over, by `record`, that are collected elsewhere: before they are written, or asked for.
   * @returns what to call when there are some: a beat comes within half a second
   */
  collect(from: () => void): () => void {
    this.#collect = from
    return () => {
      if (this.#beats === undefined) this.#start()
    }
  }

  /** Has somebody told of every batch. */
  follow(follower: Follower): void {
    this.#followers.push(follower)
  }

  /**
   * Has something else written in the same beats, after the usage. It is asked in every beat, again when it failed, and once
   * more at the shutdown: so it keeps what it could not write, and returns at once when there is nothing.
   * @param what begins the log's sentences about it
   * @returns what to call when there is something to write: a beat comes within half a second
   */
  alongside(what: string, write: () => Promise<void>): () => void {
    this.#beside.push({ write, attempts: new Attempts(this.#parts.log, what) })
    return () => {
      this.#woken = true
      if (this.#beats === undefined) this.#start()
    }
  }

  /** Makes an attempt at writing all that there is now; it does not fail when the attempt does. */
  async flush(): Promise<void> {
    await this.#beating
    await this.#beat()
  }

  /** Writes what is left, for at most five seconds, and says what was lost. Nothing is recorded any more. */
  async close(): Promise<void> {
    this.#collect()
    this.#closed = true
    clearInterval(this.#beats)
    const over = new AbortController()
    await within(DRAIN_MS, this.#drain(over.signal), over)
    const rows = [...this.#batches.flatMap((batch) => batch.rows), ...this.#buffer.take(Number.POSITIVE_INFINITY)]
    if (rows.length === 0) return
    const entries = rows.reduce((sum, { count }) => sum + count, 0)
    this.#parts.dropped(entries)
    this.#parts.log.error({ entries, rows: rows.length }, 'usage is lost: it could not be written before the end')
  }

  async #drain(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.flush()
      if (!this.#waiting) return
      await sleep(DRAIN_PAUSE_MS)
      if (signal.aborted) return
    }
  }

  get #taken(): number {
    let rows = 0
    for (const batch of this.#batches) rows += batch.rows.length
    return rows
  }

  get #waiting(): boolean {
    this.#collect()
    return this.#woken || this.#buffer.size > 0 || this.#batches.length > 0
  }

  /** No timer runs while there is nothing to write. It keeps no process alive: the shutdown writes what is left. */
  #start() {
    if (this.#closed) return
    this.#beats = setInterval(() => {
      if (this.#waiting || this.#beating) return void this.#beat()
      clearInterval(this.#beats)
      this.#beats = undefined
    }, EVERY_MS)
    this.#beats.unref()
  }

  #hurry() {
    if (this.#closed || this.#beating || this.#attempts.pausing) return
    this.#hurried = true
    setImmediate(() => {
      this.#hurried = false
      if (!this.#closed) void this.#beat()
    })
  }

  /** One at a time. The shutdown does not wait for the end of a pause. */
  #beat(): Promise<void> {
    this.#beating ??= this.#write().finally(() => {
      this.#beating = undefined
    })
    return this.#beating
  }

  async #write(): Promise<void> {
    this.#collect()
    this.#woken = false
    const ready = (attempts: Attempts) => this.#closed || !attempts.pausing
    const isDown = !ready(this.#attempts) || !(await this.#attempts.make(() => this.#writeUsage()))
    // Where the usage cannot be written, the rest cannot either: it is not asked to find that out by waiting.
    for (const { write, attempts } of this.#beside) {
      if (isDown || !ready(attempts) || !(await attempts.make(write))) this.#woken = true
    }
  }

  /** The usage that is there when it begins: what comes meanwhile is the next beat's. */
  async #writeUsage(): Promise<void> {
    let left = this.#buffer.size
    while (this.#batches.length > 0 || left > 0) {
      if (this.#batches.length === 0) {
        const rows = this.#buffer.take(this.#closed ? LAST_BATCH : BATCH)
        left -= rows.length
        this.#batches.push({ number: null, rows })
      }
      await this.#writeFirst()
      if (left > 0 && !this.#closed) await sleep(GAP_MS)
    }
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

  #tell(say: (follower: Follower) => void) {
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
