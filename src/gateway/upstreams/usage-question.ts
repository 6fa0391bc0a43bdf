import { Bounded } from '../../core/bounded.ts'
import type { UsageAsking } from '../../core/upstream-kind.ts'
import type { Forwarding } from './forwarding.ts'

/** Milliseconds for which a refusal is remembered: a server that was replaced by one that knows more is asked again. */
const REMEMBERED_MS = 3_600_000
/** Routes and models that are remembered; the names may be the clients'. */
const MOST_REMEMBERED = 1000

/** Whose usage is asked for: what is known of one route and model says nothing of others that the same server may front. */
type Whose = Pick<Forwarding, 'upstreamPath' | 'usageOf'>

/** Whether one model server is asked for the usage of streams, and what it has taught by refusing to be. */
export class UsageQuestion {
  readonly #asking: UsageAsking
  readonly #clock: () => number
  /** Until when each is not asked. */
  readonly #refused = new Bounded<string, number>(MOST_REMEMBERED)
  #latest = Number.NEGATIVE_INFINITY

  /** @param clock milliseconds that never step back */
  constructor(asking: UsageAsking, clock: () => number = () => performance.now()) {
    this.#asking = asking
    this.#clock = clock
  }

  /** Whether a refusal to be asked is learned from. */
  get learns(): boolean {
    return this.#asking === 'auto'
  }

  isAsked(whose: Whose): boolean {
    if (!this.learns) return this.#asking === 'always'
    if (this.#refused.size === 0) return true
    const until = this.#refused.get(keyOf(whose))
    return until === undefined || this.#clock() >= until
  }

  /**
   * It refused where it was asked, and did not where it was not.
   * @returns whether that is news: nothing of the kind was remembered
   */
  refused(whose: Whose): boolean {
    const now = this.#clock()
    const isNews = now >= this.#latest
    this.#latest = now + REMEMBERED_MS
    this.#refused.set(keyOf(whose), this.#latest)
    return isNews
  }
}

const keyOf = ({ upstreamPath, usageOf }: Whose) => `${upstreamPath} ${usageOf}`
