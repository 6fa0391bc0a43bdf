import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { RedisDays } from './days.ts'
import type { AccountId, Reading, Source } from './source.ts'
import type { WrittenSpend } from './written.ts'

/*
 * What a thread that counts in Redis asks and tells the machine, whose one ledger writes for all threads. Messages that a thread had sent
 * when it died arrive too.
 */

type Written = { id: number; account: AccountId; batches: Reading['batches'] }
type FromThread = Written | { organizationId: string; day: string }
type FromMachine = { id: number; nano: bigint } | { id: number; failure: string }

/** The thread's end, as it crosses. */
export type RedisLine = {
  port: MessagePort
  /** Names the ledger's writer. */
  writer: string
  /** In shared memory: how often the machine has begun to save what it was told of days. */
  saves: Int32Array
}

/** The machine's side. */
export class RedisLines {
  readonly #writer: string
  readonly #written: WrittenSpend
  readonly #days: RedisDays

  constructor(writer: string, written: WrittenSpend, days: RedisDays) {
    this.#writer = writer
    this.#written = written
    this.#days = days
  }

  /** An end for another thread; its port is to be transferred. */
  open(): RedisLine {
    const { port1, port2 } = new MessageChannel()
    port1.on('message', (message: FromThread) => {
      if ('day' in message) this.#days.change(message.organizationId, message.day)
      else void this.#answer(port1, message)
    })
    port1.unref()
    return { port: port2, writer: this.#writer, saves: this.#days.saves }
  }

  async #answer(port: MessagePort, { id, account, batches }: Written): Promise<void> {
    const say = (message: FromMachine) => port.postMessage(message)
    try {
      say({ id, nano: await this.#written.within(account, batches) })
    } catch (error) {
      say({ id, failure: String((error as Error).message) })
    }
  }
}

/** Milliseconds that the machine has for an answer: it waits three seconds itself at most. */
const PATIENCE_MS = 4000

/** The thread's side. */
export class RedisLineEnd implements Disposable {
  readonly #port: MessagePort
  readonly #saves: Int32Array
  readonly #asked = new Map<number, (answer: FromMachine) => void>()
  #last = 0
  /** Windows of days that were told of, by their organization and name, since the machine last began to save. */
  readonly #told = new Set<string>()
  #toldIn = 0

  constructor({ port, saves }: RedisLine) {
    this.#port = port
    this.#saves = saves
    port.on('message', (answer: FromMachine) => this.#asked.get(answer.id)?.(answer))
    port.unref()
  }

  /** As `Source.written`, of all that the machine has written. */
  readonly written: Source['written'] = (account, batches) => {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end({ id, failure: 'the machine does not say what it has written' }), PATIENCE_MS)
      const end = (answer: FromMachine) => {
        clearTimeout(timer)
        this.#asked.delete(id)
        if ('nano' in answer) resolve(answer.nano)
        else reject(new Error(answer.failure))
      }
      this.#asked.set(id, end)
      this.#port.postMessage({ id, account, batches } satisfies FromThread)
    })
  }

  /**
   * Tells that the level of a day has changed in Redis, once until the machine saves it: it counts up before it reads the levels,
   * so whoever finds the old number knows that what it has changed will be read.
   */
  dayChanged(organizationId: string, day: string): void {
    const now = Atomics.load(this.#saves, 0)
    if (now !== this.#toldIn) this.#told.clear()
    this.#toldIn = now
    const key = `${organizationId}/${day}`
    if (this.#told.has(key)) return
    this.#told.add(key)
    this.#port.postMessage({ organizationId, day } satisfies FromThread)
  }

  [Symbol.dispose](): void {
    this.#port.close()
  }
}
