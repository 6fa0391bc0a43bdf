import { type ApiError, unavailable } from '../../contract/error.ts'

const SMALL_BODY = 65_536

/** Bytes of the whole budget that large bodies leave free; the least that can be set has four times as many. */
const FOR_SMALL_BODIES = 16_000_000

/** Bytes that bodies may hold together: altogether, and of one project no more than half of it. */
export type BodyLimits = {
  limitBytes: number
  /** Of them, those that large bodies leave free: small ones are still read while large ones fill the rest. */
  forSmall: number
}

/** The limits of a machine's bodies. @param limitBytes as the operator has set it */
export const bodyLimits = (limitBytes: number): BodyLimits => ({ limitBytes, forSmall: FOR_SMALL_BODIES })

/** What all bodies together hold, wherever that is counted. */
export interface Bodies {
  /**
   * The share of a project: half of all, so that no project fills the whole and keeps all others out. It goes by the id, for
   * what the project rules is another object after every change, and what is held stays held.
   */
  share(projectId: string): Budget
  /** Bytes that are held now by bodies that were read here. */
  readonly used: number
}

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
export class BodyBudget implements Budget, Bodies {
  readonly #limits: BodyLimits
  /** Bytes held for each project, by its id; of a project that holds none nothing is kept. */
  readonly #ofProjects = new Map<string, number>()
  #used = 0

  constructor(limits: BodyLimits) {
    this.#limits = limits
  }

  get used(): number {
    return this.#used
  }

  /** How many projects hold something. */
  get projects(): number {
    return this.#ofProjects.size
  }

  share(projectId: string): Budget {
    return new Share(this, this.#ofProjects, projectId, this.#limits.limitBytes / 2)
  }

  take(bytes: number, whole: number): void {
    this.check(bytes, whole)
    this.#used += bytes
  }

  check(bytes: number, whole: number): void {
    if (this.#used + bytes > mostFor(this.#limits, whole)) throw full()
  }

  give(bytes: number): void {
    this.#used -= bytes
  }
}

/** Keeps no count of its own: as many shares of one project as there are add up. */
class Share implements Budget {
  readonly #all: Budget
  readonly #used: Map<string, number>
  readonly #projectId: string
  readonly #limit: number

  constructor(all: Budget, used: Map<string, number>, projectId: string, limit: number) {
    this.#all = all
    this.#used = used
    this.#projectId = projectId
    this.#limit = limit
  }

  take(bytes: number, whole: number): void {
    this.check(bytes, whole)
    this.#all.take(bytes, whole)
    this.#add(bytes)
  }

  check(bytes: number, whole: number): void {
    if ((this.#used.get(this.#projectId) ?? 0) + bytes > this.#limit) throw full()
    this.#all.check(bytes, whole)
  }

  give(bytes: number): void {
    this.#all.give(bytes)
    this.#add(-bytes)
  }

  #add(bytes: number) {
    const used = (this.#used.get(this.#projectId) ?? 0) + bytes
    if (used === 0) this.#used.delete(this.#projectId)
    else this.#used.set(this.#projectId, used)
  }
}

/** What all bodies may hold with one of so many bytes. */
export const mostFor = ({ limitBytes, forSmall }: BodyLimits, whole: number): number =>
  whole > SMALL_BODY ? limitBytes - forSmall : limitBytes

export function full(): ApiError {
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
