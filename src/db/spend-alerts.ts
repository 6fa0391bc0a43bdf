import { sql } from 'kysely'
import type { NewId } from '../core/id.ts'
import { NANOS_PER_CENT } from '../core/money.ts'
import { WHOLE_ORGANIZATION } from './spend.ts'
import type { Db, Row } from './tables.ts'
import { inTransaction } from './transaction.ts'
import { emitWebhook } from './webhook-deliveries.ts'

/** Whose alerts: a project's, or (empty) those of the organization itself. */
type Owner = { organizationId: string; projectId: string }

/** Alerts of an owner that were not raised in a month yet, at the threshold they have now. */
const ahead = (db: Db, { organizationId, projectId }: Owner, month: string) =>
  db
    .selectFrom('spend_alert as a')
    .where('a.organization_id', '=', organizationId)
    .where((eb) =>
      projectId === WHOLE_ORGANIZATION ? eb('a.project_id', 'is', null) : eb('a.project_id', '=', projectId),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('spend_alert_sent as s')
            .select('s.alert_id')
            .whereRef('s.organization_id', '=', 'a.organization_id')
            .whereRef('s.alert_id', '=', 'a.id')
            .whereRef('s.threshold_cents', '=', 'a.threshold_cents')
            .where('s.month', '=', month),
        ),
      ),
    )

/**
 * The amount that the next alert waits for, in nano-dollars, of each of these projects and of the organization itself. Who
 * has none ahead is missing.
 * @param projectIds one or two; empty text is the organization
 */
export async function nextThresholds(
  db: Db,
  organizationId: string,
  projectIds: readonly string[],
  month: string,
): Promise<Map<string, bigint>> {
  const [first, ...others] = projectIds.map((projectId) =>
    ahead(db, { organizationId, projectId }, month).select(({ fn, cast, val }) => [
      cast<string>(val(projectId), 'text').as('project_id'),
      fn.min<number | null>('a.threshold_cents').as('cents'),
    ]),
  )
  if (!first) return new Map()
  const rows = await others.reduce((all, one) => all.unionAll(one), first).execute()
  return new Map(rows.flatMap(({ project_id, cents }) => (cents === null ? [] : [[project_id, toNano(cents)]])))
}

const toNano = (cents: number) => BigInt(cents) * NANOS_PER_CENT

export type DueAlert = Pick<
  Row<'spend_alert'>,
  'organization_id' | 'id' | 'threshold_cents' | 'recipients' | 'subject_prefix' | 'created_by'
>

/** Some of the alerts that an amount reaches and that were not raised yet, lowest first. @param spent nano-dollars */
export function dueAlerts(db: Db, owner: Owner, month: string, spent: bigint, most: number): Promise<DueAlert[]> {
  return ahead(db, owner, month)
    .select(['a.organization_id', 'a.id', 'a.threshold_cents', 'a.recipients', 'a.subject_prefix', 'a.created_by'])
    .where('a.threshold_cents', '<=', Number(spent / NANOS_PER_CENT))
    .orderBy('a.threshold_cents')
    .orderBy('a.id')
    .limit(most)
    .execute()
}

/**
 * Takes an alert's mark for a threshold and month, which exists once: of all nodes one gets it.
 * @returns whether it is the caller who raises it; nobody does where the alert was changed or deleted meanwhile
 */
export async function claimAlert(db: Db, alert: DueAlert, month: string, now: number): Promise<boolean> {
  const claimed = await db
    .insertInto('spend_alert_sent')
    .columns(['organization_id', 'alert_id', 'month', 'threshold_cents', 'sent_at'])
    .expression((eb) =>
      eb
        .selectFrom('spend_alert as a')
        .select(['a.organization_id', 'a.id'])
        .select(sql<string>`cast(${month} as text)`.as('month'))
        .select('a.threshold_cents')
        .select(sql<number>`cast(${now} as bigint)`.as('sent_at'))
        .where('a.organization_id', '=', alert.organization_id)
        .where('a.id', '=', alert.id)
        .where('a.threshold_cents', '=', alert.threshold_cents),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning('alert_id')
    .execute()
  return claimed.length > 0
}

/**
 * The same, and the organization's own webhooks are told of it, if and only if it is claimed.
 * @param at milliseconds since the epoch
 */
export function raiseAlert(
  db: Db,
  newId: NewId,
  {
    alert,
    projectId,
    month,
    spent,
    at,
  }: { alert: DueAlert; projectId: string; month: string; spent: bigint; at: number },
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    if (!(await claimAlert(tx, alert, month, Math.floor(at / 1000)))) return false
    const data = {
      ...{ id: alert.id, project_id: projectId === WHOLE_ORGANIZATION ? null : projectId, month, currency: 'USD' },
      ...{ threshold_amount: alert.threshold_cents, spent_amount: Number(spent / NANOS_PER_CENT) },
    }
    const owner = { organizationId: alert.organization_id, projectId: null }
    await emitWebhook(tx, newId, owner, { type: 'spend_alert.reached', data, at })
    return true
  })
}

/** What people call an organization, and a project of it where there is one. */
export async function namesOf(db: Db, owner: Owner): Promise<{ organization: string; project: string }> {
  const row = await db
    .selectFrom('organization as o')
    .leftJoin('project as p', (join) => join.onRef('p.organization_id', '=', 'o.id').on('p.id', '=', owner.projectId))
    .select(['o.name as organization', 'p.name as project'])
    .where('o.id', '=', owner.organizationId)
    .executeTakeFirst()
  return { organization: row?.organization ?? '', project: row?.project ?? '' }
}
