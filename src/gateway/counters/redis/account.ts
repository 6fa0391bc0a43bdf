import type { Amount } from './amount.ts'
import type { AccountId } from './source.ts'
import type { Sum } from './sums.ts'

/** How an account is named among its organization's keys. */
export const nameOf = ({ month, projectId }: Pick<AccountId, 'month' | 'projectId'>): string => `${month}:${projectId}`

/** A project's or an organization's spending in a month, as far as this process settled it. */
export class RedisAccount {
  readonly id: AccountId
  /** In the keys of its organization. */
  readonly name: string
  readonly #sum: Sum
  /** What Redis was told of it last, by this thread. */
  #told: Amount = [0, 0]
  /** The epoch in which Redis was given what is known of this, and its mark then. */
  joined: { epoch: string; mark: string } | null = null
  /** When the database was last asked what others have brought, in milliseconds of this process. */
  readAt = Number.NEGATIVE_INFINITY
  joining: Promise<void> | null = null

  constructor(id: AccountId, sum: Sum) {
    this.id = id
    this.name = nameOf(id)
    this.#sum = sum
  }

  /** All that was settled since the process began: told again and again, it counts once. */
  get spent(): Amount {
    return this.#sum.spent
  }

  /** Whether Redis may not have heard of all of it. */
  get isUntold(): boolean {
    const [dollars, nano] = this.#sum.spent
    return dollars !== this.#told[0] || nano !== this.#told[1]
  }

  add(nano: number): void {
    this.#sum.add(nano)
  }

  told(spent: Amount): void {
    this.#told = spent
  }
}
