/** Places for what runs at once: of each name, and of all. */
export class Slots {
  readonly #mostOfName: number
  readonly #most: number
  readonly #signal: AbortSignal
  readonly #used = new Map<string, number>()
  #all = 0
  #waiting: (() => void)[] = []

  /** @param signal ends all waiting */
  constructor(mostOfName: number, most: number, signal: AbortSignal) {
    this.#mostOfName = mostOfName
    this.#most = most
    this.#signal = signal
    signal.addEventListener('abort', () => this.#wake())
  }

  /** Waits for a place. @returns what gives it back @throws the signal's reason */
  async take(name: string): Promise<() => void> {
    while (this.#all >= this.#most || (this.#used.get(name) ?? 0) >= this.#mostOfName) {
      this.#signal.throwIfAborted()
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push(resolve)
      await promise
    }
    this.#signal.throwIfAborted()
    this.#all++
    this.#used.set(name, (this.#used.get(name) ?? 0) + 1)
    return () => {
      this.#all--
      this.#used.set(name, (this.#used.get(name) ?? 1) - 1)
      this.#wake()
    }
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }
}
