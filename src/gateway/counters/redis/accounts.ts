import { isIn, type Month, monthOf } from '../../../core/month.ts'
import { RedisAccount } from './account.ts'
import type { Sums } from './sums.ts'

/** The accounts of one organization that this thread has charged, of this month and the one before. */
export class RedisAccounts {
  readonly #organizationId: string
  readonly #sums: Sums
  #month: Month = monthOf(0)
  #current = new Map<string, RedisAccount>()
  #previous: readonly RedisAccount[] = []

  constructor(organizationId: string, sums: Sums) {
    this.#organizationId = organizationId
    this.#sums = sums
  }

  /** @param projectId empty: the organization's @param at epoch milliseconds */
  of(projectId: string, at: number): RedisAccount {
    if (!isIn(this.#month, at)) this.#turnTo(monthOf(at))
    const known = this.#current.get(projectId)
    if (known) return known
    const organizationId = this.#organizationId
    const sum = this.#sums.of(organizationId, projectId, this.#month)
    const account = new RedisAccount({ organizationId, projectId, month: this.#month.name }, sum)
    this.#current.set(projectId, account)
    return account
  }

  /** Those that Redis would not have without this process. */
  get charged(): RedisAccount[] {
    return [...this.#previous, ...this.#current.values()].filter(({ spent: [dollars, nano] }) => dollars + nano > 0)
  }

  get size(): number {
    return this.#previous.length + this.#current.size
  }

  /** A clock that was set back over the end of a month finds the accounts that it had left. */
  #turnTo(month: Month): void {
    const all = [...this.#previous, ...this.#current.values()]
    this.#previous = [...this.#current.values()].filter(({ id }) => id.month !== month.name)
    this.#current = new Map(all.filter(({ id }) => id.month === month.name).map((one) => [one.id.projectId, one]))
    this.#month = month
  }
}
