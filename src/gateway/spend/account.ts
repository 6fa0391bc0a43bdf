import { NANOS_PER_CENT } from '../../core/money.ts'
import { isIn, type Month, monthOf } from '../../core/month.ts'

/** An account's money in one month, in nano-dollars. */
export class MonthLedger {
  readonly month: Month
  /** The database's total when it was last read, and what this process has written since. */
  written = 0n
  /** Settled here and not in the database yet. */
  unwritten = 0n
  /** The most that calls which are not settled can cost. */
  reserved = 0n
  /** What batches hold that have not ended, as the database had it when it was last read. */
  batches = 0n
  /** The reading that `written` is of: they are numbered in the order in which they began. */
  reading = 0

  constructor(month: Month) {
    this.month = month
  }

  get spent(): bigint {
    return this.written + this.unwritten
  }

  /** What is not spent and not to be had either. */
  get held(): bigint {
    return this.reserved + this.batches
  }

  get isIdle(): boolean {
    return this.unwritten === 0n && this.reserved === 0n
  }

  /**
   * Takes up what was read. Where nobody knows whether that has all that was written here, the total stays; and batches hold no less than
   * before, since what they hold no more may be what they have spent.
   */
  read(spent: bigint, held: bigint, isCertain: boolean): void {
    if (isCertain) this.written = spent
    if (isCertain || held > this.batches) this.batches = held
  }
}

/** What a project, or an organization altogether, spends. */
export class Account {
  readonly organizationId: string
  /** Empty: the organization. */
  readonly projectId: string
  /** Whether its total was read: until then nobody knows what is left. */
  loaded = false
  /** Milliseconds on the process's clock when it was last asked for. */
  usedAt = 0
  #current: MonthLedger
  /** The month before, whose last calls are being settled. */
  #previous: MonthLedger | null = null
  #cents: number | null = null
  #limit: bigint | null = null

  constructor(organizationId: string, projectId: string, month: Month) {
    this.organizationId = organizationId
    this.projectId = projectId
    this.#current = new MonthLedger(month)
  }

  get isIdle(): boolean {
    return this.#current.isIdle && (this.#previous?.isIdle ?? true)
  }

  /**
   * The ledger of the month that a call was let in. A month that has not been seen begins with nothing spent; no job resets
   * it. A call of a month that nobody remembers any more is on a ledger of its own.
   * @param at epoch milliseconds
   */
  ledger(at: number): MonthLedger {
    const current = this.#current
    if (isIn(current.month, at)) return current
    if (at < current.month.from) return this.find(at) ?? new MonthLedger(monthOf(at))
    const next = new MonthLedger(monthOf(at))
    // What batches hold is held in whatever month it is.
    next.batches = current.batches
    this.#previous = current
    this.#current = next
    return next
  }

  /** The ledger of the month that it is now, also where the clock was set back from a later one. */
  turnTo(month: Month): MonthLedger {
    if (this.#current.month.from > month.from) {
      const back = this.find(month.from) ?? new MonthLedger(month)
      this.#previous = this.#current
      this.#current = back
    }
    return this.ledger(month.from)
  }

  /** The ledger of a moment's month, where there is one. @param at epoch milliseconds */
  find(at: number): MonthLedger | null {
    if (isIn(this.#current.month, at)) return this.#current
    return this.#previous && isIn(this.#previous.month, at) ? this.#previous : null
  }

  /** A limit in nano-dollars; null where there is none. @param cents as the rules have it */
  limit(cents: number | null): bigint | null {
    if (cents !== this.#cents) {
      this.#cents = cents
      this.#limit = cents === null ? null : BigInt(cents) * NANOS_PER_CENT
    }
    return this.#limit
  }
}
