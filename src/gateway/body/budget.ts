import { ApiError } from '../../contract/error.ts'

/**
 * The bytes that all bodies in flight may hold together, whether in memory or in a temporary file: what clients send can fill
 * neither. Bytes are taken as they arrive, not as they are announced, so a client that only announces holds nothing.
 */
export class BodyBudget {
  readonly #limit: number
  #used = 0

  /** @param limitBytes of all bodies together */
  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  /** Bytes held now. */
  get used(): number {
    return this.#used
  }

  /** @throws ApiError 503 where so many bytes are not free; nothing is taken then */
  take(bytes: number): void {
    this.check(bytes)
    this.#used += bytes
  }

  /**
   * Refuses early what could not be taken whole.
   * @throws ApiError 503 where so many bytes are not free now
   */
  check(bytes: number): void {
    if (this.#used + bytes <= this.#limit) return
    throw new ApiError(
      'service_unavailable',
      'The server is reading as many request bodies as it can hold right now. Please try again shortly.',
      { headers: { 'retry-after': '1' } },
    )
  }

  /** Gives back bytes that were taken. */
  give(bytes: number): void {
    this.#used -= bytes
  }
}

/** What one body holds of the budget; given back once, and nothing is taken for it afterwards. */
export class Held {
  readonly #budget: BodyBudget
  #bytes = 0
  #released = false

  constructor(budget: BodyBudget) {
    this.#budget = budget
  }

  /** @throws ApiError 503 where the budget has not so much left */
  take(bytes: number): void {
    // Bytes may still be on their way to a body that nobody waits for any more.
    if (this.#released) return
    this.#budget.take(bytes)
    this.#bytes += bytes
  }

  /** @throws ApiError 503 where the budget has not so much left; nothing is taken */
  check(bytes: number): void {
    this.#budget.check(bytes)
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
