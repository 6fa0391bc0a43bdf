import { attemptFullAt, forgetAttempts, giveAttemptBack, holdBack, takeAttempt } from '../db/sign-in-attempts.ts'
import type { Db } from '../db/tables.ts'
import type { Attempts, Rate } from './attempts.ts'

/**
 * Attempts by their names, of all processes on one database. Their clocks are to be right. While it cannot be asked there is no attempt: whoever
 * signs in needs it anyway.
 */
export class SharedThrottle implements Attempts {
  readonly #db: Db
  readonly #kind: string
  readonly #rate: Rate
  readonly #now: () => number

  constructor(db: Db, kind: string, rate: Rate, now: () => number) {
    this.#db = db
    this.#kind = kind
    this.#rate = rate
    this.#now = now
  }

  async wait(name: string): Promise<number> {
    const { most, everyMs } = this.#rate
    const latest = this.#now() + most * everyMs
    const fullAt = (await attemptFullAt(this.#db, this.#of(name))) ?? 0
    // Where the clock was set back, nobody waits for longer than one whose attempts are all gone.
    if (fullAt > latest) await holdBack(this.#db, this.#of(name), latest)
    return Math.max(0, Math.min(fullAt, latest) + everyMs - latest)
  }

  /** Who has none is refused by a look: whoever goes on writes nothing. */
  async take(name: string): Promise<number> {
    const waitMs = await this.wait(name)
    if (waitMs > 0) return waitMs
    const { most, everyMs } = this.#rate
    const now = this.#now()
    if (await takeAttempt(this.#db, this.#of(name), { now, everyMs, latest: now + most * everyMs })) return 0
    // Others have taken the last ones meanwhile.
    return Math.max(1, await this.wait(name))
  }

  giveBack(name: string): Promise<void> {
    return giveAttemptBack(this.#db, this.#of(name), { now: this.#now(), everyMs: this.#rate.everyMs })
  }

  forget(name: string): Promise<void> {
    return forgetAttempts(this.#db, this.#of(name))
  }

  #of(name: string): string {
    return `${this.#kind} ${name}`
  }
}
