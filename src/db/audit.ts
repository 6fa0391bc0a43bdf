import type { AuditActor, AuditPayload, AuditType, Origin } from '../core/audit.ts'
import type { Db } from './tables.ts'

export type AuditEntry = {
  id: string
  organizationId: string
  projectId: string | null
  type: AuditType
  /** Unix seconds. */
  at: number
  actor: AuditActor | null
  origin: Origin
  payload: AuditPayload
}

/** Records what happened. Given a transaction, the record commits or vanishes with the change itself. */
export async function insertAudit(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map((entry) => ({
    id: entry.id,
    organization_id: entry.organizationId,
    type: entry.type,
    effective_at: entry.at,
    project_id: entry.projectId,
    ...who(entry.actor),
    actor: entry.actor && JSON.stringify(entry.actor),
    resource_id: entry.payload.id,
    payload: JSON.stringify(entry.payload),
    ip_address: entry.origin.ip,
    user_agent: entry.origin.userAgent,
  }))
  await db.insertInto('audit_log').values(rows).execute()
}

function who(actor: AuditActor | null): { actor_id: string | null; actor_email: string | null } {
  if (actor === null) return { actor_id: null, actor_email: null }
  if (actor.type === 'session') return { actor_id: actor.session.user.id, actor_email: actor.session.user.email }
  const key = actor.api_key
  if (key.type === 'user') return { actor_id: key.user.id, actor_email: key.user.email }
  return { actor_id: key.service_account.id, actor_email: null }
}
