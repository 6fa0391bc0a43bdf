import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, unavailable } from '../../contract/error.ts'
import type { Counters, Decision, Share, Taken } from './counters.ts'

/** What becomes of a call that cannot be counted: it is refused with a 503, or goes on and is counted when it has ended. */
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

/** The counters are known to be away: that has been told, and each call need not tell it again. */
export class CountersAway extends Error {}

const NO_LIMITS = { project: null, organization: null }

/**
 * The counters, with what a failure of theirs means: the one place that decides it. A call is never told 401 or 429 for it, a
 * reply is never changed by it, and none of it is silent.
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
   * @returns null for a call that goes on uncounted, which `makeUp` is to be told of
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
    this.#attempt(() => taken.settle(costs, nano))
  }

  /**
   * Counts a call that went on uncounted, when it is known what it used: by a share that nothing can refuse, which is settled
   * to that. @param costs, @param nano as for `settle`
   */
  makeUp({ windows, money }: Share, costs: readonly number[], nano: number): void {
    const free = { windows, costs: windows.map(() => 0), money: money && { ...money, nano: 0, limits: NO_LIMITS } }
    let taken: Taken | null = null
    this.#attempt(async () => {
      taken ??= (await this.#counters.take(free)).taken
      await taken?.settle(costs, nano)
    })
  }

  #notTaken(error: unknown): null {
    // That they cannot take more just now is said in their own words: a decision, not a failure.
    if (error instanceof ApiError && error.status === 503) throw error
    if (!(error instanceof CountersAway)) this.#failed('take', error)
    if (this.#whenFailing === 'allow') return null
    throw unavailable('The server cannot count limits and money right now. Please try again shortly.', error)
  }

  #attempt(act: () => void | Promise<void>): void {
    try {
      const going = act()
      if (going instanceof Promise) this.#afterwards(() => going.catch((error) => this.#again(act, error)))
    } catch (error) {
      this.#afterwards(() => this.#again(act, error))
    }
  }

  async #again(act: () => void | Promise<void>, failure: unknown): Promise<void> {
    this.#failed('settle', failure)
    for (const ms of this.#againMs) {
      await sleep(ms)
      try {
        return await act()
      } catch (error) {
        this.#failed('settle', error)
      }
    }
  }
}
