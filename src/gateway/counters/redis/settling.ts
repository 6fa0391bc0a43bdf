import { type Late, lateOf } from './batch.ts'
import type { RedisTaken } from './taken.ts'

/** Settlements of one organization that Redis is to hear of, until it is known that it has. */
export class Settling {
  /** Those on their way included. */
  readonly #owed = new Map<string, RedisTaken>()
  readonly #sending = new Set<RedisTaken>()
  readonly #waiting = new Map<RedisTaken, PromiseWithResolvers<void>>()
  #late: Late[] = []

  get size(): number {
    return this.#owed.size + this.#late.length
  }

  get owed(): Iterable<RedisTaken> {
    return this.#owed.values()
  }

  /** @returns what resolves when Redis knows it, and rejects where it cannot be asked: then it is owed as before */
  add(taken: RedisTaken): Promise<void> {
    const known = this.#waiting.get(taken)
    if (known) return known.promise
    const waiting = Promise.withResolvers<void>()
    this.#waiting.set(taken, waiting)
    this.#owed.set(taken.id, taken)
    return waiting.promise
  }

  /**
   * Those that are to be sent now, so many at most.
   * @param isReady whether it can be
   * @param more told where some are left beyond those
   */
  due(most: number, isReady: (taken: RedisTaken) => boolean, more: () => void): RedisTaken[] {
    const due: RedisTaken[] = []
    for (const taken of this.#owed.values()) {
      if (due.length === most) {
        more()
        break
      }
      if (!this.#sending.has(taken) && isReady(taken)) due.push(taken)
    }
    return due
  }

  /** What calls used that Redis knows nothing of any more: whoever takes it tells it, or brings it back. */
  takeLate(): Late[] {
    return this.#late.splice(0)
  }

  bringBack(late: readonly Late[]): void {
    this.#late.unshift(...late)
  }

  sent(all: readonly RedisTaken[]): void {
    for (const taken of all) this.#sending.add(taken)
  }

  answered(all: readonly RedisTaken[]): void {
    for (const taken of all) this.#sending.delete(taken)
  }

  /** @param wasKnown whether Redis had it to settle @returns whether it is over */
  conclude(taken: RedisTaken, wasKnown: boolean): boolean {
    if (!wasKnown && performance.now() < taken.doubtUntil) return false
    taken.isDone = true
    this.#owed.delete(taken.id)
    // Settled before, perhaps: else it was lost, and what it used is new to Redis.
    if (!wasKnown && !taken.isAgain) this.#late.push(...lateOf(taken))
    this.#waiting.get(taken)?.resolve()
    this.#waiting.delete(taken)
    return true
  }

  /** It may have arrived. */
  fail(all: readonly RedisTaken[], error: unknown): void {
    for (const taken of all) {
      taken.isAgain = true
      this.#waiting.get(taken)?.reject(error)
      this.#waiting.delete(taken)
    }
  }

  /** A call that nobody knows of whether it was let in: it may have arrived, or arrive yet, and whatever it took is given back. */
  giveBack(taken: RedisTaken, doubtUntil: number): void {
    taken.settled = taken.costs.map(() => 0)
    taken.isAgain = true
    taken.doubtUntil = doubtUntil
    this.#owed.set(taken.id, taken)
  }
}
