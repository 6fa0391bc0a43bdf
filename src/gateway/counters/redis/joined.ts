import type { RedisAccount } from './account.ts'
import { type HeldNow, type Joining, join } from './joining.ts'

/** Which accounts of an organization Redis has, as far as this thread knows. */
export class Joined {
  readonly #parts: Joining
  readonly #heldNow: HeldNow

  constructor(parts: Joining, heldNow: HeldNow) {
    this.#parts = parts
    this.#heldNow = heldNow
  }

  /** Whether Redis may lack an account, or what only this thread knows of it. */
  isMissing({ joined }: RedisAccount): boolean {
    return joined?.epoch !== this.#parts.asking.epoch.current
  }

  /** The same, or what others have told the database only. */
  isDoubtful({ joined }: RedisAccount): boolean {
    return joined?.mark !== this.#parts.asking.epoch.mark
  }

  /**
   * Sees to it that Redis has them; whoever asks meanwhile shares it.
   * @param isWanted of which of them
   * @throws Error where Redis or the database cannot be asked
   */
  async join(
    accounts: Iterable<RedisAccount>,
    isWanted = (account: RedisAccount) => this.isDoubtful(account),
  ): Promise<void> {
    const missing = [...accounts].filter(isWanted)
    const mine = missing.filter(({ joining }) => joining === null)
    if (mine.length > 0) {
      const joining = join(this.#parts, mine, this.#heldNow).finally(() => {
        for (const account of mine) account.joining = null
      })
      for (const account of mine) account.joining = joining
    }
    await Promise.all(missing.map(({ joining }) => joining))
  }
}
