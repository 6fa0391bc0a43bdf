import type { AuditActor, AuditPayload, AuditType, Origin } from '../core/audit.ts'
import { isId, type NewId, timeOf } from '../core/id.ts'
import { idsAfter } from '../core/ids-after.ts'
import type { Db } from './tables.ts'

export type AuditEntry = {
  /** From `idsAfterNewest`: it says when the event was recorded, too. */
  id: string
  organizationId: string
  projectId: string | null
  type: AuditType
  actor: AuditActor | null
  origin: Origin
  payload: AuditPayload
}

/**
 * Ids that sort behind everything the organization has recorded, for what a transaction is about to make and to record. Every
 * change leaves a row in the log whose id is its last, so no list gets anything before what somebody may have read already:
 * neither after the clock was set back nor on nodes whose clocks differ.
 * @param tx a transaction that has locked the organization
 */
export async function idsAfterNewest(tx: Db, organizationId: string, newId: NewId): Promise<NewId> {
  const newest = await newestAudit(tx, organizationId)
  return newest !== null && isId('audit', newest) ? idsAfter(newest, newId) : newId
}

/** The id of the newest event of an organization's log, in its own order; null where there is none. */
export async function newestAudit(db: Db, organizationId: string): Promise<string | null> {
  const newest = await db
    .selectFrom('audit_log')
    .select('id')
    .where('organization_id', '=', organizationId)
    .orderBy('effective_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest?.id ?? null
}

/** Records what happened. Given a transaction, the record commits or vanishes with the change itself. */
export async function insertAudit(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map((entry) => ({
    id: entry.id,
    organization_id: entry.organizationId,
    type: entry.type,
    effective_at: Math.floor(timeOf('audit', entry.id) / 1000),
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
