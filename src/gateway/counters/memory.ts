import type { UsageEntry } from '../../core/usage-entry.ts'
import type { LimitsTaken } from '../limits/limiter.ts'
import type { MemoryLimiter, SavedLevel } from '../limits/memory.ts'
import type { MemoryMoney } from '../spend/memory.ts'
import type { Spender } from '../spend/money.ts'
import { Reservation } from '../spend/reservation.ts'
import type { Decision, Share, Taken } from './counters.ts'
import type { CountersKeeper, GateCounters } from './make.ts'

/** Limits and money in this thread: each call is decided in one turn, in which nobody else can take anything. */
export class MemoryCounters implements GateCounters, CountersKeeper {
  readonly #limiter: MemoryLimiter
  readonly #money: MemoryMoney

  constructor(limiter: MemoryLimiter, money: MemoryMoney) {
    this.#limiter = limiter
    this.#money = money
  }

  /** @throws ApiError 503 where no more windows can be counted, or nobody has read what was spent */
  take({ windows, costs, money }: Share): Decision {
    if (money === null) return this.#limiter.take(windows, costs)
    const fitting = this.#money.fitting(money)
    if (!(fitting instanceof Reservation)) return { taken: null, short: fitting }
    const limits = this.#limiter.take(windows, costs)
    if (limits.taken === null) return limits
    fitting.hold()
    return { taken: new Both(limits.taken, fitting), levels: limits.levels }
  }

  load(spender: Spender): Promise<void> {
    return this.#money.load(spender)
  }

  flushing(): void {
    this.#money.flushing()
  }

  flushed(entries: readonly UsageEntry[]): void {
    this.#money.flushed(entries)
  }

  get daysChanged(): boolean {
    return this.#limiter.daysChanged
  }

  changedDays(): SavedLevel[] {
    return this.#limiter.changedDays()
  }

  restoreDays(saved: readonly SavedLevel[]): void {
    this.#limiter.restoreDays(saved)
  }
}

class Both implements Taken {
  readonly #limits: LimitsTaken
  readonly #money: Reservation

  constructor(limits: LimitsTaken, money: Reservation) {
    this.#limits = limits
    this.#money = money
  }

  settle(costs: readonly number[], nano: number): void {
    this.#limits.settle(costs)
    this.#money.settle(nano)
  }
}
