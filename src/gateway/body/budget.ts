import { type ApiError, unavailable } from '../../contract/error.ts'

const SMALL_BODY = 65_536

/** Bytes that bodies may hold. */
export interface Budget {
  /**
   * @param whole bytes of the body that they are for, with them
   * @throws ApiError 503 where so many bytes are not free; nothing is taken then
   */
  take(bytes: number, whole: number): void
  /**
   * Refuses early what could not be taken whole.
   * @throws ApiError 503 where so many bytes are not free now
   */
  check(bytes: number, whole: number): void
  /** Gives back bytes that were taken. */
  give(bytes: number): void
}

/**
 * The bytes that all bodies in flight may hold together, whether in memory or in a temporary file: what clients send can fill
 * neither. Bytes are taken as they arrive, not as they are announced, so a client that only announces holds nothing.
 */
export class BodyBudget implements Budget {
  readonly #limit: number
  readonly #forSmall: number
  readonly #shares = new WeakMap<object, Budget>()
  #used = 0

  /**
   * @param limitBytes of all bodies together
   * @param forSmall bytes of them that large bodies leave free: small ones are still read while large ones fill the rest
   */
  constructor(limitBytes: number, forSmall = 0) {
    this.#limit = limitBytes
    this.#forSmall = forSmall
  }

  /** Bytes held now. */
  get used(): number {
    return this.#used
  }

  /** The share of a project: half of all, so that no project fills the whole and keeps all others out. */
  share(project: object): Budget {
    let share = this.#shares.get(project)
    if (share === undefined) {
      share = new Share(this, this.#limit / 2)
      this.#shares.set(project, share)
    }
    return share
  }

  take(bytes: number, whole: number): void {
    this.check(bytes, whole)
    this.#used += bytes
  }

  check(bytes: number, whole: number): void {
    const most = whole > SMALL_BODY ? this.#limit - this.#forSmall : this.#limit
    if (this.#used + bytes > most) throw full()
  }

  give(bytes: number): void {
    this.#used -= bytes
  }
}

class Share implements Budget {
  readonly #all: Budget
  readonly #limit: number
  #used = 0

  constructor(all: Budget, limit: number) {
    this.#all = all
    this.#limit = limit
  }

  take(bytes: number, whole: number): void {
    this.check(bytes, whole)
    this.#all.take(bytes, whole)
    this.#used += bytes
  }

  check(bytes: number, whole: number): void {
    if (this.#used + bytes > this.#limit) throw full()
    this.#all.check(bytes, whole)
  }

  give(bytes: number): void {
    this.#all.give(bytes)
    this.#used -= bytes
  }
}

function full(): ApiError {
  return unavailable('The server is reading as many request bodies as it can hold right now. Please try again shortly.')
}

/** What one body holds of the budget; given back once, and nothing is taken for it afterwards. */
export class Held {
  readonly #budget: Budget
  #bytes = 0
  #released = false

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /** @throws ApiError 503 where the budget has not so much left */
  take(bytes: number): void {
    // Bytes may still be on their way to a body that nobody waits for any more.
    if (this.#released) return
    this.#budget.take(bytes, this.#bytes + bytes)
    this.#bytes += bytes
  }

  /** @throws ApiError 503 where the budget has not so much left; nothing is taken */
  check(bytes: number): void {
    this.#budget.check(bytes, this.#bytes + bytes)
  }

  give(bytes: number): void {
    if (this.#released) return
    this.#budget.give(bytes)
    this.#bytes -= bytes
  }

  release(): void {
    this.give(this.#bytes)
    this.#released = true
  }
}
