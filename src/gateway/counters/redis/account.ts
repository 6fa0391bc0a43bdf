import { type Amount, amountOf, plus } from './amount.ts'
import type { AccountId } from './source.ts'

/** A project's or an organization's spending in a month, as far as this thread settled it. */
export class RedisAccount {
  readonly id: AccountId
  /** In the keys of its organization. */
  readonly name: string
  /** All that was settled here since this thread began: told again and again, it counts once. */
  spent: Amount = [0, 0]
  /** The epoch of Redis' data in which it knows of this. */
  joined: string | null = null
  joining: Promise<void> | null = null

  constructor(id: AccountId) {
    this.id = id
    this.name = `${id.month}:${id.projectId}`
  }

  add(nano: number): void {
    this.spent = plus(this.spent, amountOf(nano))
  }
}
