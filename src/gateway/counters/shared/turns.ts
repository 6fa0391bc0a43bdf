import type { Arena } from './arena.ts'

const AGAIN_MS = 1

type Waiting = { work: () => void; failed: (error: unknown) => void }

/**
 * Changes that the machine's own thread makes, in the order in which they are asked for. It never waits for the lock asleep:
 * whoever holds it may have died, which this thread alone can hear. So what cannot be done now is tried again a moment later.
 */
export class Turns {
  readonly #arena: Arena
  readonly #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /** Makes a change as soon as may be, often at once. @param work runs under the lock, wholly or not at all */
  do<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.push({ work: () => resolve(work()), failed: reject })
    this.#go()
    return promise
  }

  #go(): void {
    if (this.#timer !== undefined) return
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (!this.#arena.lock.try()) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined
          this.#go()
        }, AGAIN_MS)
        return
      }
      this.#waiting.shift()
      try {
        next.work()
        this.#arena.commit()
      } catch (error) {
        this.#arena.rollback()
        next.failed(error)
      }
    }
  }
}
