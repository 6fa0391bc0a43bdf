import type { Availability, Dependency } from '../core/dependency.ts'
import { isExhausted } from './errors.ts'
import { inTime } from './in-time.ts'

/** How long an answer is waited for, in milliseconds: slow is away. */
const PATIENCE_MS = 2000
/** How soon it is asked again while it is away. */
const AGAIN_MS = 500

type Watched = {
  /** A question that any database can answer, asked on a connection that nobody else waits for. */
  ask: () => Promise<unknown>
  /** It is there again: what hung on it is to be given up, and anything may have changed. */
  recovered: () => void
}

/**
 * Whether the database can be asked. It is asked when a statement failed or was too slow, or somebody wants to know, and while it is away
 * twice a second until it answers; whoever asks meanwhile shares the answer. What one statement meets says nothing by itself: it may be its own fault.
 */
export class DatabaseHealth implements Availability {
  readonly #dependency: Dependency
  #watched: Watched | null = null
  #asking: Promise<boolean> | null = null
  #again: NodeJS.Timeout | undefined

  constructor(dependency: Dependency) {
    this.#dependency = dependency
  }

  get isThere(): boolean {
    return this.#dependency.isThere
  }

  /** See `Dependency`. */
  get flag(): Int32Array {
    return this.#dependency.flag
  }

  /** For how long it has been away, in milliseconds; 0 where it is there. */
  get awayMs(): number {
    return this.#dependency.awayMs
  }

  /** Watches it until the returned is disposed. */
  watch(watched: Watched): Disposable {
    this.#watched = watched
    return {
      [Symbol.dispose]: () => {
        this.#watched = null
        clearTimeout(this.#again)
      },
    }
  }

  doubt(): void {
    if (this.isThere) void this.ask()
  }

  /** Asks now, for two seconds at most. Never rejects. */
  ask(): Promise<boolean> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #ask(): Promise<boolean> {
    clearTimeout(this.#again)
    const watched = this.#watched
    if (watched === null) return this.isThere
    try {
      await inTime(PATIENCE_MS, watched.ask())
    } catch (error) {
      // A database that says it has no more connections is there: those that we have can be used.
      if (!isExhausted(error) || !this.isThere) return this.#away(error)
    }
    if (this.#dependency.is(true) && this.#watched !== null) watched.recovered()
    return true
  }

  #away(error: unknown): boolean {
    // What is asked while everything is being closed fails for that reason.
    if (this.#watched === null) return this.isThere
    this.#dependency.is(false, error)
    this.#again = setTimeout(() => void this.ask(), AGAIN_MS).unref()
    return false
  }
}
