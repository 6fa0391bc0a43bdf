import { getCompileCacheDir } from 'node:module'
import { type Transferable, Worker, type WorkerOptions } from 'node:worker_threads'
import type { KnownKeys } from '../gateway/keys/known.ts'
import type { ThreadStart } from '../thread/start.ts'
import type { Answer, Brought, FromThread, Question, ToThread } from '../thread/words.ts'

/** What tests have done to threads. */
export type ReplacedWorkers = {
  /** How each is started besides what is always so. */
  worker?: Pick<WorkerOptions, 'execArgv' | 'resourceLimits'>
  /** Is given each as it is started. */
  started?: (worker: Worker, index: number) => void
}

/** How a thread has ended: in good order, or why not. */
export type Ending = { reason: 'stopped' } | { reason: 'error' | 'memory' | 'ended'; err: unknown }

/** What a running thread says unasked. */
export type Heard = {
  log: (lines: string) => void
  doubt: () => void
  counted: (counted: Answer<'reported'>['counted']) => void
  redis: (isThere: boolean, err?: string) => void
  /** Which of the keys with these hashes other threads know. Never rejects. */
  whoKnows: (hashes: readonly string[]) => Promise<KnownKeys>
}

/** One life of a thread, as the machine sees it. */
export class RunningThread {
  readonly #worker: Worker
  readonly #listening = Promise.withResolvers<string>()
  readonly #ended = Promise.withResolvers<Ending>()
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #heard: Heard
  #last = 0
  #err: unknown = null
  #isOver = false

  /** @param transferList what of its start is its own from then on */
  constructor(workerData: ThreadStart, transferList: Transferable[], heard: Heard, replaced: ReplacedWorkers) {
    this.#heard = heard
    const cache = getCompileCacheDir()
    this.#worker = new Worker(new URL('../thread/worker.ts', import.meta.url), {
      execArgv: [],
      // What is compiled once is compiled for all; told before its first file, it needs no compiler of TypeScript of its own.
      env: { ...process.env, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) },
      ...replaced.worker,
      ...{ workerData, transferList },
    })
    // Whoever starts it asks for it; later nobody does.
    this.listening.catch(() => {})
    this.#worker.on('message', (message: FromThread) => this.#hear(message))
    this.#worker.on('error', (err) => {
      this.#err = err
    })
    this.#worker.once('exit', (code) => this.#over(code))
    replaced.started?.(this.#worker, workerData.index)
  }

  /** Resolves with the listener's address. Rejects with what kept it from listening. */
  get listening(): Promise<string> {
    return this.#listening.promise
  }

  get ended(): Promise<Ending> {
    return this.#ended.promise
  }

  /** @throws what it has ended with before it answered */
  ask<Q extends Question>(question: Q, ...brought: Brought<Q>): Promise<Answer<Q>> {
    if (this.#isOver) return Promise.reject(this.#why(1))
    const asked = Promise.withResolvers<unknown>()
    this.#asked.set(++this.#last, asked)
    this.#say({ ask: question, id: this.#last, brought })
    return asked.promise as Promise<Answer<Q>>
  }

  /** Has it take no new calls, and end when the running ones have ended. */
  stop(): void {
    if (!this.#isOver) this.#say('stop')
  }

  kill(): void {
    void this.#worker.terminate()
  }

  #say(message: ToThread) {
    this.#worker.postMessage(message)
  }

  #hear(message: FromThread) {
    if (message.what === 'log') this.#heard.log(message.lines)
    else if (message.what === 'doubt') this.#heard.doubt()
    else if (message.what === 'counted') this.#heard.counted(message.counted)
    else if (message.what === 'who knows') void this.#tellWhoKnows(message.hashes)
    else if (message.what === 'redis') this.#heard.redis(message.isThere, message.err)
    else if (message.what === 'listening') this.#listening.resolve(message.url)
    else {
      this.#asked.get(message.id)?.resolve(message.answer)
      this.#asked.delete(message.id)
    }
  }

  async #tellWhoKnows(asked: readonly string[]) {
    const known = await this.#heard.whoKnows(asked)
    if (!this.#isOver) this.#say({ asked, known })
  }

  #over(code: number) {
    this.#isOver = true
    const err = this.#why(code)
    for (const asked of this.#asked.values()) asked.reject(err)
    this.#asked.clear()
    this.#listening.reject(err)
    this.#ended.resolve(code === 0 ? { reason: 'stopped' } : { reason: this.#reason(), err })
  }

  #why(code: number): unknown {
    return this.#err ?? new Error(`a thread that serves has ended with code ${code}`)
  }

  #reason() {
    if (this.#err === null) return 'ended'
    return (this.#err as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'error'
  }
}
