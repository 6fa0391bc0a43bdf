import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { UsageEntry } from '../../../src/core/usage-entry.ts'
import type { Db } from '../../../src/db/tables.ts'
import { recordUsageOnce } from '../../../src/db/usage-batch.ts'
import type { Taken } from '../../../src/gateway/counters/counters.ts'
import { RedisCounters, type RedisCountersParts } from '../../../src/gateway/counters/redis/counters.ts'
import { databaseSource } from '../../../src/gateway/counters/redis/database.ts'
import type { Money } from '../../../src/gateway/spend/money.ts'
import type { Redis } from '../../../src/redis/connection.ts'

/** Counters in Redis, and a ledger that writes what was settled a little later, as a node has them. */
export class RedisNode implements AsyncDisposable {
  readonly counters: RedisCounters
  readonly #db: Db
  readonly #writer = randomUUID()
  #buffer: UsageEntry[] = []
  #batch = 0
  #writing: Promise<void>
  #ended = false

  constructor(redis: Redis, prefix: string, db: Db, now: () => number, options: RedisCountersParts['options'] = {}) {
    this.#db = db
    this.counters = new RedisCounters({
      ...{ redis, prefix, options, now },
      failed: () => {},
      source: databaseSource({ db, writer: this.#writer, now }),
    })
    this.#writing = this.#write()
  }

  /** Ends a call: what it did cost is on its way to the database, and to Redis, until that has it. */
  async settle(taken: Taken, { organizationId, projectId, at }: Money, amount_nano: number): Promise<void> {
    const entry = { organization_id: organizationId, project_id: projectId, at: Math.floor(at / 1000), amount_nano }
    this.#buffer.push({ ...entry, kind: 'costs' })
    for (;;) {
      try {
        return await taken.settle([], amount_nano)
      } catch {
        await sleep(20)
      }
    }
  }

  async #write(): Promise<void> {
    while (!this.#ended || this.#buffer.length > 0) {
      await sleep(10 + (this.#batch % 5) * 20)
      const entries = this.#buffer.splice(0)
      await recordUsageOnce(this.#db, { writer: this.#writer, batch: ++this.#batch, at: 0, byWriter: true }, entries)
    }
  }

  /** Writes what is left, as a stop does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true
    await this.#writing
    await this.counters[Symbol.asyncDispose]()
  }
}
