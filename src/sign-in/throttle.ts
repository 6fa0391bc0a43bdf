import { Bounded } from '../core/bounded.ts'
import type { Attempts, Rate } from './attempts.ts'

/**
 * Names that are remembered. One that is forgotten for the sake of others has all its attempts again, so there are so many that
 * whoever would have that pays for more attempts than it gives.
 */
const REMEMBERED = 50_000

/** Attempts by their names, in this process. A bucket that refills all the time, and is not kept once it is full. */
export class Throttle implements Attempts {
  readonly #rate: Rate
  readonly #now: () => number
  /** When all attempts are there again, by name. */
  readonly #fullAt = new Bounded<string, number>(REMEMBERED)

  /** @param now milliseconds */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate
    this.#now = now
  }

  async wait(name: string): Promise<number> {
    return this.#wait(name)
  }

  async take(name: string): Promise<number> {
    const waitMs = this.#wait(name)
    if (waitMs > 0) return waitMs
    this.#fullAt.set(name, Math.max(this.#fullAt.get(name) ?? 0, this.#now()) + this.#rate.everyMs)
    return 0
  }

  async giveBack(name: string): Promise<void> {
    const fullAt = (this.#fullAt.get(name) ?? 0) - this.#rate.everyMs
    if (fullAt > this.#now()) this.#fullAt.set(name, fullAt)
    else this.#fullAt.delete(name)
  }

  async forget(name: string): Promise<void> {
    this.#fullAt.delete(name)
  }

  #wait(name: string): number {
    const { most, everyMs } = this.#rate
    // Where the clock was set back, nobody waits for longer than one whose attempts are all gone.
    const latest = this.#now() + most * everyMs
    if ((this.#fullAt.get(name) ?? 0) > latest) this.#fullAt.set(name, latest)
    return Math.max(0, (this.#fullAt.get(name) ?? 0) + everyMs - latest)
  }
}
