import type { RedisAccount } from './account.ts'
import type { Amount } from './amount.ts'
import type { Joined } from './joined.ts'

/** Accounts of which something was spent beside Redis that it may not have been told. */
export class Untold {
  readonly #joined: Joined
  readonly #failed: (error: unknown) => void
  readonly #accounts = new Set<RedisAccount>()

  /** @param failed told of what nobody waits for */
  constructor(joined: Joined, failed: (error: unknown) => void) {
    this.#joined = joined
    this.#failed = failed
  }

  get size(): number {
    return this.#accounts.size
  }

  /** Those that Redis has to be given before it can be told. */
  get missing(): RedisAccount[] {
    return [...this.#accounts].filter((account) => this.#joined.isMissing(account))
  }

  add(account: RedisAccount): void {
    this.#accounts.add(account)
  }

  /** Adds them to what is told. Where Redis may not have an account, it is told with all else of that. */
  addTo(spent: Map<RedisAccount, Amount>): void {
    if (this.#accounts.size === 0) return
    for (const account of this.#accounts) if (!this.#joined.isMissing(account)) spent.set(account, account.spent)
    // It fails while Redis is away, and is tried again with the next beat.
    const { missing } = this
    if (missing.length > 0) void this.#joined.join(missing).catch(() => {})
  }

  /** What was told. @param lost names of accounts that Redis has not, or only in part: it is given them */
  told(spent: ReadonlyMap<RedisAccount, Amount>, lost: readonly string[]): void {
    const again: RedisAccount[] = []
    for (const [account, amount] of spent) {
      if (lost.includes(account.name)) again.push(account)
      else account.told(amount)
    }
    for (const account of this.#accounts) if (!account.isUntold) this.#accounts.delete(account)
    if (again.length === 0) return
    for (const account of again) account.joined = null
    void this.#joined.join(again).catch(this.#failed)
  }
}
