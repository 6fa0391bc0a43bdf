import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, unavailable } from '../../contract/error.ts'
import type { Counters, Decision, Share, Taken } from './counters.ts'

/** What becomes of a call that nobody can count: it is refused with a 503, or goes on uncounted. */
export type WhenFailing = 'deny' | 'allow'

export type GuardedParts = {
  counters: Counters
  whenFailing?: WhenFailing
  /** Told of every failure, of every attempt. */
  failed: (operation: 'take' | 'settle', error: unknown) => void
  /** Sees to what nobody waits for, also at a stop. */
  afterwards: (work: () => Promise<void>) => void
  /** Milliseconds before each further attempt to settle; then it is given up. */
  againMs?: readonly number[]
}

/** Short in sum: a stop waits for it, and what takes longer to come back has to remember by itself what was not settled. */
const AGAIN_MS = [100, 1000]

/**
 * The counters, with what a failure of theirs means: the one place that decides it. A call is never told 401 or 429 for it, a
 * reply is never changed by it, and none of it is silent.
 *
 * What is there at once is not made a promise, here and wherever limits and money are taken: with a promise for each step the
 * way of a call through the counters in memory took half as long again.
 */
export class GuardedCounters {
  readonly #counters: Counters
  readonly #whenFailing: WhenFailing
  readonly #failed: GuardedParts['failed']
  readonly #afterwards: GuardedParts['afterwards']
  readonly #againMs: readonly number[]

  constructor({ counters, whenFailing = 'deny', failed, afterwards, againMs = AGAIN_MS }: GuardedParts) {
    this.#counters = counters
    this.#whenFailing = whenFailing
    this.#failed = failed
    this.#afterwards = afterwards
    this.#againMs = againMs
  }

  /**
   * @returns null for a call that goes on uncounted
   * @throws ApiError 503 where the counters fail and the policy is to refuse
   */
  take(share: Share): Decision | null | Promise<Decision | null> {
    try {
      const decision = this.#counters.take(share)
      return decision instanceof Promise ? decision.catch((error) => this.#notTaken(error)) : decision
    } catch (error) {
      return this.#notTaken(error)
    }
  }

  /** Settles what was taken, now or when the counters are ready for it; the caller neither waits nor hears of it. */
  settle(taken: Taken, costs: readonly number[], nano: number): void {
    const again = (error: unknown) => this.#again(taken, costs, nano, error)
    try {
      const settling = taken.settle(costs, nano)
      if (settling instanceof Promise) this.#afterwards(() => settling.catch(again))
    } catch (error) {
      this.#afterwards(() => again(error))
    }
  }

  #notTaken(error: unknown): null {
    this.#failed('take', error)
    if (this.#whenFailing === 'allow') return null
    if (error instanceof ApiError && error.status === 503) throw error
    throw unavailable('The server cannot count limits and money right now. Please try again shortly.', error)
  }

  async #again(taken: Taken, costs: readonly number[], nano: number, failure: unknown): Promise<void> {
    this.#failed('settle', failure)
    for (const ms of this.#againMs) {
      await sleep(ms)
      try {
        return await taken.settle(costs, nano)
      } catch (error) {
        this.#failed('settle', error)
      }
    }
  }
}
