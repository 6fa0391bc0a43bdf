import { hashSecret } from '../core/key.ts'
import { AtWork } from './at-work.ts'
import type { Attempts, CountAttempts } from './attempts.ts'
import { networkOf } from './network.ts'
import { ASKS } from './passkey-challenge.ts'
import { hashPassword } from './password.ts'

/** Ten in a moment and ten in an hour, of one account, whether there is such an account or not. */
const OF_ACCOUNT = { most: 10, everyMs: 360_000 }
/** Of one network, over all accounts. */
const OF_NETWORK = { most: 30, everyMs: 60_000 }
/**
 * Codes of a second factor, of one user, whatever came before them: three of a million are right at any time, so that whoever has the password
 * and tries on is let in about once in nine years.
 */
const OF_CODES = { most: 5, everyMs: 900_000 }

/** What is worked on, or waits for that, at once in this process: of one address in whatever organization, one link or one invite, and of one network. Others have the rest. */
const AT_WORK_OF_ADDRESS = 4
const AT_WORK_OF_NETWORK = 8

/** Who is tried, and from where. */
export type Attempt = { emailKey: string; organizationId: string | undefined; ip: string | null }

/**
 * What comes of it: what was shown, and whether that is only the beginning, which gives no attempt back; or why not, and whether that was a guess.
 * Who has only begun to show who they are has not guessed.
 */
export type Tried<T, R> = { right: T; isBeginning?: true } | { refused: R; wasGuess: boolean }
/** It was not looked at: how many milliseconds to wait. */
export type Waits = { waitMs: number }

/**
 * Who says who they are is believed here and nowhere else: so often by account, by network and by user, and so many at once. A right attempt costs
 * none, and gives the account its attempts back: who knows a password, or has a link, is held by how many are at work.
 */
export class Guard {
  readonly #accounts: Attempts
  readonly #networks: Attempts
  readonly #codes: Attempts
  readonly #asks: Attempts
  readonly #atWorkOfAddress = new AtWork(AT_WORK_OF_ADDRESS)
  readonly #atWorkOfNetwork = new AtWork(AT_WORK_OF_NETWORK)

  constructor(attempts: CountAttempts) {
    this.#accounts = attempts('account', OF_ACCOUNT)
    this.#networks = attempts('network', OF_NETWORK)
    this.#codes = attempts('codes', OF_CODES)
    this.#asks = attempts('asks', ASKS)
  }

  /**
   * @param work looks at what is shown
   * @returns what it says, or that it was not asked
   * @throws TooManyOfOne, or whatever it throws, which is no attempt
   */
  async attempt<T, R>(attempt: Attempt, work: () => Promise<Tried<T, R>>): Promise<Tried<T, R> | Waits> {
    const account = accountOf(attempt.emailKey, attempt.organizationId)
    // Who has to wait is told so before they have a place at work, which others need, and before anything is written.
    const waitMs = (await this.#accounts.wait(account)) || (await this.#networks.wait(networkOf(attempt.ip)))
    if (waitMs > 0) return { waitMs }
    return this.atWork(attempt.emailKey, attempt.ip, () =>
      this.#ofNetwork(attempt.ip, async (): Promise<Tried<T, R> | Waits> => {
        const waitMs = await this.#accounts.take(account)
        if (waitMs > 0) return { waitMs }
        const tried = await work().catch(async (error) => {
          await this.#accounts.giveBack(account)
          throw error
        })
        if ('right' in tried ? tried.isBeginning : !tried.wasGuess) await this.#accounts.giveBack(account)
        else if ('right' in tried) await this.#accounts.forget(account)
        return tried
      }),
    )
  }

  /**
   * Tries a code of a user's second factor.
   * @param look what it stands for; null: it is wrong
   */
  async code<T>({ userId }: { userId: string }, look: () => Promise<T | null>): Promise<{ right: T | null } | Waits> {
    const waitMs = await this.#codes.take(userId)
    if (waitMs > 0) return { waitMs }
    const right = await look()
    if (right !== null) await this.#codes.forget(userId)
    return { right }
  }

  /**
   * A user, or who has their password or link, asks what a passkey has to sign. None is given back: what was asked is kept.
   * @returns 0, or the milliseconds until it may be asked
   */
  ask({ userId }: { userId: string }): Promise<number> {
    return this.#asks.take(userId)
  }

  /**
   * An attempt of a network, where no password is tried. Whatever comes of the work but an answer, the attempt is gone.
   * @returns what the work says, or that it was not begun @throws what it throws
   */
  async fromNetwork<T>(ip: string | null, work: () => Promise<T>): Promise<{ right: T } | Waits> {
    const network = networkOf(ip)
    const waitMs = await this.#networks.take(network)
    if (waitMs > 0) return { waitMs }
    const right = await work()
    await this.#networks.giveBack(network)
    return { right }
  }

  /**
   * A new password as it is kept, of who has shown that they may set one.
   * @param whose as `atWork` has it @throws TooMany, TooManyOfOne
   */
  hash(whose: string, ip: string | null, password: string): Promise<string> {
    return this.atWork(whose, ip, () => hashPassword(password))
  }

  /**
   * Work for somebody of whom so much is done at once, and no more.
   * @param whose their address in lower case, where they have shown its password; else the hash of the token that they have, which no stranger can use up
   * @throws TooManyOfOne, or what the work throws
   */
  atWork<T>(whose: string, ip: string | null, work: () => Promise<T>): Promise<T> {
    return this.#atWorkOfNetwork.run(networkOf(ip), () => this.#atWorkOfAddress.run(whose, work))
  }

  /** Who it is was proven by a link. */
  proven(emailKey: string, organizationId: string | undefined): Promise<void> {
    return this.#accounts.forget(accountOf(emailKey, organizationId))
  }

  /** An attempt of a network, which only a guess costs. */
  async #ofNetwork<T, R>(ip: string | null, work: () => Promise<Tried<T, R> | Waits>): Promise<Tried<T, R> | Waits> {
    const network = networkOf(ip)
    const waitMs = await this.#networks.take(network)
    if (waitMs > 0) return { waitMs }
    let wasGuess = false
    try {
      const tried = await work()
      wasGuess = 'refused' in tried && tried.wasGuess
      return tried
    } finally {
      if (!wasGuess) await this.#networks.giveBack(network)
    }
  }
}

/**
 * By the address and the organization that was named: the same address may be in another one, whose owner can know its password there, which
 * proves nothing here. As long as any other, however long the address is.
 */
const accountOf = (emailKey: string, organizationId: string | undefined) =>
  hashSecret(JSON.stringify([organizationId ?? null, emailKey]))
