import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import type { Availability } from '../core/dependency.ts'
import { isDeadlock, isReadTimeout, noteUnconnected } from './errors.ts'
import { connectIn } from './held.ts'
import { NoAnswer } from './in-time.ts'
import { ATTEMPTS, pauseMs } from './transaction.ts'

/**
 * The driver's pool as the queries see it. It refuses at once while the database is known to be away: to wait for it would hold up all
 * who wait behind.
 * @param begin the text that begins a transaction
 */
export function poolOf(pool: Pool, begin: string, availability: Availability | undefined): PostgresPool {
  const known = new WeakMap<PoolClient, PooledConnection>()
  return {
    options: pool.options,
    async connect() {
      if (availability?.isThere === false) throw new NoAnswer('the database is away')
      const client = await connectIn(pool).catch((error) => {
        noteUnconnected(error)
        availability?.doubt()
        throw error
      })
      const connection = known.get(client) ?? new PooledConnection(client, begin)
      known.set(client, connection)
      return connection
    },
    end: () => pool.end(),
  }
}

/**
 * A connection that goes back to the pool whole or not at all: one whose answer is still to come, or whose transaction did not
 * quite begin, would be the next one's trouble. A statement by itself that the database gave up for another's sake is made again.
 */
class PooledConnection implements PostgresPoolClient {
  readonly #client: PoolClient
  readonly #begin: string
  #inTransaction = false
  #broken = false

  constructor(client: PoolClient, begin: string) {
    this.#client = client
    this.#begin = begin
  }

  query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
  query<R>(
    given: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof given !== 'string') throw new Error('rows are not streamed')
    return given === 'begin' ? this.#beginTransaction<R>() : this.#patiently<R>(given, parameters)
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#broken)
  }

  async #beginTransaction<R>(): Promise<PostgresQueryResult<R>> {
    try {
      const result = await this.#run<R>(this.#begin, [])
      this.#inTransaction = true
      return result
    } catch (error) {
      this.#broken = true
      throw error
    }
  }

  async #patiently<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#run<R>(text, parameters)
      } catch (error) {
        if (this.#inTransaction || attempt === ATTEMPTS || !isDeadlock(error)) throw error
        await sleep(pauseMs(attempt))
      } finally {
        if (text === 'commit' || text === 'rollback') this.#inTransaction = false
      }
    }
  }

  async #run<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    try {
      const result: unknown = await this.#client.query(text, [...parameters])
      return (Array.isArray(result) ? result.at(-1) : result) as PostgresQueryResult<R>
    } catch (error) {
      if (isReadTimeout(error)) this.#broken = true
      throw error
    }
  }
}
