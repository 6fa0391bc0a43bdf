import type { Redis } from '../../../redis/connection.ts'
import type { CountersParts } from '../open.ts'
import { databaseSource } from './database.ts'
import { keepDays } from './days.ts'
import { RedisLines } from './line.ts'
import { readingOf } from './reader.ts'

/** What there is once of the counters in Redis, where several threads count there: saving the levels of days. */
export function openRedisLines({ redis, prefix, db, ledger, now }: CountersParts & { redis: Redis; prefix: string }) {
  const { usage } = ledger
  const source = databaseSource({ db, now, writer: usage.writer })
  const days = keepDays(ledger, readingOf(redis, prefix, source))
  return new RedisLines(usage.writer, days)
}
