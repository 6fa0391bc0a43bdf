import { createHash } from 'node:crypto'
import type { Redis } from './connection.ts'

/** A Lua script that Redis is asked to run by its hash, and given whole only where it does not know it. */
export class Script {
  readonly #redis: Redis
  readonly #text: string
  readonly #hash: string

  constructor(redis: Redis, text: string) {
    this.#redis = redis
    this.#text = text
    this.#hash = createHash('sha1').update(text).digest('hex')
  }

  /**
   * Runs it, once. Where Redis has been started anew, or another one is the master now, it does not know the script: nothing was
   * run then.
   * @param keys in one slot; the first says where it is
   */
  async run(keys: readonly string[], values: readonly string[]): Promise<unknown> {
    const [first = ''] = keys
    const rest = [String(keys.length), ...keys, ...values]
    try {
      return await this.#redis.send(first, ['EVALSHA', this.#hash, ...rest])
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.#redis.send(first, ['EVAL', this.#text, ...rest])
    }
  }
}
