import { NoAnswer } from '../../../db/in-time.ts'

const LOOK_MS = 100

type Waiting = { until: number; reject: (error: NoAnswer) => void }

/** Ends the waiting for acts that take too long; one timer for all of them, since there are thousands a second. */
export class Deadlines implements Disposable {
  readonly #ms: number
  /** In the order in which their time is over. */
  readonly #waiting = new Set<Waiting>()
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.#ms = ms
  }

  /** @throws NoAnswer where it takes longer, by a tenth of a second at most */
  hold<T>(act: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = { until: performance.now() + this.#ms, reject }
      this.#waiting.add(waiting)
      // Where this process itself was held up, the answer may be there and unread: it is read before anything is said to be late.
      this.#timer ??= setInterval(() => setImmediate(() => this.#look()), LOOK_MS).unref()
      act.then(
        (value) => {
          this.#waiting.delete(waiting)
          resolve(value)
        },
        (error) => {
          this.#waiting.delete(waiting)
          reject(error)
        },
      )
    })
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const now = performance.now()
    for (const waiting of this.#waiting) {
      if (waiting.until > now) return
      this.#waiting.delete(waiting)
      waiting.reject(new NoAnswer(`the counters did not answer within ${this.#ms} ms`))
    }
    if (this.#waiting.size === 0) this[Symbol.dispose]()
  }
}
