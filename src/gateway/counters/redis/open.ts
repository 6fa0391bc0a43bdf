import type { Log } from '../../../core/log.ts'
import type { Redis } from '../../../redis/connection.ts'
import type { FarCounters } from '../make.ts'
import type { CountersParts } from '../open.ts'
import { RedisCounters } from './counters.ts'
import { databaseSource } from './database.ts'
import { keepDays } from './days.ts'
import { tellingFailed } from './telling.ts'

export type RedisParts = CountersParts & { redis: Redis; prefix: string; log: Pick<Log, 'warn'> }

/**
 * The counters in Redis of the only thread, in step with the database: what Redis has not comes from there, and the days' levels
 * are saved there.
 */
export function openRedisCounters({ redis, prefix, db, ledger, now, log }: RedisParts): FarCounters & AsyncDisposable {
  const { usage } = ledger
  const counters = new RedisCounters({
    ...{ redis, prefix, now },
    source: databaseSource({ db, now, writer: usage.writer }),
    failed: tellingFailed(log),
    dayChanged: (organizationId, name) => days.change(organizationId, name),
  })
  const days = keepDays(ledger, (id) => counters.joining(id))
  return counters
}
