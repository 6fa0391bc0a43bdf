import type { AuditActor } from '../core/audit.ts'
import { inScope, type ModelPermission, modelPermissions } from '../core/permission.ts'
import { projectAccess } from '../db/access.ts'
import type { Db } from '../db/tables.ts'

/** Why a known key opens nothing, whatever is asked. */
export type Closed = 'project_archived' | 'no_access' | 'admin_key'

/** What a key may do, decoded once when it is loaded. Everything a warm request is judged by is in here. */
export type Grant = {
  keyId: string
  organizationId: string
  projectId: string
  /** The owner, where it is a user. */
  userId: string | null
  actor: AuditActor
  /** Unix seconds, or Infinity. */
  expiresAt: number
  closed: Closed | null
  permissions: ReadonlySet<ModelPermission>
}

/**
 * The grant of the key with this hash, as the database has it now; null for a key that is not there.
 * Two or three statements; the gateway asks at most once in five seconds for each key in use.
 */
export async function loadGrant(db: Db, hash: string): Promise<Grant | null> {
  return (await loadProjectKey(db, hash)) ?? (await loadAdminKey(db, hash))
}

async function loadProjectKey(db: Db, hash: string): Promise<Grant | null> {
  const row = await db
    .selectFrom('project_api_key as k')
    .innerJoin('project as p', 'p.id', 'k.project_id')
    .leftJoin('organization_user as u', 'u.id', 'k.user_id')
    .select(['k.id', 'k.organization_id', 'k.project_id', 'k.user_id', 'k.service_account_id'])
    .select(['k.scopes', 'k.expires_at', 'p.archived_at', 'u.email', 'u.removed_at'])
    .where('k.hash', '=', hash)
    .executeTakeFirst()
  if (!row) return null
  const principal = { organizationId: row.organization_id, id: row.user_id ?? row.service_account_id ?? '' }
  const access = row.removed_at === null ? await projectAccess(db, principal, row.project_id) : null
  const scopes: string[] = JSON.parse(row.scopes)
  const allowed = modelPermissions.filter((one) => access?.permissions.has(one) && inScope(scopes, one))
  return {
    keyId: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    userId: row.user_id,
    actor: {
      type: 'api_key',
      api_key:
        row.user_id === null
          ? { id: row.id, type: 'service_account', service_account: { id: row.service_account_id ?? '' } }
          : { id: row.id, type: 'user', user: { id: row.user_id, email: row.email ?? '' } },
    },
    expiresAt: row.expires_at ?? Number.POSITIVE_INFINITY,
    closed: row.archived_at !== null ? 'project_archived' : access === null ? 'no_access' : null,
    permissions: new Set(allowed),
  }
}

/** Admin keys open the Administration API only; knowing one lets the refusal say so. */
async function loadAdminKey(db: Db, hash: string): Promise<Grant | null> {
  const row = await db
    .selectFrom('admin_api_key as k')
    .innerJoin('organization as o', 'o.id', 'k.organization_id')
    .innerJoin('organization_user as u', 'u.id', 'k.user_id')
    .select(['k.id', 'k.organization_id', 'k.user_id', 'k.expires_at', 'o.default_project_id', 'u.email'])
    .where('k.hash', '=', hash)
    .executeTakeFirst()
  if (!row) return null
  return {
    keyId: row.id,
    organizationId: row.organization_id,
    projectId: row.default_project_id,
    userId: row.user_id,
    actor: { type: 'api_key', api_key: { id: row.id, type: 'user', user: { id: row.user_id, email: row.email } } },
    expiresAt: row.expires_at ?? Number.POSITIVE_INFINITY,
    closed: 'admin_key',
    permissions: new Set(),
  }
}
