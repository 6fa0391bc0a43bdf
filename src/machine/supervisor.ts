import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import { within } from '../ledger/within.ts'
import type { Answer, Brought, Question } from '../thread/words.ts'
import type { RunningThread } from './running-thread.ts'

/** Milliseconds until another thread is started in the place of one that ended; they double with each that lives a short time. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 4000
/** Milliseconds that a thread has to live for the next pause to be the first again. */
const LONG_LIFE_MS = 60_000
/** Milliseconds that a thread has for an answer: whoever asks has its own patience. */
const PATIENCE_MS = 1000

export type SupervisorParts = {
  log: Pick<Log, 'error' | 'info'>
  metrics: Metrics
  /** How many there are. */
  threads: number
  /** Starts the thread of this place. */
  start: (index: number) => RunningThread
  /** Sets right what a thread has left in the middle of something, before another has its place. */
  repair: (index: number) => Promise<void>
  /** Milliseconds that threads have to end when they are told to. */
  patienceMs: number
}

/** A place for a thread: the one that runs there, and the pause before the next. */
type Place = { running: RunningThread | null; startedAt: number; pauseMs: number; pause: NodeJS.Timeout | undefined }

/** Keeps as many threads running as there are to be. One that ends is said so once, and another takes its place. */
export class Supervisor implements AsyncDisposable {
  readonly #parts: SupervisorParts
  readonly #places: Place[]
  #stopping = false

  constructor(parts: SupervisorParts) {
    this.#parts = parts
    this.#places = Array.from({ length: parts.threads }, () => ({
      ...{ running: null, startedAt: 0, pauseMs: FIRST_PAUSE_MS, pause: undefined },
    }))
    parts.metrics.gauge('gatehouse_threads', () => this.#running.length)
  }

  /** Starts all. @returns the listener's address. @throws what keeps one from listening */
  async start(): Promise<string> {
    const threads = this.#places.map((place, index) => this.#start(place, index))
    const listening = Promise.all(threads.map((thread) => thread.listening))
    // One that has listened and ends before the others do keeps the server from starting too.
    const ending = Promise.race(threads.map((thread) => thread.ended)).then(() => listening.then(() => null))
    const urls = await Promise.race([listening, ending])
    if (urls === null) throw new Error('a thread that serves has ended while the others started')
    for (const [index, place] of this.#places.entries()) this.#watch(place, index)
    return urls[0] ?? ''
  }

  /** Asks those that run; who does not answer in time, or ends meanwhile, is left out. */
  askAll<Q extends Question>(question: Q, ...brought: Brought<Q>): Promise<Answer<Q>[]> {
    return answersOf(this.#running, question, brought)
  }

  /** The same of all but the thread of one place, on whose behalf they are asked. */
  askOthers<Q extends Question>(index: number, question: Q, ...brought: Brought<Q>): Promise<Answer<Q>[]> {
    const others = this.#running.filter((thread) => thread !== this.#places[index]?.running)
    return answersOf(others, question, brought)
  }

  /** Stops them: each ends when its calls have, and what runs too long is ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    for (const { pause } of this.#places) clearTimeout(pause)
    const running = this.#running
    for (const thread of running) thread.stop()
    const ended = Promise.all(running.map((thread) => thread.ended))
    await within(this.#parts.patienceMs, ended)
    for (const thread of this.#running) thread.kill()
    await ended
  }

  get #running(): RunningThread[] {
    return this.#places.flatMap(({ running }) => running ?? [])
  }

  #start(place: Place, index: number): RunningThread {
    const thread = this.#parts.start(index)
    place.running = thread
    place.startedAt = performance.now()
    void thread.ended.then(() => {
      place.running = null
    })
    return thread
  }

  #watch(place: Place, index: number): void {
    const { log, metrics, repair } = this.#parts
    void place.running?.ended.then(async (ending) => {
      if (this.#stopping) return
      const reason = ending.reason === 'stopped' ? 'ended' : ending.reason
      metrics.count('gatehouse_threads_ended_total', { reason })
      const err = ending.reason === 'stopped' ? undefined : ending.err
      log.error(
        { thread: index, reason, err },
        'a thread that serves has ended; its calls are cut, and another is started',
      )
      await repair(index)
      if (this.#stopping) return
      if (performance.now() - place.startedAt >= LONG_LIFE_MS) place.pauseMs = FIRST_PAUSE_MS
      place.pause = setTimeout(() => {
        this.#start(place, index)
        this.#watch(place, index)
      }, place.pauseMs)
      place.pauseMs = Math.min(place.pauseMs * 2, LONGEST_PAUSE_MS)
    })
  }
}

async function answersOf<Q extends Question>(
  threads: readonly RunningThread[],
  question: Q,
  brought: Brought<Q>,
): Promise<Answer<Q>[]> {
  const answers: Answer<Q>[] = []
  const asking = threads.map((thread) =>
    thread.ask(question, ...brought).then(
      (answer) => void answers.push(answer),
      () => {},
    ),
  )
  await within(PATIENCE_MS, Promise.all(asking))
  return answers
}
