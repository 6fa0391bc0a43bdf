type Waiting = { bytes: number; go: (hold: Hold) => void; fail: (reason: unknown) => void }

/**
 * The memory that lines of batches and the answers to them may take together. Who is about to read a line takes its bytes before; an answer takes
 * its own as they come, and is read on as there is room. Whoever has begun first is always read on, also beyond all: so all come to their end, one
 * after the other where it is tight, and no more is held than all and the largest answer.
 */
export class LineMemory {
  readonly #most: number
  readonly #signal: AbortSignal
  #used = 0
  /** The oldest first. */
  readonly #holds = new Set<Hold>()
  readonly #waiting = new Set<Waiting>()
  readonly #growing = new Map<Hold, () => void>()

  /** @param most bytes @param signal ends all waiting */
  constructor(most: number, signal: AbortSignal) {
    this.#most = most
    this.#signal = signal
    signal.addEventListener('abort', () => this.#end())
  }

  /** Bytes that are held now. */
  get used(): number {
    return this.#used
  }

  /**
   * Waits until so many bytes can be held, in the order in which they are asked for; what is more than all has its turn where nothing else is held.
   * @throws the signal's reason
   */
  async begin(bytes: number): Promise<Hold> {
    this.#signal.throwIfAborted()
    if (this.#waiting.size === 0 && this.#fits(bytes)) return this.#hold(bytes)
    const { promise, resolve, reject } = Promise.withResolvers<Hold>()
    this.#waiting.add({ bytes, go: resolve, fail: reject })
    return promise
  }

  /** @returns when more of it may be read; null: at once. What has come is held already */
  grow(hold: Hold, bytes: number): Promise<void> | null {
    this.#used += bytes
    if (this.#mayGrow(hold)) return null
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#growing.set(hold, resolve)
    return promise
  }

  giveBack(hold: Hold, bytes: number, isOver: boolean): void {
    this.#used -= bytes
    if (isOver) {
      this.#holds.delete(hold)
      this.#growing.get(hold)?.()
      this.#growing.delete(hold)
    }
    for (const [one, go] of this.#growing) {
      if (!this.#mayGrow(one)) continue
      this.#growing.delete(one)
      go()
    }
    for (const one of this.#waiting) {
      if (!this.#fits(one.bytes)) return
      this.#waiting.delete(one)
      one.go(this.#hold(one.bytes))
    }
  }

  #fits = (bytes: number) => this.#holds.size === 0 || this.#used + bytes <= this.#most

  #mayGrow(hold: Hold): boolean {
    const [oldest] = this.#holds
    return this.#used <= this.#most || hold === oldest || this.#signal.aborted
  }

  #hold(bytes: number): Hold {
    const hold = new Hold(this, bytes)
    this.#used += bytes
    this.#holds.add(hold)
    return hold
  }

  #end(): void {
    for (const { fail } of this.#waiting) fail(this.#signal.reason)
    this.#waiting.clear()
    for (const go of this.#growing.values()) go()
    this.#growing.clear()
  }
}

/** What one line holds, from before it is read until what became of it is written; given back once. */
export class Hold implements Disposable {
  readonly #memory: LineMemory
  #bytes: number
  #isOver = false

  constructor(memory: LineMemory, bytes: number) {
    this.#memory = memory
    this.#bytes = bytes
  }

  /** @returns see `LineMemory.grow` */
  grow(bytes: number): Promise<void> | null {
    if (this.#isOver) return null
    this.#bytes += bytes
    return this.#memory.grow(this, bytes)
  }

  /** Gives some of it back. */
  shrink(bytes: number): void {
    if (this.#isOver) return
    this.#bytes -= bytes
    this.#memory.giveBack(this, bytes, false)
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#memory.giveBack(this, this.#bytes, true)
  }
}
