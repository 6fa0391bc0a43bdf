import type {
  projectSpendAlerts as projectRoutes,
  spendAlerts as routes,
  SpendAlertInput,
  SpendAlertQuery,
} from '../contract/spend-alerts.ts'
import type { NewId } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import { refuseMore, refuseStrangers } from './alert-rules.ts'
import type { Caller, Handlers } from './handlers.ts'
import { existing } from './owned.ts'
import { cursor, page } from './page.ts'

export const spendAlerts: Handlers<typeof routes> = handlersOf('organization.spend_alert')
export const projectSpendAlerts: Handlers<typeof projectRoutes> = handlersOf('project.spend_alert')

/** Whose alerts a request is about: the project's that its path names, or else those of the organization itself. */
type Whose = { db: Db; newId: NewId; caller: Caller; project: Row<'project'> | null }
type AlertRef = { alert_id: string }
type Scope = { organization_id: string; project_id: string | null }
const scopeOf = ({ caller, project }: Whose): Scope => ({
  organization_id: caller.organizationId,
  project_id: project?.id ?? null,
})

/** The same for both: only the paths and what an alert calls itself differ. */
function handlersOf<const O extends 'organization.spend_alert' | 'project.spend_alert'>(object: O) {
  const changed = <R>(reply: R, { caller, project }: Whose, spend_alert: object) => ({
    reply,
    audit: { id: project?.id ?? caller.organizationId, changes_requested: { spend_alert } },
  })
  return {
    async list(call: Whose & { query: SpendAlertQuery }) {
      const rows = await pageOf(call.db, scopeOf(call), call.query)
      return page(rows, call.query.limit, (row) => view(object, row))
    },

    async create(call: Whose & { body: SpendAlertInput }) {
      await refuseMore(call.db, scopeOf(call))
      await refuseStrangers(call)
      const row = await insert(call, scopeOf(call), call.body)
      return changed(view(object, row), call, { id: row.id, ...call.body })
    },

    async retrieve(call: Whose & { params: AlertRef }) {
      return view(object, await find(call.db, scopeOf(call), call.params.alert_id))
    },

    async update(call: Whose & { params: AlertRef; body: SpendAlertInput }) {
      await refuseStrangers(call)
      const row = await replace(call, scopeOf(call), call.params.alert_id, call.body)
      return changed(view(object, row), call, { id: row.id, ...call.body })
    },

    async delete(call: Whose & { params: AlertRef }) {
      const { id } = await remove(call.db, scopeOf(call), call.params.alert_id)
      const reply = { object: `${object}.deleted` as const, id, deleted: true as const }
      return changed(reply, call, { id, deleted: true })
    },
  }
}

/** A page, and one more where there are more. `before` alone is read backwards from there and turned round. */
async function pageOf(db: Db, scope: Scope, query: SpendAlertQuery): Promise<Row<'spend_alert'>[]> {
  const after = cursor(query.after, 'spendAlert')
  const before = cursor(query.before, 'spendAlert', 'before')
  const { limit } = query
  if (limit === 0) return []
  const rising = query.order === 'asc'
  const backwards = before !== undefined && after === undefined
  let rows = db
    .selectFrom('spend_alert')
    .selectAll()
    .where((eb) => eb.and(scope))
    .orderBy('id', rising === backwards ? 'desc' : 'asc')
    .limit(limit + 1)
  if (after) rows = rows.where('id', rising ? '>' : '<', after)
  if (before) rows = rows.where('id', rising ? '<' : '>', before)
  const found = await rows.execute()
  return backwards ? [...found.slice(0, limit).reverse(), ...found.slice(limit)] : found
}

async function find(db: Db, scope: Scope, id: string): Promise<Row<'spend_alert'>> {
  const row = await db
    .selectFrom('spend_alert')
    .selectAll()
    .where((eb) => eb.and({ ...scope, id }))
    .executeTakeFirst()
  return existing(row, 'alert_id', id)
}

async function insert({ db, newId, caller }: Whose, scope: Scope, body: SpendAlertInput): Promise<Row<'spend_alert'>> {
  const row = { id: newId('spendAlert'), ...scope, ...columns(body, caller) }
  await db.insertInto('spend_alert').values(row).execute()
  return row
}

async function replace(
  { db, caller }: Whose,
  scope: Scope,
  id: string,
  body: SpendAlertInput,
): Promise<Row<'spend_alert'>> {
  const row = await db
    .updateTable('spend_alert')
    .set(columns(body, caller))
    .where((eb) => eb.and({ ...scope, id }))
    .returningAll()
    .executeTakeFirst()
  return existing(row, 'alert_id', id)
}

async function remove(db: Db, scope: Scope, id: string): Promise<Row<'spend_alert'>> {
  const row = await db
    .deleteFrom('spend_alert')
    .where((eb) => eb.and({ ...scope, id }))
    .returningAll()
    .executeTakeFirst()
  return existing(row, 'alert_id', id)
}

function columns({ threshold_amount, notification_channel }: SpendAlertInput, { userId }: Caller) {
  const { recipients, subject_prefix = null } = notification_channel
  const threshold_cents = threshold_amount
  return { threshold_cents, recipients: JSON.stringify(recipients), subject_prefix, created_by: userId }
}

function view<const O extends string>(object: O, row: Row<'spend_alert'>) {
  return {
    id: row.id,
    object,
    threshold_amount: row.threshold_cents,
    currency: 'USD' as const,
    interval: 'month' as const,
    notification_channel: {
      type: 'email' as const,
      recipients: JSON.parse(row.recipients) as string[],
      subject_prefix: row.subject_prefix,
    },
  }
}
