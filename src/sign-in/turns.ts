/** More wait already than may. */
export class TooMany extends Error {}

/** Runs so much at once, lets so many wait for their turn, and takes no more. */
export class Turns {
  readonly #atOnce: number
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(atOnce: number, mostWaiting: number) {
    this.#atOnce = atOnce
    this.#most = mostWaiting
  }

  /** @throws TooMany, or what the work throws */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++
    else {
      if (this.#waiting.length >= this.#most) throw new TooMany('too many wait for the same')
      await new Promise<void>((begin) => this.#waiting.push(begin))
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
