import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../core/log.ts'
import { deleteExpiredChallenges } from '../db/expired-challenges.ts'
import { deleteLimitRefusals } from '../db/limit-refusals.ts'
import { announceMinutesGone } from '../db/minutes-kept.ts'
import {
  deleteAuditEvents,
  deleteExpiredOwned,
  deleteOldBatches,
  deleteUsageMinutes,
  deleteWriters,
  nextOrganization,
  nextUsagePart,
  oldWriters,
  type UsagePart,
} from '../db/retention.ts'
import { newestMinute, recordRetention, retentionRanAt } from '../db/retention-record.ts'
import { deleteFullAttempts } from '../db/sign-in-attempts.ts'
import { forgetSomeSpendOf } from '../db/spend-of-writer.ts'
import type { Db } from '../db/tables.ts'
import { deleteFailedWebhooks, deleteOrphanWebhooks } from '../db/webhook-deliveries.ts'
import type { Writer } from './beat.ts'
import { ClockCheck } from './clock-check.ts'

const DAY = 86_400
const HOUR = 3600
const EVERY_MS = HOUR * 1000
/** Not at the start itself, when there is enough to do. */
const FIRST_MS = 60_000
/** Between two deletions, so that others get their turn. */
const PAUSE_MS = 20
const MINUTE_MS = 60_000
/** What did not reach its receiver can be looked at for so long. */
const WEBHOOKS_DAYS = 30
/**
 * A writer that has been silent for so long has ended, whatever outage there was; or else what it has spent is of months that are over, the longest
 * of which is shorter: of the month that is counted nobody may be told both by it and by the totals.
 */
const WRITERS_DAYS = 40

export type RetentionParts = {
  /** The gate's own. */
  db: Db
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds since the epoch. */
  now: () => number
  /** Milliseconds on a clock that nobody sets; left out, the process's own. */
  elapsed?: () => number
  usageMinutesDays: number
  /** Also of batches that have ended. */
  responsesDays: number
  /** Null: the audit log is kept for ever. */
  auditDays: number | null
}

/**
 * Deletes what has had its time, once an hour, in small batches. It is asked in the beats that others cause, and every hour where
 * none do. What a wrong clock deletes is gone for good, so it waits an hour where the clock is in doubt.
 */
export class Retention implements Writer {
  readonly what = 'the retention'
  readonly kept = false
  readonly waiting = false
  readonly #parts: RetentionParts
  readonly #stop = new AbortController()
  readonly #check: ClockCheck
  /** Unix seconds at the beginning of the minute in which this process began. */
  readonly #begun: number
  #due: number
  readonly #hourly: NodeJS.Timeout
  #running: Promise<void> = Promise.resolve()

  constructor(parts: RetentionParts) {
    this.#parts = parts
    const { now, elapsed = () => performance.now() } = parts
    this.#check = new ClockCheck({ now, elapsed })
    this.#begun = Math.floor(now() / MINUTE_MS) * (MINUTE_MS / 1000)
    this.#due = now() + FIRST_MS
    this.#hourly = setInterval(() => void this.write(), EVERY_MS).unref()
  }

