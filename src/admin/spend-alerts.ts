import { notFound } from '../contract/error.ts'
import type {
  projectSpendAlerts as projectRoutes,
  spendAlerts as routes,
  SpendAlertInput,
  SpendAlertQuery,
} from '../contract/spend-alerts.ts'
import type { NewId } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Handlers } from './handlers.ts'
import { cursor, page } from './page.ts'

export const spendAlerts: Handlers<typeof routes> = {
  async list({ db, caller, query }) {
    return page(await pageOf(db, whole(caller), query), query.limit, organizationView)
  },

  async create({ db, caller, body, newId }) {
    const reply = organizationView(await insert(db, whole(caller), body, newId))
    return { reply, audit: { id: caller.organizationId, changes_requested: { spend_alert: given(reply.id, body) } } }
  },

  async retrieve({ db, caller, params }) {
    return organizationView(await find(db, whole(caller), params.alert_id))
  },

  async update({ db, caller, params, body }) {
    const reply = organizationView(await replace(db, whole(caller), params.alert_id, body))
    return { reply, audit: { id: caller.organizationId, changes_requested: { spend_alert: given(reply.id, body) } } }
  },

  async delete({ db, caller, params }) {
    const { id } = await remove(db, whole(caller), params.alert_id)
    return {
      reply: { object: 'organization.spend_alert.deleted', id, deleted: true },
      audit: { id: caller.organizationId, changes_requested: { spend_alert: { id, deleted: true } } },
    }
  },
}

export const projectSpendAlerts: Handlers<typeof projectRoutes> = {
  async list({ db, project, query }) {
    return page(await pageOf(db, part(project), query), query.limit, projectView)
  },

  async create({ db, project, body, newId }) {
    const reply = projectView(await insert(db, part(project), body, newId))
    return { reply, audit: { id: project.id, changes_requested: { spend_alert: given(reply.id, body) } } }
  },

  async retrieve({ db, project, params }) {
    return projectView(await find(db, part(project), params.alert_id))
  },

  async update({ db, project, params, body }) {
    const reply = projectView(await replace(db, part(project), params.alert_id, body))
    return { reply, audit: { id: project.id, changes_requested: { spend_alert: given(reply.id, body) } } }
  },

  async delete({ db, project, params }) {
    const { id } = await remove(db, part(project), params.alert_id)
    return {
      reply: { object: 'project.spend_alert.deleted', id, deleted: true },
      audit: { id: project.id, changes_requested: { spend_alert: { id, deleted: true } } },
    }
  },
}

/** Whose alerts: a project's, or (null) those of the organization itself. */
type Scope = { organization_id: string; project_id: string | null }
const whole = ({ organizationId }: { organizationId: string }): Scope => ({
  organization_id: organizationId,
  project_id: null,
})
const part = ({ organization_id, id }: Row<'project'>): Scope => ({ organization_id, project_id: id })
const same = (value: string | null) => (value === null ? 'is' : '=')

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
    .where('organization_id', '=', scope.organization_id)
    .where('project_id', same(scope.project_id), scope.project_id)
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
    .where('organization_id', '=', scope.organization_id)
    .where('project_id', same(scope.project_id), scope.project_id)
    .where('id', '=', id)
    .executeTakeFirst()
  return existing(row, id)
}

async function insert(db: Db, scope: Scope, body: SpendAlertInput, newId: NewId): Promise<Row<'spend_alert'>> {
  const row = { id: newId('spendAlert'), ...scope, ...columns(body) }
  await db.insertInto('spend_alert').values(row).execute()
  return row
}

async function replace(db: Db, scope: Scope, id: string, body: SpendAlertInput): Promise<Row<'spend_alert'>> {
  const row = await db
    .updateTable('spend_alert')
    .set(columns(body))
    .where('organization_id', '=', scope.organization_id)
    .where('project_id', same(scope.project_id), scope.project_id)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return existing(row, id)
}

async function remove(db: Db, scope: Scope, id: string): Promise<Row<'spend_alert'>> {
  const row = await db
    .deleteFrom('spend_alert')
    .where('organization_id', '=', scope.organization_id)
    .where('project_id', same(scope.project_id), scope.project_id)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return existing(row, id)
}

function existing(row: Row<'spend_alert'> | undefined, id: string): Row<'spend_alert'> {
  if (!row) throw notFound('spend alert', id, 'alert_id')
  return row
}

function columns({ threshold_amount, notification_channel: { recipients, subject_prefix = null } }: SpendAlertInput) {
  return { threshold_cents: threshold_amount, recipients: JSON.stringify(recipients), subject_prefix }
}

/** What the audit log keeps of an alert: which one, and all that it is made of. */
const given = (id: string, body: SpendAlertInput) => ({ id, ...body })

const organizationView = (row: Row<'spend_alert'>) => view('organization.spend_alert', row)
const projectView = (row: Row<'spend_alert'>) => view('project.spend_alert', row)

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
