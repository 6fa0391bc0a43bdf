import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { RedisDays } from './days.ts'

/*
 * What a thread that counts in Redis tells the machine, which saves the levels of days for all threads. Messages that a thread had sent when it
 * died arrive too.
 */

type FromThread = { organizationId: string; day: string }

/** The thread's end, as it crosses. */
export type RedisLine = {
  port: MessagePort
  /** Names the ledger's writer, and with that the process. */
  writer: string
  /** In shared memory: how often the machine has begun to save what it was told of days. */
  saves: Int32Array
}

/** The machine's side. */
export class RedisLines {
  readonly #writer: string
  readonly #days: RedisDays

  constructor(writer: string, days: RedisDays) {
    this.#writer = writer
    this.#days = days
  }

  /** An end for another thread; its port is to be transferred. */
  open(): RedisLine {
    const { port1, port2 } = new MessageChannel()
    port1.on('message', ({ organizationId, day }: FromThread) => this.#days.change(organizationId, day))
    port1.unref()
    return { port: port2, writer: this.#writer, saves: this.#days.saves }
  }
}

/** The thread's side. */
export class RedisLineEnd implements Disposable {
  readonly #port: MessagePort
  readonly #saves: Int32Array
  /** Windows of days that were told of, by their organization and name, since the machine last began to save. */
  readonly #told = new Set<string>()
  #toldIn = 0

  constructor({ port, saves }: RedisLine) {
    this.#port = port
    this.#saves = saves
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