  /** Begins a run where one is due; nobody waits for it. */
  async write(): Promise<void> {
    const now = this.#parts.now()
    const isFar = this.#due - now > EVERY_MS
    // Far ahead is what is due where the clock was set back since.
    if ((now < this.#due && !isFar) || this.#stop.signal.aborted) return
    this.#due = now + EVERY_MS
    this.#running = this.#running.then(() => this.run())
  }

  /** One run, from the beginning to the end; a failure is logged, and the next hour's run goes on from there. */
  async run(): Promise<void> {
    const { db, log, usageMinutesDays, responsesDays, auditDays } = this.#parts
    const now = this.#parts.now()
    const seconds = Math.floor(now / 1000)
    const before = Math.floor((seconds - usageMinutesDays * DAY) / HOUR) * HOUR
    try {
      const parts = await this.#usageParts()
      if (await this.#isDoubtful(parts)) return
      for (const part of parts) {
        if ((await newestMinute(db, part, before)) !== null) {
          await announceMinutesGone(db, before)
          while ((await deleteUsageMinutes(db, part, before)) && (await this.#pause()));
        }
        if (!(await this.#pause())) return
      }
      while ((await deleteExpiredOwned(db, seconds)) && (await this.#pause()));
      while ((await deleteOldBatches(db, now - responsesDays * DAY * 1000)) && (await this.#pause()));
      while ((await deleteFullAttempts(db, now)) && (await this.#pause()));
      while ((await deleteExpiredChallenges(db, seconds)) && (await this.#pause()));
      while ((await deleteLimitRefusals(db, seconds - DAY)) && (await this.#pause()));
      while ((await deleteFailedWebhooks(db, seconds - WEBHOOKS_DAYS * DAY)) && (await this.#pause()));
      while ((await deleteOrphanWebhooks(db, seconds - WEBHOOKS_DAYS * DAY)) && (await this.#pause()));
      if (!(await this.#forgetWriters(seconds - WRITERS_DAYS * DAY))) return
      if (auditDays !== null && !(await this.#deleteAudit(seconds - auditDays * DAY))) return
      await recordRetention(db, now)
      this.#check.recorded(now)
    } catch (err) {
      log.warn({ err }, 'what is too old could not be deleted; it is tried again in an hour')
    }
  }

  /** Ends a run after the statement that it is at. */
  async close(): Promise<void> {
    clearInterval(this.#hourly)
    this.#stop.abort()
    await this.#running
  }

  /** Resolves when the run that was begun is over. */
  idle(): Promise<void> {
    return this.#running
  }

  /** What they have spent stays in the totals. @returns whether it came to the end */
  async #forgetWriters(before: number): Promise<boolean> {
    const { db } = this.#parts
    for (;;) {
      const old = await oldWriters(db, before)
      if (old.length === 0) return true
      for (const id of old) {
        while ((await forgetSomeSpendOf(db, id)) && (await this.#pause()));
        // A writer that is deleted is not found again, and what is left of it would stay for good.
        if (this.#stop.signal.aborted) return false
      }
      await deleteWriters(db, old)
      if (!(await this.#pause())) return false
    }
  }

  /** @returns whether it came to the end */
  async #deleteAudit(before: number): Promise<boolean> {
    const { db } = this.#parts
    for (let id = await nextOrganization(db, ''); id !== null; id = await nextOrganization(db, id)) {
      while ((await deleteAuditEvents(db, id, before)) && (await this.#pause()));
      if (!(await this.#pause())) return false
    }
    return true
  }

  async #usageParts(): Promise<UsagePart[]> {
    const parts: UsagePart[] = []
    for (let part: UsagePart | null = null; ; parts.push(part)) {
      part = await nextUsagePart(this.#parts.db, part)
      if (part === null) return parts
    }
  }

  /** Where no run was recorded yet, the newest usage of before this process says when the clock was right. */
  async #isDoubtful(parts: readonly UsagePart[]): Promise<boolean> {
    const { db, log, now } = this.#parts
    const known = await retentionRanAt(db)
    const last = known ?? (await this.#newestUsage(parts))
    const ms = this.#check.doubt(last)
    if (ms === 0) return false
    // So that a restart within the hour, after which usage of this hour is there too, doubts it as well.
    if (known === null) await recordRetention(db, last ?? this.#begun * 1000)
    const about = { clock: new Date(now()), last_run: last === null ? null : new Date(last), days: ms / (DAY * 1000) }
    log.warn(
      about,
      'the clock was set by more than a day, or nothing ran for as long: nothing that is too old is deleted for an hour',
    )
    return true
  }

  async #newestUsage(parts: readonly UsagePart[]): Promise<number | null> {
    let newest: number | null = null
    for (const part of parts) {
      const time = await newestMinute(this.#parts.db, part, this.#begun)
      if (time !== null) newest = Math.max(newest ?? 0, time * 1000)
    }
    return newest
  }

  /** @returns whether to go on */
  async #pause(): Promise<boolean> {
    if (!this.#stop.signal.aborted) await sleep(PAUSE_MS, undefined, { ref: false })
    return !this.#stop.signal.aborted
  }
}
