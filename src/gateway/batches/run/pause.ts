/**
 * Something that many wait for, and that only trying tells of: room in a limit, a model server, a disk. After a refusal nobody tries for a while,
 * twice as long each time; then one does, and all others when that one was let through.
 */
export class Pause {
  readonly #firstMs: number
  readonly #longestMs: number
  #ms = 0
  #until = 0
  #isTried = false
  #round = 0

  constructor(firstMs: number, longestMs: number) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
  }

  /** Whether it may be tried. @param now on the clock of `performance.now`, as in all of it */
  isOpen(now: number): boolean {
    return this.#ms === 0 || (now >= this.#until && !this.#isTried)
  }

  /** Somebody tries it, as it is open. @returns the round that it is tried in, by which what becomes of it is told */
  enter(): number {
    if (this.#ms > 0) this.#isTried = true
    return this.#round
  }

  /** Of many who were refused at the same time one counts. */
  refused(round: number, now: number): void {
    if (round !== this.#round) return
    this.#round++
    this.#ms = this.#ms === 0 ? this.#firstMs : Math.min(this.#ms * 2, this.#longestMs)
    this.#until = now + this.#ms
    this.#isTried = false
  }

  passed(round: number): void {
    if (round !== this.#round) return
    this.#ms = 0
    this.#isTried = false
  }

  /** It was not found out. */
  left(round: number): void {
    if (round === this.#round) this.#isTried = false
  }

  /** What stood in the way is gone, by another's word: it may be tried at once. */
  end(): void {
    this.#until = 0
  }
}
