/** Interim answers that are waited through. */
const MOST = 100

/** How long one reply is waited for whose upstream says that it will come: each time it says so it would have its time anew. */
export class Patience {
  #count = 0
  /** When the first came, on the clock of `performance.now`. */
  #since = 0

  /**
   * Whether this is an interim answer behind which another is waited for. 101 is none: nobody asked for another protocol.
   * @param withinMs milliseconds since the first one
   */
  outlasts(status: number, withinMs: number): boolean {
    if (status >= 200 || status < 100 || status === 101) return false
    if (this.#count++ === 0) this.#since = performance.now()
    return this.#count <= MOST && performance.now() - this.#since < withinMs
  }
}
