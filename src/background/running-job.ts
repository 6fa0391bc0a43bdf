import type { Log } from '../core/log.ts'
import type { Job } from './job.ts'

/** The longest pause after failures, in milliseconds; each is twice the one before. */
const LONGEST_PAUSE_MS = 60_000

/** A job as it is run here for as long as its lease is held, one run at a time. */
export class RunningJob {
  readonly #job: Job
  readonly #log: Pick<Log, 'info' | 'warn'>
  /** On this thread's own clock, which nobody sets. */
  #heldUntil = Number.NEGATIVE_INFINITY
  #lapse: NodeJS.Timeout | undefined
  #next: NodeJS.Timeout | undefined
  #running: Promise<void> | null = null
  #over = new AbortController()
  #failures = 0
  #isStopped = false

  constructor(job: Job, log: Pick<Log, 'info' | 'warn'>) {
    this.#job = job
    this.#log = log
  }

  get name(): string {
    return this.#job.name
  }

  get isRunning(): boolean {
    return this.#running !== null
  }

  /** Whether its lease has ever been held here, and may be so still. */
  get wasHeld(): boolean {
    return this.#heldUntil !== Number.NEGATIVE_INFINITY
  }

  /** @param until on the clock of `performance.now` */
  holdUntil(until: number): void {
    this.#heldUntil = until
    if (this.#isStopped) return
    clearTimeout(this.#lapse)
    this.#lapse = setTimeout(() => this.lose(), Math.max(0, until - performance.now())).unref()
    if (this.#running === null && this.#next === undefined) this.#plan(0)
  }

  /** Somebody else has the lease, or may have it. */
  lose(): void {
    clearTimeout(this.#lapse)
    clearTimeout(this.#next)
    this.#next = undefined
    this.#heldUntil = Math.min(this.#heldUntil, performance.now())
    this.#over.abort()
  }

  /** Begins no other run. @returns when the one at hand is over */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#lapse)
    clearTimeout(this.#next)
    this.#over.abort()
    await this.#running
  }

  #plan(ms: number): void {
    this.#next = setTimeout(() => {
      this.#next = undefined
      this.#run()
    }, ms).unref()
  }

  #run(): void {
    // Timers of a thread that stood still come late, and in any order.
    if (this.#isStopped || performance.now() >= this.#heldUntil) return
    this.#over = new AbortController()
    this.#running = this.#attempt(this.#over.signal).finally(() => {
      this.#running = null
      if (this.#isStopped || performance.now() >= this.#heldUntil) return
      const pause = this.#failures === 0 ? 0 : this.#job.everyMs * 2 ** Math.min(this.#failures, 10)
      this.#plan(Math.max(this.#job.everyMs, Math.min(pause, LONGEST_PAUSE_MS)))
    })
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    try {
      await this.#job.run(signal)
      if (this.#failures > 0)
        this.#log.info({ job: this.name, failed: this.#failures }, 'background work goes on again')
      this.#failures = 0
    } catch (err) {
      if (signal.aborted) return
      if (this.#failures++ === 0) this.#log.warn({ err, job: this.name }, 'background work failed; it is tried again')
    }
  }
}
