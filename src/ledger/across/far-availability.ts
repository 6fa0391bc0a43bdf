import type { FollowedAvailability } from '../../core/dependency.ts'
import type { LedgerLine } from './line.ts'

/** Milliseconds in which a doubt is told once: in an outage everybody has it. */
const EVERY_MS = 100

/** Whether the database can be asked, as a thread knows it from the one that watches it for all. */
export class FarAvailability implements FollowedAvailability {
  readonly #line: Pick<LedgerLine, 'tell'>
  readonly #following: ((isThere: boolean) => void)[] = []
  #isThere = true
  #doubtedAt = Number.NEGATIVE_INFINITY

  constructor(line: Pick<LedgerLine, 'tell'>) {
    this.#line = line
  }

  get isThere(): boolean {
    return this.#isThere
  }

  follow(hear: (isThere: boolean) => void): void {
    this.#following.push(hear)
  }

  doubt(): void {
    const now = performance.now()
    if (!this.#isThere || now - this.#doubtedAt < EVERY_MS) return
    this.#doubtedAt = now
    this.#line.tell({ say: 'doubt' })
  }

  /** To be called with what the one that watches says. */
  hear(isThere: boolean): void {
    if (isThere === this.#isThere) return
    this.#isThere = isThere
    for (const hear of this.#following) hear(isThere)
  }
}
