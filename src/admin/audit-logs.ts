import { isTenantScoped } from '../contract/audit-event-types.ts'
import type { AuditLog, auditLogs as routes } from '../contract/audit-logs.ts'
import { ApiError } from '../contract/error.ts'
import type { AuditActor } from '../core/audit.ts'
import { timeOf } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import { type Filters, type Place, rangesOf } from './audit-filters.ts'
import type { Handlers } from './handlers.ts'
import { type Ids, merged } from './merged.ts'
import { cursor, page } from './page.ts'

export const auditLogs: Handlers<typeof routes> = {
  async list({ db, caller, query }) {
    if (query.tenant_only) return noTenantEvents(query)
    const { organizationId } = caller
    const after = await placeOf(db, organizationId, query.after, 'after')
    const before = await placeOf(db, organizationId, query.before, 'before')
    const [first, ...others] = await rangesOf(db, { ...query, organizationId, after, before }, query)
    // Only `before`: the page that ends there, so the events are read from there upwards.
    const upwards = before !== null && after === null
    const order = upwards ? 'asc' : 'desc'
    const cut = { by: ['effective_at', 'id'], order, limit: query.limit + 1 } as const
    const found = first ? await events(db, organizationId, merged(db, [first, ...others], cut), order) : []
    const shown = found.slice(0, query.limit)
    const has_more = found.length > shown.length
    return { ...page(upwards ? shown.reverse() : shown, query.limit, view), has_more }
  },
}

/** These events whole, with the names of their projects. @param ids of a page */
function events(db: Db, organizationId: string, ids: Ids, order: 'asc' | 'desc') {
  return db
    .selectFrom(ids.as('page'))
    .crossJoin('audit_log as a')
    .leftJoin('project as p', (join) =>
      join.onRef('p.organization_id', '=', 'a.organization_id').onRef('p.id', '=', 'a.project_id'),
    )
    .selectAll('a')
    .select('p.name as project_name')
    .where('a.organization_id', '=', organizationId)
    .whereRef('a.id', '=', 'page.id')
    .orderBy('a.effective_at', order)
    .orderBy('a.id', order)
    .execute()
}

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
