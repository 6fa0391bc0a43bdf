/** Places for what runs at once: of each name, and of all. Who waits longest has the next, unless all of its name are taken. */
export class Slots {
  readonly #mostOfName: number
  readonly #most: number
  readonly #signal: AbortSignal
  readonly #used = new Map<string, number>()
  #all = 0
  /** Each is given its place, and not only told that there may be one: what ends costs no more where many wait. */
  readonly #waiting = new Set<{ name: string; go: () => void; fail: (reason: unknown) => void }>()

  /** @param signal ends all waiting */
  constructor(mostOfName: number, most: number, signal: AbortSignal) {
    this.#mostOfName = mostOfName
    this.#most = most
    this.#signal = signal
    signal.addEventListener('abort', () => this.#end())
  }

  /** Waits for a place. @returns what gives it back @throws the signal's reason */
  async take(name: string): Promise<() => void> {
    this.#signal.throwIfAborted()
    if (this.#isFree(name)) this.#add(name)
    else {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      this.#waiting.add({ name, go: resolve, fail: reject })
      await promise
    }
    return () => this.#giveBack(name)
  }

  /** Nobody waits for a place that is free: it was theirs as it became so. */
  #isFree(name: string): boolean {
    return this.#all < this.#most && (this.#used.get(name) ?? 0) < this.#mostOfName
  }

  #add(name: string): void {
    this.#all++
    this.#used.set(name, (this.#used.get(name) ?? 0) + 1)
  }

  #giveBack(name: string): void {
    this.#all--
    const left = (this.#used.get(name) ?? 1) - 1
    if (left === 0) this.#used.delete(name)
    else this.#used.set(name, left)
    for (const one of this.#waiting) {
      if (!this.#isFree(one.name)) continue
      this.#waiting.delete(one)
      this.#add(one.name)
      one.go()
      return
    }
  }

  #end(): void {
    for (const { fail } of this.#waiting) fail(this.#signal.reason)
    this.#waiting.clear()
  }
}
