import type { RedisAccounts } from './accounts.ts'
import { Joined } from './joined.ts'
import { type Joining, join } from './joining.ts'
import type { Held, RedisTaken } from './taken.ts'

/** Brings Redis what only this thread knows of an organization, where Redis has lost it. */
export class Rejoining {
  readonly #parts: Joining & { failed: (error: unknown) => void }
  readonly #accounts: RedisAccounts
  /** Which accounts Redis has. */
  readonly joined: Joined
  readonly #open: ReadonlyMap<string, RedisTaken>
  #going: Promise<void> | null = null
  /** The epoch in which Redis has all of it. */
  #done = ''

  /** @param open calls that run, by id */
  constructor(
    parts: Joining & { failed: (error: unknown) => void },
    accounts: RedisAccounts,
    open: ReadonlyMap<string, RedisTaken>,
  ) {
    this.#parts = parts
    this.#accounts = accounts
    this.#open = open
    this.joined = new Joined(parts, () => this.#heldNow())
  }

  /** Sees to it that Redis has it. Never rejects. */
  async rejoin(): Promise<void> {
    const { current } = this.#parts.asking.epoch
    if (this.#done === current) return
    this.#going ??= this.#rejoin(current)
      .catch((error) => this.#parts.failed(error))
      .finally(() => {
        this.#going = null
      })
    await this.#going
  }

  async #rejoin(epoch: string): Promise<void> {
    const accounts = new Set(this.#accounts.charged)
    for (const { held } of this.#open.values()) {
      if (held) accounts.add(held.project).add(held.organization)
    }
    const missing = [...accounts].filter((account) => this.joined.isMissing(account))
    if (missing.length > 0) await join(this.#parts, missing, () => this.#heldNow())
    this.#done = epoch
  }

  /** What is to be held again. */
  #heldNow(): [string, Held][] {
    const held: [string, Held][] = []
    if (this.#done === this.#parts.asking.epoch.current) return held
    for (const taken of this.#open.values()) {
      if (taken.settled === null && taken.held) held.push([taken.id, taken.held])
    }
    return held
  }
}
