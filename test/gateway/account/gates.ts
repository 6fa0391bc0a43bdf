import { Refusal } from './errors.ts'

/**
 * When a request is held or fails: before anything of its body is read and nothing is done, or when all is done and only
 * the answer is left. What is streamed is answered by then.
 */
export type Moment = 'begin' | 'answer'

/** Requests that wait, as long as it is not released. */
export type Hold = Disposable & {
  /** How many have come to it. */
  readonly reached: number
  /** Lets go who waits, and holds nobody any more. */
  release: () => void
}

type Bar = { matches: (called: string) => boolean; moment: Moment; pass: () => void | Promise<void> }

/** What stands in the way of requests, each by a pattern such as `POST /v1/files/*`, where `*` is anything. */
export class Gates {
  readonly #bars = new Set<Bar>()
  readonly #holds = new Set<Hold>()

  hold(pattern: string, moment: Moment = 'begin'): Hold {
    const { promise, resolve } = Promise.withResolvers<void>()
    let reached = 0
    const pass = () => {
      reached++
      return promise
    }
    const away = this.#add({ matches: matching(pattern), moment, pass })
    const release = () => {
      away()
      resolve()
    }
    const hold = {
      get reached() {
        return reached
      },
      release,
      [Symbol.dispose]: release,
    }
    this.#holds.add(hold)
    return hold
  }

  /**
   * Fails requests.
   * @param status what they are answered; 0: their connection is cut
   * @param times how many of them
   * @returns what ends it
   */
  fail(pattern: string, status: number, { moment = 'begin' as Moment, times = Number.POSITIVE_INFINITY } = {}) {
    let left = times
    const pass = () => {
      if (--left <= 0) end()
      throw new Refusal(status, 'The server had an error while processing your request.')
    }
    const end = this.#add({ matches: matching(pattern), moment, pass })
    return end
  }

  /** Lets go all who wait, and fails nobody any more. */
  open(): void {
    for (const hold of this.#holds) hold.release()
    this.#bars.clear()
  }

  async pass(called: string, moment: Moment): Promise<void> {
    for (const bar of [...this.#bars]) if (bar.moment === moment && bar.matches(called)) await bar.pass()
  }

  #add(bar: Bar): () => void {
    this.#bars.add(bar)
    return () => void this.#bars.delete(bar)
  }
}

function matching(pattern: string): (called: string) => boolean {
  const escaped = pattern.replace(/[.?+^$()[\]{}|\\]/g, '\\$&').replaceAll('*', '.*')
  const whole = new RegExp(`^${escaped}$`)
  return (called) => whole.test(called)
}
