import { ApiError, unavailable } from '../../../contract/error.ts'
import { within } from '../../../ledger/within.ts'
import type { Spender } from '../../spend/money.ts'
import type { Counters, Decision, Share, Taken } from '../counters.ts'
import { CountersAway } from '../guarded.ts'
import type { FarCounters, GateCounters } from '../make.ts'
import { Breaker, type BreakerParts } from './breaker.ts'
import { Deadlines } from './deadlines.ts'
import { Debts } from './debts.ts'
import { asOfAll, isFree, partOf, unlimited } from './share.ts'

/** What takes the place of far counters that are away: those of this process, nobody (503), or nobody (calls go on). */
export type WhenAway = 'local' | 'deny' | 'allow'

export type AwayParts = Omit<BreakerParts, 'closed'> & {
  far: FarCounters
  /** Those of this process; null where they are never to take the place of the others. */
  near: GateCounters | null
  down: WhenAway
  /** Of each limit, and of the money that is left, that may be had of the near counters: above 0, at most 1. */
  localShare: number
  /** How long an act of the far counters may take, in milliseconds. */
  timeoutMs?: number
}

/** Longer than any of its own waits, one of which is for what Redis has lost. */
const TIMEOUT_MS = 4000
/** How soon what could not be told is told again, in milliseconds. */
const AGAIN_MS = 1500
/** How long a stop waits for what is owed, in milliseconds. */
const LAST_MS = 2000

/**
 * Far counters that may be away, or too slow to be asked, and what takes their place then. What is held and spent of money is counted near by all
 * the time, so that little is lost when they go; what was used without them is made up for when they are back.
 */
export class AwayCounters implements GateCounters, AsyncDisposable {
  readonly #parts: AwayParts
  readonly #breaker: Breaker
  readonly #deadlines: Deadlines
  readonly #debts = new Debts()
  #paying: Promise<void> | null = null
  #again: NodeJS.Timeout | undefined

  constructor(parts: AwayParts) {
    this.#parts = parts
    this.#breaker = new Breaker({ ...parts, closed: () => this.#payDebts() })
    this.#deadlines = new Deadlines(parts.timeoutMs ?? TIMEOUT_MS)
  }

  async load(spender: Spender, isFresh = false): Promise<void> {
    const { far, near } = this.#parts
    // What the far ones lack is brought to them with the call; they are not to hold up the key's look-up.
    const loading = this.#breaker.isClosed ? this.#deadlines.hold(far.load(spender, isFresh)).catch(() => {}) : null
    await Promise.all([loading, near?.load(spender)])
  }

  /** Asks the far counters whether they are there, for half a second at most. Never rejects. */
  ask(): Promise<void> {
    return this.#breaker.ask()
  }

  take(share: Share): Decision | Promise<Decision> {
    return this.#breaker.isClosed ? this.#takeFar(share) : this.#takeAway(share)
  }

  /** Tells what is owed where they are there again in this moment, for two seconds at most. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#debts.isNone) await within(LAST_MS, this.#payLast())
    this.#breaker[Symbol.dispose]()
    this.#deadlines[Symbol.dispose]()
    clearTimeout(this.#again)
  }

  async #takeFar(share: Share): Promise<Decision> {
    let asked: Decision | Promise<Decision> | null = null
    let decision: Decision
    try {
      asked = this.#parts.far.take(share)
      decision = asked instanceof Promise ? await this.#deadlines.hold(asked) : asked
    } catch (error) {
      // That they cannot take more just now they have said themselves.
      if (error instanceof ApiError) throw error
      this.#breaker.failed(error)
      // What arrives late is given back.
      const nothing = share.costs.map(() => 0)
      if (asked instanceof Promise)
        asked.then(
          ({ taken }) => taken && this.#settleFar(taken, nothing, 0),
          () => {},
        )
      return this.#takeAway(share)
    }
    this.#breaker.succeeded()
    if (decision.taken === null) return decision
    return { ...decision, taken: this.#taken(decision.taken, this.#mirror(share)) }
  }

  /** Money that is held far away, held near by too. */
  #mirror({ money }: Share): Taken | null {
    const { near } = this.#parts
    if (money === null || near === null) return null
    try {
      const decision = near.take({ windows: [], costs: [], money: unlimited(money) })
      return decision instanceof Promise ? null : decision.taken
    } catch {
      // Nobody has read yet what was spent: then it is read with this in it.
      return null
    }
  }

  #taken(far: Taken, mirror: Taken | null): Taken {
    return {
      settle: (costs, nano) => {
        void mirror?.settle([], nano)
        return this.#settleFar(far, costs, nano)
      },
    }
  }

  async #settleFar(taken: Taken, costs: readonly number[], nano: number): Promise<void> {
    try {
      const settling = taken.settle(costs, nano)
      if (settling instanceof Promise) await this.#deadlines.hold(settling)
    } catch (error) {
      this.#breaker.failed(error)
    }
  }

  #takeAway(share: Share): Decision | Promise<Decision> {
    const { down, near } = this.#parts
    if (down === 'local' && near !== null) return this.#takeNear(near, share)
    if (down === 'deny')
      throw unavailable('The server cannot count limits and money right now. Please try again shortly.')
    // It goes on uncounted; what is made up for it is owed.
    if (!isFree(share)) throw new CountersAway()
    return { taken: { settle: (costs, nano) => this.#use(share, costs, nano) }, levels: share.costs }
  }

  #takeNear(near: Counters, share: Share): Decision | Promise<Decision> {
    const part = partOf(share, this.#parts.localShare)
    const decision = near.take(part)
    const conclude = (decided: Decision): Decision => {
      const seen = asOfAll(decided, share, part)
      if (seen.taken === null) return seen
      const { taken } = seen
      return { ...seen, taken: { settle: (costs, nano) => this.#settleNear(taken, share, costs, nano) } }
    }
    return decision instanceof Promise ? decision.then(conclude) : conclude(decision)
  }

  #settleNear(near: Taken, share: Share, costs: readonly number[], nano: number): void | Promise<void> {
    this.#use(share, costs, nano)
    return near.settle(costs, nano)
  }

  #use(share: Share, costs: readonly number[], nano: number): void {
    const { money } = share
    if (money !== null && nano > 0) this.#parts.far.spend(money, nano)
    this.#debts.use(share, costs)
    this.#payDebts()
  }

  /** Tells what is owed, and then what came to be owed meanwhile. */
  #payDebts(): void {
    if (this.#breaker.isClosed && !this.#debts.isNone) this.#paying ??= this.#pay()
  }

  async #pay(): Promise<void> {
    const { far } = this.#parts
    const timed: Counters = { take: (share) => this.#deadlines.hold((async () => far.take(share))()) }
    try {
      while (this.#breaker.isClosed && !this.#debts.isNone) await this.#debts.pay(timed)
    } catch (error) {
      this.#breaker.failed(error)
      this.#payLater()
    }
    this.#paying = null
  }

  async #payLast(): Promise<void> {
    await this.#breaker.ask()
    this.#payDebts()
    await this.#paying
  }

  /** One failure is no outage: then nothing but this has the rest told. */
  #payLater(): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined
      this.#payDebts()
    }, AGAIN_MS).unref()
  }
}
