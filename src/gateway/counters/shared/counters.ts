import type { Full } from '../../limits/limiter.ts'
import { tooManyWindows } from '../../limits/no-room.ts'
import type { Short, Spender } from '../../spend/money.ts'
import { notKnownYet } from '../../spend/over-limit.ts'
import type { ReadSpent } from '../../spend/reading.ts'
import type { Decision, Share, Taken } from '../counters.ts'
import type { GateCounters } from '../make.ts'
import { SharedAccounts } from './accounts.ts'
import { Arena } from './arena.ts'
import { clockOf } from './clock.ts'
import type { SharedMemory } from './memory.ts'
import { type AskedMoney, SharedMoney } from './money.ts'
import { Places } from './place.ts'
import { type Asked, SharedWindows } from './windows.ts'

export type SharedCountersParts = {
  /** Of this thread: no two that live have the same. */
  index: number
  readSpent: ReadSpent
  /** For tests: milliseconds that never step back, the same in all threads. */
  clock?: () => number
}

/**
 * Limits and money in memory that the threads of a machine share: each call is decided under one lock, held for about a
 * microsecond. What the thread has open is known of it, so that it comes back when the thread dies.
 */
export class SharedCounters implements GateCounters {
  readonly #arena: Arena
  readonly #windows: SharedWindows
  readonly #money: SharedMoney
  readonly #places: Places
  readonly #index: number
  readonly #now: () => number

  constructor(memory: SharedMemory, { index, readSpent, clock = clockOf(memory) }: SharedCountersParts) {
    this.#arena = new Arena(memory, index)
    this.#windows = new SharedWindows(this.#arena, clock)
    this.#money = new SharedMoney(this.#arena, new SharedAccounts(this.#arena, clock), index, readSpent, clock)
    this.#places = new Places(memory.secret, (place) => place)
    this.#index = index
    this.#now = clock
  }

  /** @throws ApiError 503 where no more windows can be counted, or nobody has read what was spent; Error: the lock is stuck */
  take({ windows, costs, money }: Share): Decision {
    // Whatever can be worked out is, before all others wait.
    const places = windows.map(({ key }) => this.#places.of(key))
    const asked: Asked = { windows, costs, places, levels: [], marks: [] }
    const askedMoney = money && this.#money.asked(money)
    const arena = this.#arena
    let refused: ReturnType<SharedMoney['lacking']> | Full | 'no room' | null
    arena.lock.take()
    try {
      refused = this.#decide(asked, askedMoney)
      if (refused === 'no room') arena.rollback()
      else arena.commit()
    } catch (error) {
      arena.rollback()
      throw error
    }
    if (refused === null) return { taken: new SharedTaken(this, asked, askedMoney), levels: asked.levels }
    if (refused === 'no room') throw tooManyWindows()
    if ('unknown' in refused) throw notKnownYet(money as Spender, refused.unknown)
    return 'of' in refused ? { taken: null, short: refused as Short } : refused
  }

  #decide(asked: Asked, money: AskedMoney | null): ReturnType<SharedMoney['lacking']> | Full | 'no room' | null {
    const lacking = money && this.#money.lacking(money)
    if (lacking) return lacking
    const now = this.#now()
    if (!this.#windows.fit(asked, now)) return { taken: null, levels: asked.levels, paces: this.#windows.paces(asked) }
    if (!this.#windows.charge(asked, this.#index, now)) return 'no room'
    if (money) this.#money.hold(money)
    return null
  }

  /** @internal of a call that this thread took */
  settle(asked: Asked, money: AskedMoney | null, costs: readonly number[], nano: number): void {
    const cost = BigInt(nano)
    const arena = this.#arena
    arena.lock.take()
    try {
      this.#windows.settle(asked, costs, this.#index)
      if (money) this.#money.settle(money, cost)
      arena.commit()
    } catch (error) {
      arena.rollback()
      throw error
    }
  }

  load(spender: Spender): Promise<void> {
    return this.#money.load(spender)
  }
}

class SharedTaken implements Taken {
  readonly #counters: SharedCounters
  readonly #asked: Asked
  readonly #money: AskedMoney | null
  #open = true

  constructor(counters: SharedCounters, asked: Asked, money: AskedMoney | null) {
    this.#counters = counters
    this.#asked = asked
    this.#money = money
  }

  settle(costs: readonly number[], nano: number): void {
    if (!this.#open) return
    this.#counters.settle(this.#asked, this.#money, costs, nano)
    // Only now: where it was not to be had, it is asked for again.
    this.#open = false
  }
}
