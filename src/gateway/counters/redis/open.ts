import type { Log } from '../../../core/log.ts'
import type { Redis } from '../../../redis/connection.ts'
import type { GateCounters } from '../make.ts'
import type { CountersParts } from '../open.ts'
import { RedisCounters } from './counters.ts'
import { databaseSource } from './database.ts'
import { WrittenSpend } from './written.ts'

export type RedisParts = CountersParts & { redis: Redis; prefix: string; log: Pick<Log, 'warn'> }

/** The counters in Redis, in step with the database: what Redis has not comes from there, and the days' levels are saved there. */
export function openRedisCounters({ redis, prefix, db, ledger, now, log }: RedisParts): GateCounters & AsyncDisposable {
  const { gateDb, beat, usage } = ledger
  const written = new WrittenSpend()
  usage.follow(written)
  const counters = new RedisCounters({
    ...{ redis, prefix },
    now,
    source: databaseSource({ db, written, now, writer: usage.writer }),
    failed: (err) => log.warn({ err }, 'Redis could not be told what it has lost; it will be tried again'),
    dayChanged: () => beat.wake(),
  })
  beat.add({
    what: 'the levels of daily limits',
    kept: true,
    get waiting() {
      return counters.days.waiting
    },
    write: () => counters.days.save(gateDb),
  })
  return counters
}
