import { Worker } from 'node:worker_threads'

export type ToCount = { id: number; texts: readonly string[] }
export type Counted = { id: number; tokens: number }

type Job = { texts: readonly string[]; resolve: (tokens: number) => void; timer: NodeJS.Timeout; characters: number }

export type TokenCounterOptions = {
  /** Milliseconds after which an answer is not waited for any more. */
  timeoutMs?: number
  /** Milliseconds without work after which the worker ends: it holds 75 MB of vocabulary. */
  idleMs?: number
  /** The module that counts. */
  script?: URL
}

/** Characters that may wait for being counted; what is beyond them is estimated at once. */
const MOST_WAITING = 8_000_000
const MOST_MEMORY_MB = 512

/** Tokens of a text by the estimate used everywhere: a quarter of its characters, rounded up. */
export const estimate = (texts: readonly string[]) => texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)

/**
 * Counts tokens where a model server does not, off the thread that serves calls. It always answers: where the worker fails,
 * is too slow or has too much to do, with an estimate.
 */
export class TokenCounter {
  readonly #timeoutMs: number
  readonly #idleMs: number
  readonly #script: URL
  readonly #jobs = new Map<number, Job>()
  #waiting = 0
  #lastId = 0
  #worker: Worker | null = null
  #idle: NodeJS.Timeout | null = null
  #closed = false
  /** How many texts were estimated that should have been counted: for whoever watches. */
  estimated = 0

  constructor({ timeoutMs = 10_000, idleMs = 60_000, script }: TokenCounterOptions = {}) {
    this.#timeoutMs = timeoutMs
    this.#idleMs = idleMs
    this.#script = script ?? new URL('./token-worker.ts', import.meta.url)
  }

  /** Whether the worker lives; it does from the first need on, until it has been idle. */
  get running(): boolean {
    return this.#worker !== null
  }

  /** The tokens of all texts together, by the o200k_base vocabulary. */
  count(texts: readonly string[]): Promise<number> {
    const characters = texts.reduce((sum, text) => sum + text.length, 0)
    if (characters === 0) return Promise.resolve(0)
    if (this.#closed || this.#waiting + characters > MOST_WAITING) {
      this.estimated++
      return Promise.resolve(estimate(texts))
    }
    return new Promise((resolve) => {
      const id = ++this.#lastId
      const timer = setTimeout(() => this.#giveUp(), this.#timeoutMs)
      this.#jobs.set(id, { texts, resolve, timer, characters })
      this.#waiting += characters
      try {
        this.#running().postMessage({ id, texts } satisfies ToCount)
      } catch {
        // No thread to be had: others may have needed it more.
        this.#giveUp()
      }
    })
  }

  /** Ends the worker. Whoever still waits gets the estimate. */
  close(): void {
    this.#closed = true
    this.#giveUp()
  }

  #running(): Worker {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
    if (this.#worker === null) {
      const worker = new Worker(this.#script, { resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB } })
      worker.on('message', ({ id, tokens }: Counted) => this.#finish(id, tokens))
      const gone = () => {
        if (this.#worker === worker) this.#giveUp()
      }
      worker.on('error', gone).on('exit', gone)
      this.#worker = worker
    }
    this.#worker.ref()
    return this.#worker
  }

  #finish(id: number, tokens: number): void {
    const job = this.#jobs.get(id)
    if (job === undefined) return
    clearTimeout(job.timer)
    this.#jobs.delete(id)
    this.#waiting -= job.characters
    job.resolve(tokens)
    if (this.#jobs.size > 0) return
    this.#worker?.unref()
    this.#idle = setTimeout(() => this.#end(), this.#idleMs).unref()
  }

  /** A worker that is late with one job is late with all behind it: they are estimated, and the next need starts another. */
  #giveUp(): void {
    this.#end()
    this.estimated += this.#jobs.size
    for (const [id, { texts }] of this.#jobs) this.#finish(id, estimate(texts))
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
  }

  #end(): void {
    const worker = this.#worker
    this.#worker = null
    worker?.terminate().catch(() => {})
  }
}
