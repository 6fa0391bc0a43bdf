import { LOCK, NEVER } from './header.ts'

/** Attempts before a thread lets others have the processor: the holder may have been stopped by the system. */
const SPINS = 200
const STEP_MS = 0.2
/** How long a thread waits at most. Whoever died with the lock is buried long before, unless the machine itself is stuck. */
const MOST_MS = 3000

/** The one lock of the memory: held for about a microsecond, and it says who holds it. */
export class Lock {
  readonly #ints: Int32Array
  readonly #name: number
  readonly #mostMs: number

  /** @param index of the thread */
  constructor(ints: Int32Array, index: number, mostMs = MOST_MS) {
    this.#ints = ints
    this.#name = index + 1
    this.#mostMs = mostMs
  }

  /** Whether it could be had within some attempts. */
  try(): boolean {
    for (let n = 0; n < SPINS; n++) if (Atomics.compareExchange(this.#ints, LOCK, 0, this.#name) === 0) return true
    return false
  }

  /** Waits for it, asleep: not for the thread that sees to the dead, since it would not hear of who died with it. */
  take(): void {
    if (this.try()) return
    const end = performance.now() + this.#mostMs
    do {
      Atomics.wait(this.#ints, NEVER, 0, STEP_MS)
      if (this.try()) return
    } while (performance.now() < end)
    throw new Error('the counters that threads share are held by one of them that does not go on')
  }

  free(): void {
    Atomics.store(this.#ints, LOCK, 0)
  }
}
