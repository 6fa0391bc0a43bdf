import type { Config } from '../../config/settings.ts'
import type { NewId } from '../../core/id.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Db } from '../../db/tables.ts'
import type { Ledger } from '../../ledger/open.ts'
import { AlertWatch } from './alert-watch.ts'
import { Alerts } from './alerts.ts'
import { Mailer } from './mailer.ts'

export type OpenAlerts = AsyncDisposable & { alerts: Pick<AlertWatch, 'look'> }

type Parts = {
  /** For reading. */
  db: Db
  ledger: Pick<Ledger, 'gateDb' | 'usage'>
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  log: Log
  metrics: Metrics
}

/**
 * Puts together what raises spend alerts, once on a machine: it follows the usage as that is written. Disposing has the last of
 * the usage written first, since its costs may reach an alert, and then waits for the alerts and their mail.
 */
export function openAlerts({ smtp, publicUrl }: Pick<Config, 'smtp' | 'publicUrl'>, parts: Parts): OpenAlerts {
  const { db, ledger, newId, now, log, metrics } = parts
  const { gateDb, usage } = ledger
  const done = (outcome: string) => metrics.count('gatehouse_mails_total', { outcome })
  const mailer = smtp && new Mailer({ server: smtp, publicUrl, log, done })
  const raised = (level: string) => metrics.count('gatehouse_spend_alerts_total', { level })
  const watch = new AlertWatch({ db, alerts: new Alerts({ db, gateDb, newId, now, log, raised, mailer }), now, log })
  usage.follow(watch)
  return {
    alerts: watch,
    async [Symbol.asyncDispose]() {
      await usage.close()
      await watch.close()
    },
  }
}
