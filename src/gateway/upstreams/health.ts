/** Milliseconds that an upstream is left alone after it could not be reached, doubled each time up to the most. */
const FIRST_PAUSE_MS = 1000
const MOST_PAUSE_MS = 30_000

/**
 * Whether an upstream can be reached, from what its connections show. Answers do not count, whatever their status: a model
 * server that says 503 is there, and knows best whether it is overloaded by one model or by all.
 */
export class Health {
  /** Failures to connect in a row. */
  failures = 0
  /** Milliseconds on the clock of whoever asks; before, it is left alone where there is another. */
  pausedUntil = Number.NEGATIVE_INFINITY
  /** A call tries whether it is back. Other failures are of calls that set out before, and say nothing new. */
  #trying = false

  /** Whether it is worth a call now: it could be reached last time, or its pause is over. */
  usable(now: number): boolean {
    return this.failures === 0 || now >= this.pausedUntil
  }

  /** A call is about to try it. If it is not known to be well, nobody else tries until that call has had its time. */
  tried(now: number): void {
    if (this.failures === 0) return
    this.#trying = true
    this.pausedUntil = now + this.#pause()
  }

  /** @returns whether this ends a time in which it could not be reached */
  reached(): boolean {
    if (this.failures === 0) return false
    this.failures = 0
    this.#trying = false
    return true
  }

  /** @returns whether this is the first failure after it could be reached */
  failed(now: number): boolean {
    if (this.failures > 0 && !this.#trying) return false
    this.#trying = false
    this.failures++
    this.pausedUntil = now + this.#pause()
    return this.failures === 1
  }

  #pause(): number {
    return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.failures - 1, 10), MOST_PAUSE_MS)
  }
}
