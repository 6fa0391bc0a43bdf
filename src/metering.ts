import type { Logger } from 'pino'
import type { Config } from './config/settings.ts'
import type { NewId } from './core/id.ts'
import type { Metrics } from './core/metrics.ts'
import { openGateDb, type Seeing } from './db/open.ts'
import type { Db } from './db/tables.ts'
import { Alerts } from './gateway/spend/alerts.ts'
import { Mailer } from './gateway/spend/mailer.ts'
import { Spend } from './gateway/spend/spend.ts'
import { Attempts } from './ledger/attempts.ts'
import { LastUsed } from './ledger/last-used.ts'
import { Meter } from './ledger/meter.ts'
import { ResponseOwners } from './ledger/owners.ts'
import { Refusals } from './ledger/refusals.ts'
import { Retention } from './ledger/retention.ts'

export type MeteringParts = {
  db: Db
  seeing: Seeing
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  log: Logger
  metrics: Metrics
}

/** Everything that the gate writes to the database. Disposing writes what is left of it, once nothing more can come. */
export type Metering = AsyncDisposable & {
  /** The gate's own database, for others that write. */
  gateDb: Db
  meter: Meter
  owners: ResponseOwners
  spend: Spend
  lastUsed: LastUsed
  refusals: Refusals
}

/** Puts the gate's writers together on a database connection of their own. */
export function openMetering(config: Config, parts: MeteringParts): Metering {
  const { db, seeing, newId, now, log, metrics } = parts
  const { usageMinutesDays, responsesDays } = config.retention
  const gateDb = openGateDb(config.databaseUrl, db, seeing)
  const dropped = (entries: number) => metrics.count('gatehouse_usage_entries_dropped_total', {}, entries)
  const meter = new Meter({ db: gateDb, log, dropped, now })
  metrics.gauge('gatehouse_usage_buffered', () => meter.buffered)
  const owners = new ResponseOwners({ read: db, write: gateDb, log, now, days: responsesDays })
  owners.onClaim(meter.alongside('owners of responses', () => owners.flush()))
  const spend = openSpend(config, gateDb, parts)
  meter.follow(spend)
  const retention = new Retention({ db: gateDb, log, now, usageMinutesDays })
  meter.alongside('the retention', () => retention.tick())
  const uses = new Attempts(log, 'when keys were last used')
  const lastUsed = new LastUsed(gateDb, (write) => uses.make(write))
  const stack = new AsyncDisposableStack()
  if (gateDb !== db) stack.defer(() => gateDb.destroy())
  const refusals = new Refusals(gateDb, newId)
  stack.defer(() => refusals.close())
  stack.defer(() => lastUsed.close())
  stack.defer(() => retention.close())
  stack.defer(() => spend.close())
  stack.defer(() => meter.close())
  return { gateDb, meter, owners, spend, lastUsed, refusals, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function openSpend({ smtp, publicUrl }: Config, gateDb: Db, { db, now, log, metrics }: MeteringParts): Spend {
  const done = (outcome: string) => metrics.count('gatehouse_mails_total', { outcome })
  const mailer = smtp && new Mailer({ server: smtp, publicUrl, log, done })
  const raised = (level: string) => metrics.count('gatehouse_spend_alerts_total', { level })
  const alerts = new Alerts({ db, gateDb, now, log, raised, mailer })
  return new Spend({ db, alerts, now, log })
}
