import { randomUUID } from 'node:crypto'
import type { Script } from '../../../redis/script.ts'
import type { Answer } from './scripts.ts'

/** Names one life of Redis' data: it changes where the data was lost, and everybody then brings what they know. */
export type Epoch = { current: string }

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
      const [time, what, ...rest] = (await script.run(this.#keys, this.#values(ask))) as Answer
      this.answeredAt = performance.now()
      this.#ahead = time - this.answeredAt * 1000
      if (what === 'ok') return [time, ...rest]
      if (what === 'epoch') {
        this.epoch.current = String(rest[0])
        return null
      }
      if (attempt > 0) throw new Error('what was asked of Redis arrived too late')
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
