import type { Counters, Decision, Share, Taken } from '../../src/gateway/counters/counters.ts'

/** What was taken of the limits and of the money, and what it was settled to. */
export class WatchedCounters implements Counters {
  readonly #within: Counters
  /** Calls that were let in and are not settled. */
  open = 0
  admitted = 0
  /** Settled a second time. */
  again = 0
  /** Nano-dollars. */
  spent = 0
  /** By the window's key, what calls were settled to. */
  readonly settled = new Map<string, number>()

  constructor(within: Counters) {
    this.#within = within
  }

  take(share: Share): Decision | Promise<Decision> {
    const decision = this.#within.take(share)
    return decision instanceof Promise
      ? decision.then((late) => this.#watch(share, late))
      : this.#watch(share, decision)
  }

  #watch({ windows, costs: mine }: Share, decision: Decision): Decision {
    if (decision.taken === null) return decision
    const { taken } = decision
    this.admitted++
    this.open++
    let isSettled = false
    const watched: Taken = {
      settle: (costs, nano) => {
        if (isSettled) this.again++
        else this.open--
        isSettled = true
        this.spent += nano
        windows.forEach(({ key }, i) => {
          const used = costs[i] ?? Number.NaN
          // What is no amount stays as it was taken.
          const cost = Number.isFinite(used) ? used : (mine[i] ?? 0)
          this.settled.set(key, (this.settled.get(key) ?? 0) + cost)
        })
        return taken.settle(costs, nano)
      },
    }
    return { ...decision, taken: watched }
  }
}
