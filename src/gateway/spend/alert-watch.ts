import type { Log } from '../../core/log.ts'
import { type Month, monthOf } from '../../core/month.ts'
import type { UsageEntry } from '../../core/usage-entry.ts'
import { findSpent, WHOLE_ORGANIZATION } from '../../db/spend.ts'
import { nextThresholds } from '../../db/spend-alerts.ts'
import type { Db } from '../../db/tables.ts'
import type { UsageFollower } from '../../ledger/usage.ts'
import type { Alerts } from './alerts.ts'
import type { Spender } from './money.ts'
import { AllWatched, type Watched } from './watched.ts'

export type AlertWatchParts = {
  /** For reading. */
  db: Db
  alerts: Pick<Alerts, 'raise' | 'close'>
  /** Milliseconds since the epoch. */
  now: () => number
  log: Pick<Log, 'debug' | 'warn'>
  /** Milliseconds after the last write of costs until an account with an alert is read once more: other nodes spend too. */
  recheckMs?: number
}

const RECHECK_MS = 5000

/**
 * Sees when an alert is reached: once on a machine, since it follows the usage as that is written. Of an account without an
 * alert ahead it reads nothing but that.
 */
export class AlertWatch implements UsageFollower {
  readonly #parts: AlertWatchParts
  readonly #all = new AllWatched()
  /** Those with an alert ahead whose costs were written since they were last read. */
  readonly #unread = new Set<Watched>()
  readonly #running = new Set<Promise<void>>()
  #recheck: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: AlertWatchParts) {
    this.#parts = parts
  }

  /**
   * Looks for alerts ahead of a project and its organization; to be called whenever the project's rules are loaded. It never
   * fails: what cannot be read is read later.
   */
  look({ organizationId, projectId }: Spender): Promise<void> {
    if (this.#closed) return Promise.resolve()
    const month = monthOf(this.#parts.now())
    const those = [WHOLE_ORGANIZATION, projectId].map((id) => this.#all.open(organizationId, id, month))
    return this.#run(this.#read(organizationId, month, those))
  }

  flushing(): void {}

  flushed(entries: readonly UsageEntry[]): void {
    const now = performance.now()
    for (const { kind, organization_id, project_id, at, amount_nano = 0 } of entries) {
      if (kind !== 'costs' || amount_nano === 0) continue
      const nano = BigInt(amount_nano)
      this.#wrote(organization_id, WHOLE_ORGANIZATION, at * 1000, nano, now)
      if (project_id) this.#wrote(organization_id, project_id, at * 1000, nano, now)
    }
  }

  /** Waits for alerts that are being raised, and for the mail of them as long as it is sensible. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#recheck)
    while (this.#running.size > 0) await Promise.all(this.#running)
    await this.#parts.alerts.close()
  }

  async #read(organizationId: string, month: Month, those: readonly Watched[]): Promise<void> {
    const { db, log } = this.#parts
    try {
      const ids = those.map(({ projectId }) => projectId)
      const thresholds = await nextThresholds(db, organizationId, ids, month.name)
      for (const one of those) {
        one.isRead = true
        if (!one.isRaising) one.alertAt = thresholds.get(one.projectId) ?? null
      }
      const ahead = those.filter(({ alertAt }) => alertAt !== null)
      if (ahead.length === 0) return
      const totals = await findSpent(db, organizationId, ids, month.name)
      for (const one of ahead) {
        // Totals only grow: the larger is the later, whichever came first.
        const spent = totals.get(one.projectId) ?? 0n
        if (spent > one.written) one.written = spent
        this.#raise(one)
      }
    } catch (err) {
      log.debug({ err }, 'spend alerts could not be read; it will be tried again')
      for (const one of those) this.#readLater(one)
    }
  }

  #wrote(organizationId: string, projectId: string, at: number, nano: bigint, now: number): void {
    const one = this.#all.open(organizationId, projectId, monthOf(at))
    one.written += nano
    // Without an alert ahead there is nothing to watch, unless nobody has looked in this month.
    if (one.isRead && one.alertAt === null) return
    this.#readLater(one, now)
    this.#raise(one)
  }

  #raise(one: Watched): void {
    if (one.isRaising || !one.isDue || this.#closed) return
    one.isRaising = true
    const raising = this.#parts.alerts.raise(one, one.month).then(
      ({ spent, next }) => {
        one.isRaising = false
        one.written = spent
        one.alertAt = next
      },
      (err) => {
        one.isRaising = false
        this.#parts.log.warn({ err }, 'spend alerts could not be raised; it will be tried again')
        this.#readLater(one)
      },
    )
    void this.#run(raising)
  }

  /** Sees to it that an account is read again when nothing is written any more: of the last costs of two nodes neither knows both. */
  #readLater(one: Watched, now = performance.now()): void {
    one.changedAt = now
    this.#unread.add(one)
    this.#startRecheck()
  }

  #startRecheck(): void {
    if (this.#recheck !== undefined || this.#closed) return
    this.#recheck = setTimeout(() => void this.#run(this.#readUnread()), this.#parts.recheckMs ?? RECHECK_MS)
    this.#recheck.unref()
  }

  async #readUnread(): Promise<void> {
    const before = performance.now() - (this.#parts.recheckMs ?? RECHECK_MS)
    for (const one of [...this.#unread]) {
      if (one.changedAt > before || this.#closed) continue
      this.#unread.delete(one)
      await this.#read(one.organizationId, one.month, [one])
    }
    this.#recheck = undefined
    if (this.#unread.size > 0) this.#startRecheck()
  }

  #run(work: Promise<void>): Promise<void> {
    const running = work.finally(() => this.#running.delete(running))
    this.#running.add(running)
    return running
  }
}
