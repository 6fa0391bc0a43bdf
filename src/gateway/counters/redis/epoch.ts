import { randomUUID } from 'node:crypto'
import type { Redis } from '../../../redis/connection.ts'
import type { Script } from '../../../redis/script.ts'
import type { Answer } from './scripts.ts'

/** One life of Redis' data, as this thread has met it. */
export class Epoch {
  /** Names it: it changes where the data was lost, and everybody then brings what they know. */
  current = ''
  readonly #redis: Pick<Redis, 'connections'>
  #connections = 0
  #failures = 0
  #mark: string | null = null

  constructor(redis: Pick<Redis, 'connections'>) {
    this.#redis = redis
  }

  /**
   * Names what is known of it: it changes with each failure, and each connection that was lost, too. That may have been an outage, in which
   * others have spent what they told the database only.
   */
  get mark(): string {
    const { connections } = this.#redis
    if (connections !== this.#connections) this.#mark = null
    this.#connections = connections
    this.#mark ??= `${this.current} ${connections} ${this.#failures}`
    return this.#mark
  }

  is(current: string): void {
    this.current = current
    this.#mark = null
  }

  failed(): void {
    this.#failures++
    this.#mark = null
  }
}

export type AskingOptions = {
  /** An answer that comes later is not waited for, in milliseconds; what arrives later than that is not carried out. */
  timeoutMs: number
  /** How long everybody has to bring what they know to a Redis that has lost it. */
  gatherMs: number
  /** Milliseconds, in place of Redis' own clock. */
  clock?: (() => number) | undefined
}

/** `gatherMs` is long enough for everybody to notice, with the next of their beats, and to read what they need. */
export const ASKING: AskingOptions = { timeoutMs: 1000, gatherMs: 1500 }

/** Runs the scripts for one organization, in the epoch that it knows. */
export class Asking {
  readonly #keys: [string, string]
  readonly #options: AskingOptions
  readonly epoch: Epoch
  /** How far Redis' clock is ahead of this process's, in microseconds, or less: by as long as an answer takes. */
  #ahead: number | null = null
  /** When Redis last answered, in milliseconds of this process. */
  answeredAt = Number.NEGATIVE_INFINITY

  constructor(keys: [string, string], epoch: Epoch, options: AskingOptions) {
    this.#keys = keys
    this.epoch = epoch
    this.#options = options
  }

  /**
   * @returns Redis' time in microseconds and what the script says, or null where the epoch was another one: it is known now, and
   * nothing was done
   */
  async run(script: Script, ask: object): Promise<[time: number, ...rest: unknown[]] | null> {
    for (let attempt = 0; ; attempt++) {
      const [time, what, ...rest] = await this.#send(script, ask)
      this.answeredAt = performance.now()
      this.#ahead = time - this.answeredAt * 1000
      if (what === 'ok') return [time, ...rest]
      if (what === 'epoch') {
        this.epoch.is(String(rest[0]))
        return null
      }
      if (attempt > 0) throw new Error('what was asked of Redis arrived too late')
    }
  }

  async #send(script: Script, ask: object): Promise<Answer> {
    try {
      return (await script.run(this.#keys, this.#values(ask))) as Answer
    } catch (error) {
      this.epoch.failed()
      throw error
    }
  }

  #values(ask: object): string[] {
    const { timeoutMs, gatherMs, clock } = this.#options
    const head = {
      epoch: this.epoch.current,
      fresh: randomUUID(),
      gather: gatherMs * 1000,
      sent: this.#ahead === null ? 0 : Math.round(performance.now() * 1000 + this.#ahead),
      age: timeoutMs * 1000,
    }
    return [JSON.stringify({ ...head, ...ask }), clock ? String(Math.round(clock() * 1000)) : '']
  }
}
