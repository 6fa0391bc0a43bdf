import assert from 'node:assert/strict'
import { ApiError } from '../../src/contract/error.ts'
import type { Counters, Decision, Share, Taken } from '../../src/gateway/counters/counters.ts'
import { GuardedCounters, type WhenFailing } from '../../src/gateway/counters/guarded.ts'
import { MemoryCounters } from '../../src/gateway/counters/memory.ts'
import type { Admission } from '../../src/gateway/counters/take.ts'
import { MemoryLimiter } from '../../src/gateway/limits/memory.ts'
import { Accounts } from '../../src/gateway/spend/accounts.ts'
import { MemoryMoney } from '../../src/gateway/spend/memory.ts'

/** The counters in memory, with all that they stand on. @param clock of the limits @param now epoch milliseconds: of the money */
export function inMemory({ clock = () => 0, now = () => 0 }: { clock?: () => number; now?: () => number } = {}) {
  const limiter = new MemoryLimiter({ clock })
  const accounts = new Accounts(now)
  return {
    limiter,
    accounts,
    counters: new MemoryCounters(limiter, new MemoryMoney(accounts, () => assert.fail('nothing is read'))),
  }
}

/** Counters as the gate has them, and what it hears of them. */
export function guard(counters: Counters, whenFailing: WhenFailing = 'deny') {
  const failures: string[] = []
  const running = new Set<Promise<void>>()
  const guarded = new GuardedCounters({
    counters,
    whenFailing,
    failed: (operation, error) => void failures.push(`${operation}: ${error instanceof Error ? error.message : error}`),
    afterwards(work) {
      const going = work()
      running.add(going)
      going.finally(() => running.delete(going))
    },
    againMs: [1, 1],
  })
  /** Resolves when nothing is being settled any more. */
  const settled = async () => {
    while (running.size > 0) await Promise.all(running)
  }
  return { guarded, failures, settled }
}

/** What is there at once, of what may be a promise elsewhere. */
export function atOnce<T>(value: T | Promise<T>): T {
  return value instanceof Promise ? assert.fail('not at once') : value
}

/** What a call was let in with. @throws ApiError where it was refused, for a test that does not expect it */
export function admitted(held: Admission | ApiError): Admission {
  if (held instanceof ApiError) throw held
  return held
}

/** How an answer is late or lost: the request did not arrive, or its answer does not. */
export type Loss = 'before' | 'after'

/**
 * Counters at the end of a line: each act waits before it reaches them and before its answer is back, and fails when the
 * test says so. What was taken without an answer is given back, and what was settled counts once, as is asked of all counters.
 */
export class FarCounters implements Counters {
  readonly #near: Counters
  readonly #wait: () => Promise<unknown>
  /** Which of the next are lost, and where; emptied one by one. */
  readonly lostTakes: (Loss | null)[] = []
  readonly lostSettles: (Loss | null)[] = []
  /** Acts that were asked for. */
  takes = 0
  settles = 0
  /** Acts that have not ended. */
  running = 0
  /** What acts wait for, besides, before they reach the counters. */
  hold: Promise<void> | null = null

  constructor(near: Counters, wait: () => Promise<unknown>) {
    this.#near = near
    this.#wait = wait
  }

  async take(share: Share): Promise<Decision> {
    this.takes++
    return this.#over(
      this.lostTakes.shift() ?? null,
      () => this.#near.take(share),
      (decision) =>
        decision.taken?.settle(
          share.windows.map(() => 0),
          0,
        ),
    ).then((decision) => (decision.taken === null ? decision : { ...decision, taken: this.#far(decision.taken) }))
  }

  #far(near: Taken): Taken {
    let isSettled = false
    return {
      settle: async (costs, nano) => {
        this.settles++
        await this.#over(this.lostSettles.shift() ?? null, () => {
          if (!isSettled) near.settle(costs, nano)
          isSettled = true
        })
      },
    }
  }

  async #over<T>(loss: Loss | null, act: () => T | Promise<T>, undo: (done: T) => unknown = () => {}): Promise<T> {
    this.running++
    try {
      await this.#wait()
      await this.hold
      if (loss === 'before') throw new Error('lost on its way')
      const done = await act()
      await this.#wait()
      if (loss === 'after') {
        await undo(done)
        throw new Error('lost on its way back')
      }
      return done
    } finally {
      this.running--
    }
  }
}
