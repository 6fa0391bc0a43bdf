import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import { ChangesHere } from '../db/changed-across.ts'
import type { Db } from '../db/tables.ts'
import { SharedBodyBudget } from '../gateway/body/shared-budget.ts'
import { sharedCounters } from '../gateway/counters/shared/open.ts'
import type { GatewayOpening } from '../gateway/open.ts'
import { farLedger } from '../ledger/across/far-ledger.ts'
import type { ThreadStart } from './start.ts'

type Parts = { db: Db; now: () => number; log: Log; metrics: Metrics }

/** What stands in a thread for what there is once on the machine. */
type Lines = Pick<GatewayOpening, 'ledger' | 'changed' | 'counters' | 'bodies' | 'alerts'>

/** Disposing hands over all that is still here, once nothing more can come. */
export function openLines(
  { index, lines }: Pick<ThreadStart, 'index' | 'lines'>,
  { db, now, log, metrics }: Parts,
): Lines & AsyncDisposable {
  const stack = new AsyncDisposableStack()
  const changed = stack.use(new ChangesHere(lines.changes))
  const ledger = stack.use(farLedger(lines.ledger, { log, metrics }))
  return {
    ...{ changed, ledger, alerts: ledger.alerts },
    counters: sharedCounters(lines.counters, index, db, now),
    bodies: new SharedBodyBudget(lines.bodies, index),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
