import type { Log } from '../../core/log.ts'

/** Work that goes on when a client has its answer. Nobody waits for it but a stop, and what fails of it is logged. */
export class Afterwards {
  readonly #log: Pick<Log, 'error'>
  readonly #running = new Set<Promise<void>>()

  constructor(log: Pick<Log, 'error'>) {
    this.#log = log
  }

  get running(): number {
    return this.#running.size
  }

  /** Does it, or begins it. Never throws. */
  readonly do = (work: () => Promise<void> | undefined): void => {
    try {
      const going = work()
      // Most calls are settled at once.
      if (going === undefined) return
      const guarded = going.catch(this.#failed)
      this.#running.add(guarded)
      guarded.finally(() => this.#running.delete(guarded))
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Resolves when nothing runs any more. */
  async over(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  readonly #failed = (err: unknown): void => {
    this.#log.error({ err }, 'what a call used could not be settled')
  }
}
