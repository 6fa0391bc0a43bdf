import type { Ledger } from './account.ts'

/** Money set aside for a call, in the month it was let in. */
export class Reservation {
  readonly #project: Ledger
  readonly #organization: Ledger
  readonly #nano: bigint
  #settled = false

  /** @param nano the most that the call can cost */
  constructor(project: Ledger, organization: Ledger, nano: bigint) {
    this.#project = project
    this.#organization = organization
    this.#nano = nano
    project.reserved += nano
    organization.reserved += nano
  }

  /**
   * Gives back what was reserved and counts what the call did cost: the same that is metered, which `Spend.flushed` then
   * finds in the database. Only the first time: a call that failed in two ways was still one call.
   * @param nano nano-dollars, a whole number
   */
  settle(nano: number): void {
    if (this.#settled) return
    this.#settled = true
    this.#project.reserved -= this.#nano
    this.#organization.reserved -= this.#nano
    if (nano === 0) return
    const cost = BigInt(nano)
    this.#project.unwritten += cost
    this.#organization.unwritten += cost
  }
}

/** Nothing set aside: for a call that nobody can be charged for. */
export const FREE = { settle() {} } as const satisfies Pick<Reservation, 'settle'>
