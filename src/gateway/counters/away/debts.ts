import { Bounded } from '../../../core/bounded.ts'
import { drained } from '../../../core/limit.ts'
import { monthOf } from '../../../core/month.ts'
import type { Window } from '../../limits/limiter.ts'
import type { Money } from '../../spend/money.ts'
import type { Counters, Share, Taken } from '../counters.ts'
import { unlimited } from './share.ts'

/** Windows that are remembered; those beyond that were used longest ago are not made up for. */
const WINDOWS = 10_000
/** So many that are not taken in one round, and nobody is asked for the rest of it. */
const FAILURES = 3

type Used = { window: Window; level: number; at: number }
type Unsettled = { taken: Taken; costs: readonly number[]; nano: number }

/**
 * What the far counters have to be told when they are there again: what was used while they were away, less what has drained of it since,
 * and what could not be settled there. Money is never forgotten: it is a sum for each project and month.
 */
export class Debts {
  readonly #clock: () => number
  readonly #used = new Bounded<string, Used>(WINDOWS)
  readonly #spent = new Map<string, { money: Money; nano: number }>()
  readonly #unsettled = new Set<Unsettled>()

  /** @param clock milliseconds that never step back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
  }

  get isNone(): boolean {
    return this.#used.size === 0 && this.#spent.size === 0 && this.#unsettled.size === 0
  }

  /** @param costs of the share's windows; one that is no amount is what was taken */
  use({ windows, costs: taken, money }: Share, costs: readonly number[], nano: number): void {
    const now = this.#clock()
    for (const [i, window] of windows.entries()) {
      const told = costs[i] ?? Number.NaN
      const cost = told >= 0 && told < Number.POSITIVE_INFINITY ? told : (taken[i] ?? 0)
      const known = this.#used.get(window.key)
      if (cost > 0 || known) this.#used.set(window.key, { window, level: this.#level(known, now) + cost, at: now })
    }
    if (money === null || nano === 0) return
    const key = `${money.organizationId} ${money.projectId} ${monthOf(money.at).name}`
    const known = this.#spent.get(key)
    if (known) known.nano += nano
    else this.#spent.set(key, { money: unlimited({ ...money, nano: 0 }), nano })
  }

  unsettled(taken: Taken, costs: readonly number[], nano: number): void {
    this.#unsettled.add({ taken, costs, nano })
  }

  /**
   * Tells the far counters what is owed when this is called, one after the other: money before windows, which drain. One that is not taken keeps
   * none behind it from being told; several do. To be called again when it is over.
   * @throws what they say; what they were not told is told the next time
   */
  async pay(far: Counters): Promise<void> {
    const failures: unknown[] = []
    const attempt = async (tell: () => Promise<void>) => {
      await tell().catch((error) => failures.push(error))
      if (failures.length === FAILURES) throw failures[0]
    }
    for (const [key, { money, nano }] of [...this.#spent]) {
      this.#spent.delete(key)
      await attempt(() => this.#tell(far, { windows: [], costs: [], money }, [], nano))
    }
    for (const one of [...this.#unsettled]) {
      await attempt(async () => {
        await one.taken.settle(one.costs, one.nano)
        this.#unsettled.delete(one)
      })
    }
    for (const [key, used] of [...this.#used]) {
      this.#used.delete(key)
      const level = this.#level(used, this.#clock())
      if (level > 0)
        await attempt(() => this.#tell(far, { windows: [used.window], costs: [0], money: null }, [level], 0))
    }
    if (failures.length > 0) throw failures[0]
  }

  async #tell(far: Counters, free: Share, costs: readonly number[], nano: number): Promise<void> {
    let taken: Taken | null
    try {
      taken = (await far.take(free)).taken
    } catch (error) {
      // Nothing was taken: it is owed as before.
      this.use(free, costs, nano)
      throw error
    }
    try {
      await taken?.settle(costs, nano)
    } catch (error) {
      if (taken) this.unsettled(taken, costs, nano)
      throw error
    }
  }

  #level(used: Used | undefined, now: number): number {
    if (used === undefined) return 0
    const { window, level, at } = used
    return drained(level, now - at, window.limit, window.periodMs)
  }
}
