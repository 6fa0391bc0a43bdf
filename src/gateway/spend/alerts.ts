import type { NewId } from '../../core/id.ts'
import type { Log } from '../../core/log.ts'
import { NANOS_PER_CENT } from '../../core/money.ts'
import type { Month } from '../../core/month.ts'
import { recipientsOf } from '../../db/alert-recipients.ts'
import { findSpent, WHOLE_ORGANIZATION } from '../../db/spend.ts'
import { type DueAlert, dueAlerts, namesOf, nextThresholds, raiseAlert } from '../../db/spend-alerts.ts'
import type { Db } from '../../db/tables.ts'
import type { Mailer } from './mailer.ts'
import { Outbox } from './outbox.ts'

export type AlertParts = {
  /** For reading. */
  db: Db
  /** For the marks of alerts that were raised: the gate's own. */
  gateDb: Db
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  log: Pick<Log, 'warn'>
  /** Told of each alert that is raised. */
  raised: (level: 'project' | 'organization') => void
  /** Null: alerts are logged and counted only. */
  mailer: Mailer | null
}

type Owner = { organizationId: string; projectId: string }
/** An alert, and who is told. */
type Reached = DueAlert & { to: string[] }

/** Alerts that are read at once. */
const TOGETHER = 100

/** Raises spend alerts: each once for a threshold and month, whatever nodes there are and however often they start. */
export class Alerts {
  readonly #parts: AlertParts
  readonly #outbox: Outbox | null

  constructor(parts: AlertParts) {
    this.#parts = parts
    const { mailer, log, now } = parts
    this.#outbox = mailer && new Outbox({ mailer, log, now })
  }

  /**
   * Raises what the total in the database reaches. The mark that makes it the only time is written first: a crash right after
   * it loses a mail, which is better than the same one from every node.
   * @returns the total, and the amount that the next alert waits for, both in nano-dollars; null where there is none
   */
  async raise(owner: Owner, month: Month): Promise<{ spent: bigint; next: bigint | null }> {
    const { db, gateDb, newId, now } = this.#parts
    const { organizationId, projectId } = owner
    const totals = await findSpent(db, organizationId, [projectId], month.name)
    const spent = totals.get(projectId) ?? 0n
    for (let left = spent > 0n; left; ) {
      const due = await dueAlerts(db, owner, month.name, spent, TOGETHER)
      const names = due.length > 0 ? await namesOf(db, owner) : null
      for (const alert of due) {
        // Before the mark: a failure here is tried again.
        const to = await recipientsOf(db, alert)
        const raised = { alert, projectId, month: month.name, spent, at: now() }
        if (names && (await raiseAlert(gateDb, newId, raised))) {
          this.#tell(owner, names, { ...alert, to }, spent, month)
        }
      }
      left = due.length === TOGETHER
    }
    const thresholds = await nextThresholds(db, organizationId, [projectId], month.name)
    return { spent, next: thresholds.get(projectId) ?? null }
  }

  async close(): Promise<void> {
    this.#outbox?.close()
    await this.#parts.mailer?.close()
  }

  #tell(owner: Owner, names: { organization: string; project: string }, alert: Reached, spent: bigint, month: Month) {
    const { log, raised } = this.#parts
    const isOrganization = owner.projectId === WHOLE_ORGANIZATION
    // Who waits for a mail that does not come, since who ordered it may no more, finds it said.
    const left_out = (JSON.parse(alert.recipients) as string[]).length - alert.to.length
    raised(isOrganization ? 'organization' : 'project')
    const fields = {
      organization_id: owner.organizationId,
      ...(!isOrganization && { project_id: owner.projectId }),
      alert_id: alert.id,
      month: month.name,
      threshold_cents: alert.threshold_cents,
      spent_cents: Number(spent / NANOS_PER_CENT),
      ...(left_out > 0 && { recipients_left_out: left_out }),
    }
    log.warn(fields, 'a spend alert is reached')
    if (alert.to.length === 0) return
    this.#outbox?.send({
      alertId: alert.id,
      to: alert.to,
      organization: { id: owner.organizationId, name: names.organization },
      project: isOrganization ? null : { id: owner.projectId, name: names.project },
      thresholdCents: alert.threshold_cents,
      spent,
      month,
      subjectPrefix: alert.subject_prefix,
    })
  }
}
