import { sql } from 'kysely'
import { isTenantScoped } from '../contract/audit-event-types.ts'
import type { AuditLog, auditLogs as routes } from '../contract/audit-logs.ts'
import { ApiError } from '../contract/error.ts'
import type { Of } from '../contract/route.ts'
import type { AuditActor } from '../core/audit.ts'
import { isId, timeOf } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Handlers } from './handlers.ts'
import { cursor, page } from './page.ts'
import { emailKey } from './users.ts'

type Filters = Of<(typeof routes)['list']['query']>

export const auditLogs: Handlers<typeof routes> = {
  async list({ db, caller, query }) {
    if (query.tenant_only) return noTenantEvents(query)
    const after = await placeOf(db, caller.organizationId, query.after, 'after')
    const before = await placeOf(db, caller.organizationId, query.before, 'before')
    // Only `before`: the page that ends there, so the events are read from there upwards.
    const upwards = before !== null && after === null
    const direction = upwards ? 'asc' : 'desc'
    let rows = matching(db, caller.organizationId, query)
      .orderBy('a.effective_at', direction)
      .orderBy('a.id', direction)
      .limit(query.limit + 1)
    if (after) rows = rows.where(sql<boolean>`(a.effective_at, a.id) < (${after.at}, ${after.id})`)
    if (before) rows = rows.where(sql<boolean>`(a.effective_at, a.id) > (${before.at}, ${before.id})`)
    const found = await rows.execute()
    const shown = found.slice(0, query.limit)
    const has_more = found.length > shown.length
    return { ...page(upwards ? shown.reverse() : shown, query.limit, view), has_more }
  },
}

/** The organization's events that pass every filter that was given. */
function matching(db: Db, organizationId: string, query: Filters) {
  let rows = db
    .selectFrom('audit_log as a')
    .leftJoin('project as p', (join) =>
      join.onRef('p.organization_id', '=', 'a.organization_id').onRef('p.id', '=', 'a.project_id'),
    )
    .selectAll('a')
    .select('p.name as project_name')
    .where('a.organization_id', '=', organizationId)
  const { gt, gte, lt, lte } = query.effective_at ?? {}
  if (gt !== undefined) rows = rows.where('a.effective_at', '>', gt)
  if (gte !== undefined) rows = rows.where('a.effective_at', '>=', gte)
  if (lt !== undefined) rows = rows.where('a.effective_at', '<', lt)
  if (lte !== undefined) rows = rows.where('a.effective_at', '<=', lte)
  const types = query.event_types as Row<'audit_log'>['type'][] | undefined
  if (types) rows = rows.where('a.type', 'in', types)
  if (query.project_ids) rows = rows.where('a.project_id', 'in', query.project_ids)
  if (query.resource_ids) rows = rows.where('a.resource_id', 'in', query.resource_ids)
  if (query.actor_emails) rows = rows.where('a.actor_email_key', 'in', query.actor_emails.map(emailKey))
  if (query.actor_ids) {
    // An id says by its form where to look, so that one index answers, not two.
    const keys = query.actor_ids.filter((id) => isId('key', id))
    const others = query.actor_ids.filter((id) => !isId('key', id))
    rows = rows.where((eb) => {
      const byKey = keys.length > 0 ? [eb('a.actor_key_id', 'in', keys)] : []
      const byOwner = others.length > 0 ? [eb('a.actor_id', 'in', others)] : []
      return eb.or([...byKey, ...byOwner])
    })
  }
  return rows
}

type Place = { at: number; id: string }

/** Where in the order an event stands. One that is not there stood where its id says it was made. */
async function placeOf(db: Db, organizationId: string, id: string | undefined, param: string): Promise<Place | null> {
  const known = cursor(id, 'audit', param)
  if (known === undefined) return null
  const row = await db
    .selectFrom('audit_log')
    .select('effective_at')
    .where('organization_id', '=', organizationId)
    .where('id', '=', known)
    .executeTakeFirst()
  return { at: row?.effective_at ?? Math.floor(timeOf('audit', known) / 1000), id: known }
}

/** This server has no tenants, so none of their events; asking for others among them is a contradiction. */
function noTenantEvents(query: Filters) {
  query.event_types?.forEach((type, i) => {
    if (isTenantScoped(type)) return
    const param = `event_types[${i}]`
    const message = `Invalid '${param}': '${type}' is not tenant-scoped, and 'tenant_only' asks for such events alone.`
    throw new ApiError('invalid_value', message, { param })
  })
  return page([], query.limit, view)
}

function view(row: Row<'audit_log'> & { project_name: string | null }): AuditLog {
  const { id, type, effective_at, project_id, project_name } = row
  return {
    object: 'organization.audit_log',
    id,
    type,
    effective_at,
    ...(project_id !== null && { project: { id: project_id, name: project_name ?? '' } }),
    actor: row.actor === null ? null : actor(JSON.parse(row.actor), row),
    [type]: JSON.parse(row.payload),
  }
}

/** The published shape has a place for where a request came from in a session alone. */
function actor(who: AuditActor, row: Row<'audit_log'>): AuditLog['actor'] {
  if (who.type === 'api_key') return who
  const { ip_address, user_agent } = row
  const origin = { ...(ip_address !== null && { ip_address }), ...(user_agent !== null && { user_agent }) }
  return { type: 'session', session: { ...who.session, ...origin } }
}
