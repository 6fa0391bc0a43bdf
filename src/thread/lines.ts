import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import { ChangesHere } from '../db/changed-across.ts'
import type { Db } from '../db/tables.ts'
import { SharedBodyBudget } from '../gateway/body/shared-budget.ts'
import { sharedCounters } from '../gateway/counters/shared/open.ts'
import type { GatewayOpening } from '../gateway/open.ts'
import { farLedger } from '../ledger/across/far-ledger.ts'
import type { ThreadCounters } from './redis.ts'
import type { ThreadStart } from './start.ts'
import type { FromThread } from './words.ts'

type Parts = { db: Db; now: () => number; log: Log; metrics: Metrics; say: (message: FromThread) => void }

type OfStart = Pick<ThreadStart, 'index' | 'lines'> & { config: Pick<ThreadStart['config'], 'redis'> }

/** What stands in a thread for what there is once on the machine. */
type Lines = Pick<GatewayOpening, 'ledger' | 'changed' | 'counters' | 'bodies' | 'alerts' | 'webhooks'> &
  Pick<ThreadCounters, 'look'>

/** Disposing hands over all that is still here, once nothing more can come. */
export async function openLines(start: OfStart, parts: Parts): Promise<Lines & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const { index, lines } = start
  const changed = stack.use(new ChangesHere(lines.changes))
  const ledger = stack.use(farLedger(lines.ledger, parts))
  const { counters, look } = await openCounters(start, parts, stack)
  const rest = stack.move()
  return {
    ...{ changed, ledger, alerts: ledger.alerts, webhooks: ledger.webhooks },
    ...{ counters, look },
    bodies: new SharedBodyBudget(lines.bodies, index),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

async function openCounters(start: OfStart, parts: Parts, stack: AsyncDisposableStack): Promise<ThreadCounters> {
  const { index, lines, config } = start
  if (config.redis === null || lines.redis === null) {
    return { counters: sharedCounters(lines.counters, index, parts.db, parts.now), look: async () => {} }
  }
  // Loaded where there is a Redis.
  const { openRedisHere } = await import('./redis.ts')
  return stack.use(await openRedisHere(config.redis, lines.redis, start, parts))
}
