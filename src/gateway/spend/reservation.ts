import type { MonthLedger } from './account.ts'

/** Money that a call has room for, in the month it was let in. */
export class Reservation {
  readonly #project: MonthLedger
  readonly #organization: MonthLedger
  readonly #nano: bigint
  #isHeld = false

  /** @param nano the most that the call can cost */
  constructor(project: MonthLedger, organization: MonthLedger, nano: bigint) {
    this.#project = project
    this.#organization = organization
    this.#nano = nano
  }

  /** Sets it aside; once. */
  hold(): void {
    this.#isHeld = true
    this.#project.reserved += this.#nano
    this.#organization.reserved += this.#nano
  }

  /**
   * Gives back what is held and counts what the call did cost: the same that is metered, which `MemoryMoney.flushed` then finds in
   * the database. Only the first time: a call that failed in two ways was still one call.
   * @param nano nano-dollars, a whole number
   */
  settle(nano: number): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#project.reserved -= this.#nano
    this.#organization.reserved -= this.#nano
    if (nano === 0) return
    const cost = BigInt(nano)
    this.#project.unwritten += cost
    this.#organization.unwritten += cost
  }
}
