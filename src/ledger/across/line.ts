import type { MessagePort } from 'node:worker_threads'
import type { Asked, Failure, FromLedger, Questions, Told } from './messages.ts'

/** What has been collected is handed over this many milliseconds after the first of it, at the latest. */
const EVERY_MS = 100

/** Who collects something that is handed over together. */
export type Collecting = {
  readonly waiting: boolean
  /** Whether there is so much of it that it is not to wait for its time. */
  readonly isMuch: boolean
}

/**
 * A thread's end of the channel to the ledger. What is collected goes over in one piece at a time: as long as the ledger has not taken
 * the last one, the next only grows. So a ledger that is slow holds nobody up, and the channel holds little.
 */
export class LedgerLine {
  readonly #port: MessagePort
  readonly #pieces: { collecting: Collecting; piece: () => Told }
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #idle: PromiseWithResolvers<void>[] = []
  #lastAsked = 0
  #timer: NodeJS.Timeout | undefined
  #underWay = false
  /** Told since the last piece that was taken. */
  #told = 0
  #toldBeforePiece = 0
  #closed = false

  /** @param piece takes the next piece out of what is collected */
  constructor(port: MessagePort, pieces: { collecting: Collecting; piece: () => Told }) {
    this.#port = port
    this.#pieces = pieces
    port.on('message', (message: FromLedger) => this.#hear(message))
    port.once('close', () => this.#over())
    port.unref()
  }

  /** How much was told that the ledger may not have taken yet. */
  get untaken(): number {
    return this.#told
  }

  /** Tells at once. */
  tell(told: Told): void {
    this.#port.postMessage(told)
    this.#told++
    this.wake()
  }

  /** @throws LedgerGone where the ledger ends before it has answered; what its work threw, with the same code */
  ask<Q extends keyof Questions>(say: Q, ask: Questions[Q]['ask']): Promise<Questions[Q]['answer']> {
    if (this.#closed) return Promise.reject(new LedgerGone())
    const id = ++this.#lastAsked
    const asked = Promise.withResolvers<unknown>()
    this.#asked.set(id, asked)
    this.#port.postMessage({ say, id, ask } as Asked)
    this.#keepAlive()
    return asked.promise as Promise<Questions[Q]['answer']>
  }

  /** Says that there is something to hand over. */
  wake(): void {
    if (this.#timer !== undefined || this.#underWay || this.#closed) return
    if (this.#pieces.collecting.isMuch) this.#handOver()
    else this.#timer = setTimeout(() => this.#handOver(), EVERY_MS).unref()
  }

  /** Resolves when all is taken that was told or collected by now; at once where the ledger is gone. */
  drain(): Promise<void> {
    const drained = Promise.withResolvers<void>()
    this.#idle.push(drained)
    this.#keepAlive()
    this.#next()
    return drained.promise
  }

  /** Sends all that is collected, at once and without an answer: for a thread that comes to no other turn of its loop. */
  sendRest(): void {
    while (this.#pieces.collecting.waiting && !this.#closed) this.#port.postMessage(this.#pieces.piece())
  }

  close(): void {
    this.#port.close()
  }

  #handOver(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#underWay = true
    this.#toldBeforePiece = this.#told
    this.#port.postMessage(this.#pieces.piece())
  }

  #hear(message: FromLedger): void {
    if (message.say === 'taken') this.#taken()
    else this.#answered(message)
  }

  #taken(): void {
    this.#underWay = false
    this.#told -= this.#toldBeforePiece
    this.#next()
  }

  #answered(message: Exclude<FromLedger, { say: 'taken' }>): void {
    const asked = this.#asked.get(message.id)
    this.#asked.delete(message.id)
    if (message.say === 'answer') asked?.resolve(message.answer)
    else asked?.reject(asError(message.failure))
    this.#keepAlive()
  }

  /** What is to be done when nothing is under way. */
  #next(): void {
    if (this.#underWay && !this.#closed) return
    const isWaiting = this.#pieces.collecting.waiting || this.#told > 0
    if (!isWaiting || this.#closed) this.#rest()
    else if (this.#idle.length > 0) this.#handOver()
    else this.wake()
  }

  #over(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const asked of this.#asked.values()) asked.reject(new LedgerGone())
    this.#asked.clear()
    this.#rest()
  }

  #rest(): void {
    for (const drained of this.#idle.splice(0)) drained.resolve()
    this.#keepAlive()
  }

  /** The thread stays while somebody waits for something to come back, and no longer. */
  #keepAlive(): void {
    if (this.#asked.size > 0 || this.#idle.length > 0) this.#port.ref()
    else this.#port.unref()
  }
}

/** The error as it was on the other side: what errors.ts looks at is on it. */
const asError = ({ message, code, errcode }: Failure) =>
  Object.assign(new Error(message), code !== undefined && { code }, errcode !== undefined && { errcode })

/** An outage like a lost connection: what was asked for may or may not have been done. */
export class LedgerGone extends Error {
  readonly code = 'ECONNRESET'
  constructor() {
    super('the ledger has ended')
  }
}
