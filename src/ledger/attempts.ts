import type { Log } from '../core/log.ts'

/** How soon a failed attempt is made again; each pause is twice the one before, up to the longest. */
const PAUSE_MS = 500
const LONGEST_PAUSE_MS = 5000

/** Attempts at writing something, with pauses while they fail. An outage is logged at its beginning and at its end. */
export class Attempts {
  readonly #log: Pick<Log, 'info' | 'warn'>
  readonly #what: string
  #failures = 0
  #pauseUntil = 0

  /** @param what begins the sentences of the log: `usage` */
  constructor(log: Pick<Log, 'info' | 'warn'>, what: string) {
    this.#log = log
    this.#what = what
  }

  /** Whether the next attempt is better made later. */
  get pausing(): boolean {
    return this.#failures > 0 && performance.now() < this.#pauseUntil
  }

  /** Makes one. @returns whether it succeeded; it never rejects */
  async make(write: () => Promise<void>): Promise<boolean> {
    try {
      await write()
    } catch (err) {
      this.#pauseUntil = performance.now() + Math.min(PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS)
      if (this.#failures++ === 0)
        this.#log.warn({ err }, `${this.#what} could not be written; it is kept and tried again`)
      return false
    }
    if (this.#failures > 0) this.#log.info({ failed: this.#failures }, `${this.#what} can be written again`)
    this.#failures = 0
    return true
  }
}
