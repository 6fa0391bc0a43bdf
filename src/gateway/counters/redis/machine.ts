import type { Redis } from '../../../redis/connection.ts'
import type { CountersParts } from '../open.ts'
import { databaseSource } from './database.ts'
import { keepDays } from './days.ts'
import { RedisLines } from './line.ts'
import { readingOf } from './reader.ts'
import { WrittenSpend } from './written.ts'

/** What there is once of the counters in Redis, where several threads count there: what was written, and saving the levels of days. */
export function openRedisLines({ redis, prefix, db, ledger, now }: CountersParts & { redis: Redis; prefix: string }) {
  const { usage } = ledger
  const written = new WrittenSpend()
  usage.follow(written)
  const source = databaseSource({ db, written: written.within.bind(written), now, writer: usage.writer })
  const days = keepDays(ledger, readingOf(redis, prefix, source))
  return new RedisLines(usage.writer, written, days)
}
