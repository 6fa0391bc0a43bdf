import { CountedRefusals, type LimitRefusal, type LimitRefusals, refusalKey } from '../core/limit-refusal.ts'
import { addLimitRefusals } from '../db/limit-refusals.ts'
import type { Db } from '../db/tables.ts'
import type { Beat, Writer } from './beat.ts'

/** Rows that are written one after the other without anybody else's turn, at most. */
const BATCH = 500

/** For which limits calls were refused, and how often: of a client in a loop a row for five minutes. A crash loses two seconds of it. */
export class RefusedByLimits implements Writer {
  readonly what = 'calls that were refused by limits'
  readonly everyMs = 2000
  readonly kept = false
  readonly #db: Db
  readonly #beat: Pick<Beat, 'wake'>
  readonly #counted = new CountedRefusals()

  constructor(db: Db, beat: Pick<Beat, 'wake'>) {
    this.#db = db
    this.#beat = beat
  }

  get waiting(): boolean {
    return this.#counted.size > 0
  }

  /** @param key names the limit and the project @param at Unix seconds */
  count(key: string, refusal: LimitRefusal, at: number): void {
    this.#counted.count(key, refusal, at)
    this.#beat.wake()
  }

  /** What a thread has counted. */
  add(some: readonly LimitRefusals[]): void {
    for (const one of some) this.#counted.count(refusalKey(one), one, one.time, one.refused)
    if (some.length > 0) this.#beat.wake()
  }

  async write(): Promise<void> {
    while (this.waiting) {
      const some = this.#counted.take(BATCH)
      try {
        await addLimitRefusals(this.#db, some)
      } catch (error) {
        this.add(some)
        throw error
      }
    }
  }
}
