/** As much of one name is at work already as may. */
export class TooManyOfOne extends Error {}

/** Lets so much of each name be at work at once, and refuses more. Nothing is kept of a name that has nothing at work. */
export class AtWork {
  readonly #most: number
  readonly #counts = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  /** @throws TooManyOfOne, or what the work throws */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const others = this.#counts.get(name) ?? 0
    if (others >= this.#most) throw new TooManyOfOne('too many of one name are at work')
    this.#counts.set(name, others + 1)
    try {
      return await work()
    } finally {
      const left = (this.#counts.get(name) ?? 0) - 1
      if (left > 0) this.#counts.set(name, left)
      else this.#counts.delete(name)
    }
  }
}
