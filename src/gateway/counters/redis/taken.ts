import type { Window } from '../../limits/limiter.ts'
import type { Money } from '../../spend/money.ts'
import type { Share, Taken } from '../counters.ts'
import type { RedisAccount } from './account.ts'
import { type Amount, amountOf } from './amount.ts'

/** Money of a call, as it is held in Redis. */
export type Held = {
  amount: Amount
  project: RedisAccount
  organization: RedisAccount
  limits: readonly (Amount | null)[]
}

/** A call that is on its way to Redis, is held there, or is to be settled there. */
export class RedisTaken implements Taken {
  readonly id: string
  readonly windows: readonly Window[]
  /** Of the windows, among their organization's keys. */
  readonly names: readonly string[]
  readonly costs: readonly number[]
  readonly money: Money | null
  readonly held: Held | null
  readonly #settle: (taken: RedisTaken) => Promise<void>
  /** What it is settled to, once that is known. */
  settled: readonly number[] | null = null
  /** Whether Redis knows it as settled. */
  isDone = false
  /** Until when it is to be settled again though Redis does not know it: it may be on its way yet. */
  doubtUntil = 0
  /** Whether an attempt to settle it may have arrived. */
  isAgain = false

  constructor(
    id: string,
    { windows, costs, money }: Share,
    names: readonly string[],
    held: Held | null,
    settle: (taken: RedisTaken) => Promise<void>,
  ) {
    this.id = id
    this.windows = windows
    this.names = names
    this.costs = costs
    this.money = money
    this.held = held
    this.#settle = settle
  }

  settle(costs: readonly number[], nano: number): void | Promise<void> {
    if (this.settled === null) {
      this.settled = costs
      if (this.held !== null && nano > 0) {
        this.held.project.add(nano)
        this.held.organization.add(nano)
      }
    }
    if (!this.isDone) return this.#settle(this)
  }
}

export const NOTHING: Amount = amountOf(0)
