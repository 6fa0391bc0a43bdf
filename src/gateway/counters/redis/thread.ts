import type { Log } from '../../../core/log.ts'
import type { Db } from '../../../db/tables.ts'
import type { Redis } from '../../../redis/connection.ts'
import type { SharedMemory } from '../shared/memory.ts'
import { SharedSums } from '../shared/sums.ts'
import { RedisCounters } from './counters.ts'
import { databaseSource } from './database.ts'
import { type RedisLine, RedisLineEnd } from './line.ts'
import { tellingFailed } from './telling.ts'

export type ThreadRedisParts = {
  redis: Redis
  prefix: string
  line: RedisLine
  memory: SharedMemory
  /** Of the thread. */
  index: number
  /** For reading. */
  db: Db
  /** Milliseconds since the epoch. */
  now: () => number
  log: Pick<Log, 'warn'>
}

/** The counters in Redis of one thread of several: with a lease of its own, and the sums that all of them tell. */
export function openThreadRedis({ redis, prefix, line, memory, index, db, now, log }: ThreadRedisParts) {
  const machine = new RedisLineEnd(line)
  const counters = new RedisCounters({
    ...{ redis, prefix, now },
    sums: new SharedSums(memory, index),
    source: databaseSource({ db, now, writer: line.writer }),
    failed: tellingFailed(log),
    dayChanged: (organizationId, name) => machine.dayChanged(organizationId, name),
  })
  return {
    counters,
    async [Symbol.asyncDispose]() {
      await counters[Symbol.asyncDispose]()
      machine[Symbol.dispose]()
    },
  }
}
