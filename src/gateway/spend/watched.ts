import type { Month } from '../../core/month.ts'
import { WHOLE_ORGANIZATION } from '../../db/spend.ts'

/** How long one that nobody asks for is kept: far longer than rules are believed. */
const KEPT_MS = 600_000
/** Looked at for eviction at each opening: more than can be new, so that the idle ones go. */
const SWEPT = 4

/** What an account has spent in a month, as far as its alerts go. */
export class Watched {
  readonly organizationId: string
  /** Empty: the organization altogether. */
  readonly projectId: string
  readonly month: Month
  /** Nano-dollars in the database, as far as is known here; whoever raises an alert reads them. */
  written = 0n
  /** The lowest amount that an alert waits for; null: none does. */
  alertAt: bigint | null = null
  /** Whether anybody has looked whether there are alerts. */
  isRead = false
  /** Whether alerts are being raised now. */
  isRaising = false
  /** Milliseconds on the process's clock when it was last asked for, and when what is to be read of it last changed. */
  usedAt = 0
  changedAt = 0

  constructor(organizationId: string, projectId: string, month: Month) {
    this.organizationId = organizationId
    this.projectId = projectId
    this.month = month
  }

  /** Whether what the database has reaches an alert. Nothing spent reaches none, not even one at nothing. */
  get isDue(): boolean {
    return this.alertAt !== null && this.written > 0n && this.written >= this.alertAt
  }
}

/** Those that were used in the last ten minutes, and no more. */
export class AllWatched {
  /** In the order in which they were last opened. */
  readonly #byId = new Map<string, Watched>()

  /** One as it is in memory, made where there is none; it is kept for another while. */
  open(organizationId: string, projectId: string, month: Month): Watched {
    const now = performance.now()
    const id = `${projectId === WHOLE_ORGANIZATION ? organizationId : projectId} ${month.name}`
    const one = this.#byId.get(id) ?? new Watched(organizationId, projectId, month)
    one.usedAt = now
    // Behind all others: the map's order says who was asked for when.
    this.#byId.delete(id)
    this.#byId.set(id, one)
    this.#evict(now)
    return one
  }

  #evict(now: number): void {
    let left = SWEPT
    for (const [id, one] of this.#byId) {
      if (one.usedAt > now - KEPT_MS || left-- === 0) return
      this.#byId.delete(id)
      if (!one.isRaising && !one.isDue) continue
      one.usedAt = now
      this.#byId.set(id, one)
    }
  }
}
