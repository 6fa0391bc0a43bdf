import type { Config } from '../../config/settings.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Db } from '../../db/tables.ts'
import type { Ledger } from '../../ledger/open.ts'
import { Alerts } from './alerts.ts'
import { Mailer } from './mailer.ts'
import { Spend } from './spend.ts'

export type OpenSpend = AsyncDisposable & { spend: Spend }

type Parts = {
  /** For reading. */
  db: Db
  ledger: Pick<Ledger, 'gateDb' | 'usage'>
  /** Milliseconds since the epoch. */
  now: () => number
  log: Log
  metrics: Metrics
}

/**
 * Puts together what knows of money: it follows the usage as that is written. Disposing has the last of the usage written first,
 * since its costs may reach an alert, and then waits for the alerts and their mail.
 */
export function openSpend({ smtp, publicUrl }: Pick<Config, 'smtp' | 'publicUrl'>, parts: Parts): OpenSpend {
  const { db, ledger, now, log, metrics } = parts
  const { gateDb, usage } = ledger
  const done = (outcome: string) => metrics.count('gatehouse_mails_total', { outcome })
  const mailer = smtp && new Mailer({ server: smtp, publicUrl, log, done })
  const raised = (level: string) => metrics.count('gatehouse_spend_alerts_total', { level })
  const alerts = new Alerts({ db, gateDb, now, log, raised, mailer })
  const spend = new Spend({ db, alerts, now, log })
  usage.follow(spend)
  return {
    spend,
    async [Symbol.asyncDispose]() {
      await usage.close()
      await spend.close()
    },
  }
}
