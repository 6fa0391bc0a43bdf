import type { AuditActor } from '../core/audit.ts'
import type { Db } from '../db/tables.ts'
import { type Found, item, MOST } from './attention-item.ts'

const DAY = 86_400
const SOON = 30 * DAY
/** So many refusals are looked at, the newest. */
const LOOKED_AT = 1000

/** Certificates that expire within thirty days, and those that have: there are few altogether. @param now Unix seconds */
export async function expiringCertificates(db: Db, organizationId: string, now: number): Promise<Found> {
  const rows = await db
    .selectFrom('certificate')
    .select(['id', 'name', 'expires_at'])
    .where('organization_id', '=', organizationId)
    .execute()
  const items = rows
    .filter(({ expires_at }) => expires_at <= now + SOON)
    .sort((a, b) => a.expires_at - b.expires_at)
    .map(({ id, name, expires_at: until }) =>
      item({ severity: until <= now ? 'critical' : 'warning', subject: { type: 'certificate', id, name }, until }),
    )
  return { items }
}

/**
 * Who was refused in the last day, by what they called with and why, as the audit log has it: which keeps one for each key, operation and
 * minute. @param now Unix seconds
 */
export async function refusedCalls(db: Db, organizationId: string, now: number): Promise<Found> {
  const rows = await db
    .selectFrom('audit_log')
    .select(['resource_id', 'effective_at', 'actor', 'payload'])
    .where('organization_id', '=', organizationId)
    .where('type', '=', 'login.failed')
    .where('effective_at', '>', now - DAY)
    .orderBy('effective_at', 'desc')
    .orderBy('id', 'desc')
    .limit(LOOKED_AT + 1)
    .execute()
  const events = rows.slice(0, LOOKED_AT).map(({ resource_id: id, effective_at: at, actor, payload }) => {
    const { error_code }: { error_code?: string } = JSON.parse(payload)
    return { id, at, code: error_code ?? null, actor: actor === null ? null : (JSON.parse(actor) as AuditActor) }
  })
  const groups = [...Map.groupBy(events, ({ id, code }) => `${id} ${code}`).values()].slice(0, MOST + 1)
  const names = await namesOf(
    db,
    organizationId,
    groups.flatMap(([first]) => (first === undefined ? [] : [first.id])),
  )
  const items = groups.flatMap((group) => {
    const [newest] = group
    if (newest === undefined) return []
    const { id, code, actor } = newest
    const subject =
      actor?.type === 'session'
        ? { type: 'user' as const, id, name: actor.session.user.email }
        : { type: 'api_key' as const, id, name: names.get(id) ?? null }
    const since = group.at(-1)?.at ?? null
    return [item({ severity: 'warning', subject, since, until: newest.at, used: group.length, error_code: code })]
  })
  return { items, cut: rows.length > LOOKED_AT }
}

/** What keys are called; those that are gone are missing. */
async function namesOf(db: Db, organizationId: string, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('project_api_key')
    .select(['id', 'name'])
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
    .unionAll(
      db
        .selectFrom('admin_api_key')
        .select(['id', 'name'])
        .where('organization_id', '=', organizationId)
        .where('id', 'in', ids),
    )
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}
