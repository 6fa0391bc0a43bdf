import type { AuditActor } from '../core/audit.ts'
import { type ModelPermission, modelPermissions, type ProjectRole, permits } from '../core/permission.ts'
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
 * One statement for a project key, two for an admin key or an unknown one.
 */
export async function loadGrant(db: Db, hash: string): Promise<Grant | null> {
  return (await loadProjectKey(db, hash)) ?? (await loadAdminKey(db, hash))
}

async function loadProjectKey(db: Db, hash: string): Promise<Grant | null> {
  const row = await db
    .selectFrom('project_api_key as k')
    .innerJoin('project as p', 'p.id', 'k.project_id')
    .leftJoin('organization_user as u', (join) => join.onRef('u.id', '=', 'k.user_id').on('u.removed_at', 'is', null))
    .leftJoin('project_user as m', (join) =>
      join.onRef('m.user_id', '=', 'k.user_id').onRef('m.project_id', '=', 'k.project_id'),
    )
    .leftJoin('service_account as s', 's.id', 'k.service_account_id')
    .select([
      'k.id',
      'k.organization_id',
      'k.project_id',
      'k.user_id',
      'k.service_account_id',
      'k.scopes',
      'k.expires_at',
    ])
    .select([
      'p.archived_at',
      'u.role as organization_role',
      'u.email',
      'm.role as member_role',
      's.role as account_role',
    ])
    .where('k.hash', '=', hash)
    .executeTakeFirst()
  if (!row) return null
  const role = row.user_id === null ? accountRole(row.account_role) : memberRole(row)
  const scopes: string[] = JSON.parse(row.scopes)
  const roles = { organization: row.organization_role, project: role }
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
    closed: row.archived_at !== null ? 'project_archived' : role === null ? 'no_access' : null,
    permissions: new Set(modelPermissions.filter((permission) => permits(roles, scopes, permission))),
  }
}

const accountRole = (role: ProjectRole | 'none' | null) => (role === 'none' ? null : role)

/** A user's role in the project: an owner of the organization owns it, a removed user has lost it. */
function memberRole(row: {
  organization_role: 'owner' | 'reader' | null
  member_role: ProjectRole | null
}): ProjectRole | null {
  if (row.organization_role === null) return null
  return row.organization_role === 'owner' ? 'owner' : row.member_role
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
