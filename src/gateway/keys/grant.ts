import type { AuditActor } from '../../core/audit.ts'
import { inScope, type ModelPermission, modelPermissions } from '../../core/permission.ts'
import { projectAccess } from '../../db/access.ts'
import type { Db } from '../../db/tables.ts'
import type { ProjectRules } from '../rules/index.ts'
import type { ProjectIds } from '../rules/rule.ts'
import type { Loaded } from './remembered.ts'

/** Why a known key opens nothing, whatever is asked. An archived project closes its keys too: its rules say so. */
export type Closed = 'no_access' | 'admin_key' | 'disabled'

/** What a key may do, decoded once when it is loaded. Small, for there may be very many: what a project's keys share is in its rules. */
export type Grant = {
  keyId: string
  /** The user or the service account that owns the key. */
  ownerId: string
  /** The owner's address, where it is a user. */
  email: string | null
  /** Unix seconds, or Infinity. */
  expiresAt: number
  closed: Closed | null
  /** A bit for each of `modelPermissions`. */
  permissions: number
  rules: ProjectRules
}

/** Whether a grant holds a permission. */
export function permits(grant: Grant, permission: ModelPermission): boolean {
  return (grant.permissions & bit(permission)) !== 0
}

/** The key's owner in the API's own shape. */
export function actorOfGrant({ keyId, ownerId, email }: Grant): AuditActor {
  const api_key =
    email === null
      ? { id: keyId, type: 'service_account' as const, service_account: { id: ownerId } }
      : { id: keyId, type: 'user' as const, user: { id: ownerId, email } }
  return { type: 'api_key', api_key }
}

/** The owner where it is a user, whose own time of last use is kept too. */
export const userOf = ({ ownerId, email }: Grant): string | null => (email === null ? null : ownerId)

const bit = (permission: ModelPermission) => 1 << modelPermissions.indexOf(permission)

/** Loads the rules of a project, from memory where they are fresh. */
export type LoadRules = (project: ProjectIds) => Promise<Loaded<ProjectRules> | null>

/**
 * The grant of the key with this hash, as the database has it now; null for a key that is not there. Two or three statements
 * and those of the project's rules; the gateway asks at most once in five seconds for each key in use.
 * @param begunAt on the clock of the rules' ages
 */
export async function loadGrant(
  db: Db,
  hash: string,
  begunAt: number,
  loadRules: LoadRules,
): Promise<Loaded<Grant> | null> {
  const found = (await projectKey(keysOfProjects(db).where('k.hash', '=', hash), db)) ?? (await loadAdminKey(db, hash))
  return found && withRules(found, begunAt, loadRules)
}

/** The grant of a project's key by its id, as the database has it now: for what is done in its name when nobody shows it. */
export async function loadGrantOf(
  db: Db,
  { organizationId, keyId }: { organizationId: string; keyId: string },
  loadRules: LoadRules,
): Promise<Grant | null> {
  const own = keysOfProjects(db).where('k.organization_id', '=', organizationId).where('k.id', '=', keyId)
  const found = await projectKey(own, db)
  return (found && (await withRules(found, 0, loadRules)))?.value ?? null
}

async function withRules(found: Found, begunAt: number, loadRules: LoadRules): Promise<Loaded<Grant> | null> {
  const { project, ...grant } = found
  const rules = await loadRules(project)
  return rules && { value: { ...grant, rules: rules.value }, asOf: Math.min(begunAt, rules.asOf) }
}

type Found = Omit<Grant, 'rules'> & { project: ProjectIds }

const keysOfProjects = (db: Db) =>
  db
    .selectFrom('project_api_key as k')
    .leftJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .select(['k.id', 'k.organization_id', 'k.project_id', 'k.user_id', 'k.service_account_id'])
    .select(['k.scopes', 'k.expires_at', 'k.disabled_at', 'u.email', 'u.removed_at'])

async function projectKey(wanted: ReturnType<typeof keysOfProjects>, db: Db): Promise<Found | null> {
  const row = await wanted.executeTakeFirst()
  if (!row) return null
  const ownerId = row.user_id ?? row.service_account_id ?? ''
  const principal = { organizationId: row.organization_id, id: ownerId }
  const access = row.removed_at === null ? await projectAccess(db, principal, row.project_id) : null
  const scopes: string[] = JSON.parse(row.scopes)
  const allowed = modelPermissions.filter((one) => access?.permissions.has(one) && inScope(scopes, one))
  return {
    keyId: row.id,
    project: { organizationId: row.organization_id, projectId: row.project_id },
    ownerId,
    email: row.user_id === null ? null : (row.email ?? ''),
    expiresAt: row.expires_at ?? Number.POSITIVE_INFINITY,
    closed: row.disabled_at !== null ? 'disabled' : access === null ? 'no_access' : null,
    permissions: allowed.reduce((bits, permission) => bits | bit(permission), 0),
  }
}

/** Admin keys open the Administration API only; knowing one lets the refusal say so. */
async function loadAdminKey(db: Db, hash: string): Promise<Found | null> {
  const row = await db
    .selectFrom('admin_api_key as k')
    .innerJoin('organization as o', 'o.id', 'k.organization_id')
    .innerJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .select(['k.id', 'k.organization_id', 'k.user_id', 'k.expires_at', 'k.disabled_at'])
    .select(['o.default_project_id', 'u.email'])
    .where('k.hash', '=', hash)
    .executeTakeFirst()
  if (!row) return null
  return {
    keyId: row.id,
    project: { organizationId: row.organization_id, projectId: row.default_project_id },
    ownerId: row.user_id,
    email: row.email,
    expiresAt: row.expires_at ?? Number.POSITIVE_INFINITY,
    closed: row.disabled_at !== null ? 'disabled' : 'admin_key',
    permissions: 0,
  }
}
