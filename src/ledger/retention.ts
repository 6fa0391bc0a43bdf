import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../core/log.ts'
import {
  deleteExpiredOwned,
  deleteOldWriters,
  deleteUsageMinutes,
  nextUsagePart,
  type UsagePart,
} from '../db/retention.ts'
import type { Db } from '../db/tables.ts'
import type { Writer } from './beat.ts'

const DAY = 86_400
const HOUR = 3600
const EVERY_MS = HOUR * 1000
/** Not at the start itself, when there is enough to do. */
const FIRST_MS = 60_000
/** Between two deletions, so that others get their turn. */
const PAUSE_MS = 20
/** A writer that has been silent for so long has ended, whatever outage there was. */
const WRITERS_DAYS = 30

export type RetentionParts = {
  /** The gate's own. */
  db: Db
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds since the epoch. */
  now: () => number
  usageMinutesDays: number
}

/**
 * Deletes what has had its time, once an hour, in small batches. It is asked in the beats that others cause: where nothing is
 * used, nothing grows.
 */
export class Retention implements Writer {
  readonly what = 'the retention'
  readonly kept = false
  readonly waiting = false
  readonly #parts: RetentionParts
  readonly #stop = new AbortController()
  #due: number
  #running: Promise<void> = Promise.resolve()

  constructor(parts: RetentionParts) {
    this.#parts = parts
    this.#due = parts.now() + FIRST_MS
  }

  /** Begins a run where one is due; nobody waits for it. */
  async write(): Promise<void> {
    const now = this.#parts.now()
    if (now < this.#due || this.#stop.signal.aborted) return
    this.#due = now + EVERY_MS
    this.#running = this.#running.then(() => this.run())
  }

  /** One run, from the beginning to the end; a failure is logged, and the next hour's run goes on from there. */
  async run(): Promise<void> {
    const { db, log, usageMinutesDays } = this.#parts
    const now = Math.floor(this.#parts.now() / 1000)
    const before = Math.floor((now - usageMinutesDays * DAY) / HOUR) * HOUR
    try {
      for (let part: UsagePart | null = null; ; ) {
        part = await nextUsagePart(db, part)
        if (part === null) break
        while ((await deleteUsageMinutes(db, part, before)) && (await this.#pause()));
        if (!(await this.#pause())) return
      }
      while ((await deleteExpiredOwned(db, now)) && (await this.#pause()));
      await deleteOldWriters(db, now - WRITERS_DAYS * DAY)
    } catch (err) {
      log.warn({ err }, 'what is too old could not be deleted; it is tried again in an hour')
    }
  }

  /** Ends a run after the statement that it is at. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  /** Resolves when the run that was begun is over. */
  idle(): Promise<void> {
    return this.#running
  }

  /** @returns whether to go on */
  async #pause(): Promise<boolean> {
    if (!this.#stop.signal.aborted) await sleep(PAUSE_MS, undefined, { ref: false })
    return !this.#stop.signal.aborted
  }
}
