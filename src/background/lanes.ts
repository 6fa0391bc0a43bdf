import { setTimeout as sleep } from 'node:timers/promises'

/** At least so many milliseconds between two looks at what is to be worked on, whatever is still due. */
const PAUSE_MS = 20

/** Works on things side by side where one need not wait for the other: on those of one lane in turn, and on lanes beside each other. */
export class Lanes<T> {
  readonly #move: (one: T) => Promise<void>
  readonly #signal: AbortSignal
  readonly #busy = new Map<string, Promise<void>>()

  /** @param move moves one on; it never rejects @param signal after which nothing else is begun */
  constructor(move: (one: T) => Promise<void>, signal: AbortSignal) {
    this.#move = move
    this.#signal = signal
  }

  /** The names of those in which something is worked on. */
  get busy(): readonly string[] {
    return [...this.#busy.keys()]
  }

  isBusy(lane: string): boolean {
    return this.#busy.has(lane)
  }

  /**
   * Begins with those of a lane, where that is free.
   * @param atOnce how many of them are worked on at a time
   * @returns when the lane is free again
   */
  begin(lane: string, things: readonly T[], atOnce = 1): Promise<void> {
    const known = this.#busy.get(lane)
    if (known !== undefined) return known
    const left = things.values()
    const work = Promise.all(Array.from({ length: Math.min(atOnce, things.length) }, () => this.#inTurn(left)))
    const over = work.then(() => {}).finally(() => this.#busy.delete(lane))
    this.#busy.set(lane, over)
    return over
  }

  /**
   * Begins with what is to be worked on, again and again, until there is nothing.
   * @param begin begins with what is due now, in lanes that are free
   * @param everyMs after which others may have come to be due while a lane is held up
   * @throws what `begin` does, when all that is under way has ended
   */
  async work(begin: () => Promise<void>, everyMs: number): Promise<void> {
    try {
      for (;;) {
        await begin()
        if (this.#busy.size === 0 || this.#signal.aborted) return
        await Promise.race([...this.#busy.values(), sleep(everyMs, undefined, { ref: false })])
        await sleep(PAUSE_MS, undefined, { ref: false })
      }
    } finally {
      await Promise.all(this.#busy.values())
    }
  }

  /** Several go through what is left, each taking the next. */
  async #inTurn(left: Iterator<T>): Promise<void> {
    for (let one = left.next(); !one.done && !this.#signal.aborted; one = left.next()) await this.#move(one.value)
  }
}
