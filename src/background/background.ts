import { randomUUID } from 'node:crypto'
import type { Log } from '../core/log.ts'
import { giveLeasesBack, takeLeases } from '../db/leases.ts'
import type { Db } from '../db/tables.ts'
import { within } from '../ledger/within.ts'
import type { Job } from './job.ts'
import { RunningJob } from './running-job.ts'

/** Milliseconds after which others take over what a holder does who is not heard of. */
const LEASE_MS = 30_000
/** A lease is asked for so often within its time. */
const TIMES = 4
/** How long a stop waits for the steps at hand, in milliseconds, and then for the database to take the leases back. */
const STOP_MS = 10_000
const GIVE_BACK_MS = 2000

export type BackgroundParts = {
  /** One that can be written to. */
  db: Db
  log: Pick<Log, 'info' | 'warn'>
  /** For tests, in the place of half a minute. */
  leaseMs?: number
}

/**
 * Runs jobs in the background. Each has a lease in the database, by the database's clock; whoever holds it runs the job, renews it
 * four times within its time, and stops when it could not for so long that somebody else may have it. Without a job there is no timer, and no
 * statement is sent. Disposing waits for the steps at hand and gives the leases back.
 */
export class Background implements AsyncDisposable {
  readonly #db: Db
  readonly #log: BackgroundParts['log']
  readonly #leaseMs: number
  readonly #holder = randomUUID()
  readonly #jobs = new Map<string, RunningJob>()
  #timer: NodeJS.Timeout | undefined
  #asking: Promise<void> | null = null
  #isStarted = false
  #isStopped = false
  #failures = 0

  constructor({ db, log, leaseMs = LEASE_MS }: BackgroundParts) {
    this.#db = db
    this.#log = log
    this.#leaseMs = leaseMs
  }

  /** To be called before the start. */
  add(job: Job): void {
    this.#jobs.set(job.name, new RunningJob(job, this.#log))
  }

  start(): void {
    if (this.#jobs.size === 0 || this.#isStarted) return
    this.#isStarted = true
    this.#ask()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    const jobs = [...this.#jobs.values()]
    await within(STOP_MS, Promise.all([this.#asking, ...jobs.map((job) => job.stop())]))
    // What has not come to its end is not given away: its lease runs out.
    const over = jobs.filter((job) => job.wasHeld && !job.isRunning).map(({ name }) => name)
    if (over.length === 0) return
    const given = giveLeasesBack(this.#db, over, this.#holder).catch((err: unknown) =>
      this.#log.warn(
        { err },
        'what was done in the background could not be given back: others take over in half a minute',
      ),
    )
    await within(GIVE_BACK_MS, given)
  }

  #ask(): void {
    this.#asking = this.#take().finally(() => {
      this.#asking = null
      if (this.#isStopped) return
      this.#timer = setTimeout(() => this.#ask(), this.#leaseMs / TIMES)
      this.#timer.unref()
    })
  }

  async #take(): Promise<void> {
    // The lease begins after this moment: counted from here it ends here no later than it does there.
    const asked = performance.now()
    try {
      const taken = new Set(await takeLeases(this.#db, [...this.#jobs.keys()], this.#holder, this.#leaseMs))
      if (this.#failures > 0) this.#log.info({ failed: this.#failures }, 'background work can be shared out again')
      this.#failures = 0
      // By a margin, in which the step at hand may end.
      const until = asked + this.#leaseMs * (1 - 1 / TIMES)
      for (const job of this.#jobs.values()) {
        if (taken.has(job.name)) job.holdUntil(until)
        else job.lose()
      }
    } catch (err) {
      // Those that are held go on until their time is over.
      if (this.#failures++ === 0) this.#log.warn({ err }, 'background work cannot be shared out; it is tried again')
    }
  }
}
