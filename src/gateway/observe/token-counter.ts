import type { Worker } from 'node:worker_threads'
import { endThread, spareThread, takeThread } from './token-thread.ts'

export type ToCount = { id: number; texts: readonly string[] }
export type Counted = { id: number; tokens: number }

type Job = {
  id: number
  texts: readonly string[]
  /** Of what is not counted with them. */
  rest: number
  of: string
  characters: number
  resolve: (tokens: number) => void
  timer: NodeJS.Timeout
}

/** What waits of one project, and the characters of all of it, with what is being counted. */
type Line = { jobs: Job[]; characters: number }

export type TokenCounterOptions = {
  /** Milliseconds after which an answer is not waited for any more. */
  timeoutMs?: number
  /** Milliseconds without work after which the worker ends: it holds 75 MB of vocabulary. */
  idleMs?: number
  /** The module that counts. */
  script?: URL
}

/** Characters that may wait for being counted, of all and of one project; what is beyond them is estimated at once. */
const MOST_WAITING = 8_000_000
const MOST_OF_ONE = 2_000_000
/** Characters that the worker has before it is given more: so that whose turn it is can still be decided. */
const MOST_AT_ONCE = 65_536

/** Tokens of a text by the estimate used everywhere: a quarter of its characters, rounded up. */
export const estimate = (texts: readonly string[]) => texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)

const charactersOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0)

/** So many of their characters. */
function beginningOf(texts: readonly string[], characters: number): string[] {
  const begun: string[] = []
  let left = characters
  for (const text of texts) {
    if (left > 0) begun.push(text.slice(0, left))
    left -= text.length
  }
  return begun
}

/**
 * Counts tokens where a model server does not, off the thread that serves calls. It always answers: where the worker fails,
 * is too slow or has too much to do, with an estimate. Projects are counted for in turn, so that what one has counted holds up
 * nobody else by more than two of its texts.
 */
export class TokenCounter {
  readonly #timeoutMs: number
  readonly #idleMs: number
  readonly #script: URL
  /** By project, whose turn it is next first. */
  readonly #lines = new Map<string, Line>()
  /** What the worker has. */
  readonly #given = new Map<number, Job>()
  #givenCharacters = 0
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

  /**
   * The tokens of all texts together, by the o200k_base vocabulary.
   * @param of the project that they are counted for
   */
  count(texts: readonly string[], of: string): Promise<number> {
    const all = charactersOf(texts)
    if (all === 0) return Promise.resolve(0)
    const line = this.#lines.get(of)
    const room = this.#closed ? 0 : Math.min(MOST_WAITING - this.#waiting, MOST_OF_ONE - (line?.characters ?? 0))
    if (room < all) this.estimated++
    if (room <= 0) return Promise.resolve(estimate(texts))
    return new Promise((resolve) => {
      const counted = room < all ? beginningOf(texts, room) : texts
      const characters = Math.min(all, room)
      const id = ++this.#lastId
      const timer = setTimeout(() => this.#late(job), this.#timeoutMs)
      const job: Job = { id, texts: counted, rest: Math.ceil((all - characters) / 4), of, characters, resolve, timer }
      this.#waiting += characters
      if (line === undefined) this.#lines.set(of, { jobs: [job], characters })
      else {
        line.jobs.push(job)
        line.characters += characters
      }
      this.#next()
    })
  }

  /** Gives the worker more, as far as it can take it. */
  #next(): void {
    while (this.#givenCharacters < MOST_AT_ONCE) {
      const job = this.#taken()
      if (job === null) return
      this.#given.set(job.id, job)
      this.#givenCharacters += job.characters
      try {
        this.#running().postMessage({ id: job.id, texts: job.texts } satisfies ToCount)
      } catch {
        // No thread to be had: others may have needed it more.
        this.#giveUp()
      }
    }
  }

  /** The job whose turn it is, out of its line, which goes behind all others. */
  #taken(): Job | null {
    for (const [of, line] of this.#lines) {
      const job = line.jobs.shift()
      if (job === undefined) continue
      this.#lines.delete(of)
      this.#lines.set(of, line)
      return job
    }
    return null
  }

  /** Lets the worker go, which ends if it is at work. Whoever still waits gets the estimate. */
  close(): void {
    this.#closed = true
    if (this.#worker !== null && this.#given.size === 0) {
      spareThread(this.#script, this.#worker, this.#idleMs)
      this.#worker = null
    }
    this.#giveUp()
  }

  #running(): Worker {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
    if (this.#worker === null) {
      const worker = takeThread(this.#script)
      worker.on('message', ({ id, tokens }: Counted) => this.#counted(id, tokens))
      const gone = () => {
        if (this.#worker === worker) this.#giveUp()
      }
      worker.on('error', gone).on('exit', gone)
      this.#worker = worker
    }
    this.#worker.ref()
    return this.#worker
  }

  #counted(id: number, tokens: number): void {
    const job = this.#given.get(id)
    if (job !== undefined) this.#finish(job, tokens)
    this.#next()
    if (this.#lines.size > 0) return
    this.#worker?.unref()
    this.#idle = setTimeout(() => this.#end(), this.#idleMs).unref()
  }

  #finish(job: Job, tokens: number): void {
    clearTimeout(job.timer)
    if (this.#given.delete(job.id)) this.#givenCharacters -= job.characters
    this.#waiting -= job.characters
    const line = this.#lines.get(job.of)
    if (line !== undefined) {
      line.characters -= job.characters
      if (line.characters === 0) this.#lines.delete(job.of)
    }
    job.resolve(tokens + job.rest)
  }

  #estimate(job: Job): void {
    this.estimated++
    this.#finish(job, estimate(job.texts))
  }

  /** Of a worker that is late with one job all that it has is estimated, and the next need starts another. */
  #late(job: Job): void {
    if (!this.#given.has(job.id)) {
      const { jobs = [] } = this.#lines.get(job.of) ?? {}
      jobs.splice(jobs.indexOf(job), 1)
      this.#estimate(job)
      return
    }
    this.#end()
    for (const given of [...this.#given.values()]) this.#estimate(given)
    this.#next()
  }

  /** Nobody counts any more: all that waits is estimated. */
  #giveUp(): void {
    this.#end()
    const waiting = [...this.#lines.values()].flatMap(({ jobs }) => jobs.splice(0))
    for (const job of [...this.#given.values(), ...waiting]) this.#estimate(job)
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
  }

  #end(): void {
    const worker = this.#worker
    this.#worker = null
    if (worker !== null) endThread(worker)
  }
}
