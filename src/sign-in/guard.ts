import { hashSecret } from '../core/key.ts'
import { networkOf } from './network.ts'
import { Throttle } from './throttle.ts'

/** Ten in a moment and ten in an hour, of one account, whether there is such an account or not. */
const OF_ACCOUNT = { most: 10, everyMs: 360_000 }
/** Of one network, over all accounts. */
const OF_NETWORK = { most: 30, everyMs: 60_000 }
/**
 * Codes of a second factor, of one user, whatever came before them: three of a million are right at any time, so that whoever has the password
 * and tries on is let in about once in nine years, by each process.
 */
const OF_CODES = { most: 5, everyMs: 900_000 }

/** Who is tried, and from where. */
export type Attempt = { emailKey: string; organizationId: string | undefined; ip: string | null }

/** What comes of it: what was shown; or why not, and whether that was a guess. Who has only begun to show who they are has not guessed. */
export type Tried<T, R> = { right: T } | { refused: R; wasGuess: boolean }

/**
 * Who says who they are is believed here and nowhere else: so often by account and by network, in this process. A right attempt costs none, and
 * gives the account its attempts back.
 */
export class Guard {
  readonly #accounts: Throttle
  readonly #networks: Throttle
  readonly #codes: Throttle

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#accounts = new Throttle(OF_ACCOUNT, now)
    this.#networks = new Throttle(OF_NETWORK, now)
    this.#codes = new Throttle(OF_CODES, now)
  }

  /**
   * @param work looks at what is shown
   * @returns what it says; or how many milliseconds to wait before it is looked at
   * @throws whatever it throws, which is no attempt
   */
  async attempt<T, R>(
    { emailKey, organizationId, ip }: Attempt,
    work: () => Promise<Tried<T, R>>,
  ): Promise<Tried<T, R> | { waitMs: number }> {
    const [account, network] = [accountOf(emailKey, organizationId), networkOf(ip)]
    const ofNetwork = this.#networks.take(network)
    if (ofNetwork > 0) return { waitMs: ofNetwork }
    const ofAccount = this.#accounts.take(account)
    if (ofAccount > 0) {
      this.#networks.giveBack(network)
      return { waitMs: ofAccount }
    }
    const giveBack = () => {
      this.#networks.giveBack(network)
      this.#accounts.giveBack(account)
    }
    const tried = await work().catch((error) => {
      giveBack()
      throw error
    })
    if ('right' in tried) {
      this.#networks.giveBack(network)
      this.#accounts.forget(account)
    } else if (!tried.wasGuess) giveBack()
    return tried
  }

  /** Takes an attempt at a user's code. @returns 0, or the milliseconds until there is one */
  takeCode(userId: string): number {
    return this.#codes.take(userId)
  }

  /** That code was right. */
  rightCode(userId: string): void {
    this.#codes.forget(userId)
  }

  /** Takes an attempt of a network, where no password is tried. @returns 0, or the milliseconds until there is one */
  take(ip: string | null): number {
    return this.#networks.take(networkOf(ip))
  }

  /** It was none: somebody was who they said. */
  giveBack(ip: string | null): void {
    this.#networks.giveBack(networkOf(ip))
  }

  /** Who it is was proven by a link. */
  proven(emailKey: string, organizationId: string | undefined): void {
    this.#accounts.forget(accountOf(emailKey, organizationId))
  }
}

/**
 * By the address and the organization that was named: the same address may be in another one, whose owner can know its password there, which
 * proves nothing here. As long as any other, however long the address is.
 */
const accountOf = (emailKey: string, organizationId: string | undefined) =>
  hashSecret(JSON.stringify([organizationId ?? null, emailKey]))
