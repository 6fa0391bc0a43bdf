import { hashSecret } from '../core/key.ts'
import { networkOf } from './network.ts'
import { isPassword } from './password.ts'
import { Throttle } from './throttle.ts'

/** Ten in a moment and ten in an hour, of one account, whether there is such an account or not. */
const OF_ACCOUNT = { most: 10, everyMs: 360_000 }
/** Of one network, over all accounts. */
const OF_NETWORK = { most: 30, everyMs: 60_000 }

/** Who is tried, and from where. */
export type Attempt = { emailKey: string; organizationId: string | undefined; ip: string | null; password: string }

/** `right`; `wrong`; or how many milliseconds to wait before trying again. */
export type Outcome = { right: boolean } | { waitMs: number }

/**
 * Passwords are tried here and nowhere else: so often by account and by network, in this process. A right one costs no attempt, and
 * gives the account its attempts back.
 */
export class Guard {
  readonly #accounts: Throttle
  readonly #networks: Throttle

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#accounts = new Throttle(OF_ACCOUNT, now)
    this.#networks = new Throttle(OF_NETWORK, now)
  }

  /** @param kept the hash of the account's password; null: there is none @throws TooMany */
  async attempt({ emailKey, organizationId, ip, password }: Attempt, kept: string | null): Promise<Outcome> {
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
    const right = await isPassword(password, kept).catch((error) => {
      giveBack()
      throw error
    })
    if (right) {
      this.#networks.giveBack(network)
      this.#accounts.forget(account)
    }
    return { right }
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
