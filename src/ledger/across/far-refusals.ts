import type { GateLedger } from '../gate-ledger.ts'
import type { Refusal } from '../refusals.ts'
import { type Repeatable, SeenRefusals } from '../refusals-seen.ts'
import type { LedgerLine } from './line.ts'

/**
 * Refused calls, as a thread records them: it asks the ledger to write those that are news here, and the ledger writes those that are
 * news to all threads.
 */
export class FarRefusals implements Pick<GateLedger['refusals'], 'isNews' | 'record'> {
  readonly #line: Pick<LedgerLine, 'ask'>
  readonly #seen = new SeenRefusals()

  constructor(line: Pick<LedgerLine, 'ask'>) {
    this.#line = line
  }

  isNews(refusal: Repeatable, now: number): boolean {
    return this.#seen.isNews(refusal, now)
  }

  async record(refusal: Refusal, now: number): Promise<void> {
    if (!this.isNews(refusal, now)) return
    const forget = this.#seen.remember(refusal)
    try {
      await this.#line.ask('refused', { refusal, now })
    } catch (error) {
      // What was not written is not known yet: the next one like it is to be.
      forget()
      throw error
    }
  }
}
