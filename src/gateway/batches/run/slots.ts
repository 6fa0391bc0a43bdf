/** Places for what runs at once: of each name, and of all. */
export class Slots {
  readonly #mostOfName: number
  readonly #most: number
  readonly #used = new Map<string, number>()
  #all = 0
  #waiting: (() => void)[] = []

  constructor(mostOfName: number, most: number) {
    this.#mostOfName = mostOfName
    this.#most = most
  }

  /** Waits for a place. @returns what gives it back @throws the signal's reason */
  async take(name: string, signal: AbortSignal): Promise<() => void> {
    while (this.#all >= this.#most || (this.#used.get(name) ?? 0) >= this.#mostOfName) {
      signal.throwIfAborted()
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
    }
    signal.throwIfAborted()
    this.#all++
    this.#used.set(name, (this.#used.get(name) ?? 0) + 1)
    return () => {
      this.#all--
      this.#used.set(name, (this.#used.get(name) ?? 1) - 1)
      const waiting = this.#waiting
      this.#waiting = []
      for (const go of waiting) go()
    }
  }
}
