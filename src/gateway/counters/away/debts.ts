import { Bounded } from '../../../core/bounded.ts'
import { drained } from '../../../core/limit.ts'
import type { Window } from '../../limits/limiter.ts'
import type { Counters, Share } from '../counters.ts'

/** Windows that are remembered; those beyond that were used longest ago are not made up for. */
const WINDOWS = 10_000
/** So many that are not taken in one round, and nobody is asked for the rest of it. */
const FAILURES = 3

type Used = { window: Window; level: number; at: number }

/** What was used of limits while the far counters were away, less what has drained of it since: to be told when they are there again. */
export class Debts {
  readonly #clock: () => number
  readonly #used = new Bounded<string, Used>(WINDOWS)

  /** @param clock milliseconds that never step back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
  }

  get isNone(): boolean {
    return this.#used.size === 0
  }

  /** @param costs of the share's windows; one that is no amount is what was taken */
  use({ windows, costs: taken }: Pick<Share, 'windows' | 'costs'>, costs: readonly number[]): void {
    const now = this.#clock()
    for (const [i, window] of windows.entries()) {
      const told = costs[i] ?? Number.NaN
      const cost = told >= 0 && told < Number.POSITIVE_INFINITY ? told : (taken[i] ?? 0)
      const known = this.#used.get(window.key)
      if (cost > 0 || known) this.#used.set(window.key, { window, level: this.#level(known, now) + cost, at: now })
    }
  }

  /**
   * Tells the far counters what is owed when this is called, one after the other. One that is not taken keeps none behind it from being told;
   * several do. To be called again when it is over.
   * @throws what they say; what they were not told is told the next time
   */
  async pay(far: Counters): Promise<void> {
    const failures: unknown[] = []
    for (const [key, used] of [...this.#used]) {
      this.#used.delete(key)
      const level = this.#level(used, this.#clock())
      if (level > 0) await this.#tell(far, used.window, level).catch((error) => failures.push(error))
      if (failures.length === FAILURES) break
    }
    if (failures.length > 0) throw failures[0]
  }

  async #tell(far: Counters, window: Window, level: number): Promise<void> {
    const free = { windows: [window], costs: [0], money: null }
    const { taken } = await Promise.resolve(far.take(free)).catch((error) => {
      // Nothing was taken: it is owed as before.
      this.use(free, [level])
      throw error
    })
    await taken?.settle([level], 0)
  }

  #level(used: Used | undefined, now: number): number {
    if (used === undefined) return 0
    const { window, level, at } = used
    return drained(level, now - at, window.limit, window.periodMs)
  }
}
