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

/** What the log is searched by when an actor is asked for. */
function who(actor: AuditActor | null) {
  const key = actor?.type === 'api_key' ? actor.api_key : null
  const user = actor?.type === 'session' ? actor.session.user : key?.type === 'user' ? key.user : null
  const account = key?.type === 'service_account' ? key.service_account : null
  return {
    actor_id: (user ?? account)?.id ?? null,
    actor_key_id: key?.id ?? null,
    actor_email_key: user?.email.toLowerCase() ?? null,
  }
}
