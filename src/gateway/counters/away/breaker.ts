import type { Dependency } from '../../../core/dependency.ts'
import { inTime } from '../../../db/in-time.ts'

/** How soon it is asked again while it is away, in milliseconds, and the most where asking works and acts do not. */
const AGAIN_MS = 500
const MOST_PAUSE_MS = 8000
/** How long the answer to a question may take. */
const ANSWER_MS = 500
/** Acts in a row that failed, from which on it is away whatever it answers to a question. */
const MOST_FAILURES = 5

export type BreakerParts = {
  dependency: Pick<Dependency, 'isThere' | 'is'>
  /** A question that costs little, and that only who can count answers. */
  ask: () => Promise<unknown>
  /** It is there again. */
  closed: () => void
}

/**
 * Whether far counters are asked at all. A failure has them asked a question; where that fails too, or too many acts in a row have, nobody asks
 * them any more but this, until they answer. Where they answer and acts fail all the same, the pause doubles each time.
 */
export class Breaker implements Disposable {
  readonly #parts: BreakerParts
  #failures = 0
  #pauseMs = AGAIN_MS
  #asking: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined
  #ended = false

  constructor(parts: BreakerParts) {
    this.#parts = parts
  }

  get isClosed(): boolean {
    return this.#parts.dependency.isThere
  }

  succeeded(): void {
    this.#failures = 0
    this.#pauseMs = AGAIN_MS
  }

  failed(error: unknown): void {
    if (!this.isClosed || this.#ended) return
    if (++this.#failures < MOST_FAILURES) return void this.ask()
    this.#open(error)
    this.#pauseMs = Math.min(this.#pauseMs * 2, MOST_PAUSE_MS)
  }

  /** Asks now, for half a second at most; whoever asks meanwhile shares the answer. Never rejects. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  [Symbol.dispose](): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }

  #open(error: unknown): void {
    this.#parts.dependency.is(false, error)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.ask(), this.#pauseMs).unref()
  }

  async #ask(): Promise<void> {
    try {
      await inTime(ANSWER_MS, this.#parts.ask(), 'Redis')
    } catch (error) {
      if (!this.#ended) this.#open(error)
      return
    }
    // One more failure then opens it again.
    if (!this.isClosed) this.#failures = MOST_FAILURES - 1
    if (!this.#ended && this.#parts.dependency.is(true)) this.#parts.closed()
  }
}
