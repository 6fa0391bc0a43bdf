import type { Caller } from '../admin/handlers.ts'
import { KnownCallerRefused, knownCaller } from '../admin/refused.ts'
import { ApiError, disabledKey, incorrectKey, missingKey, notAMember } from '../contract/error.ts'
import type { Asked } from '../core/asked.ts'
import type { AuditActor } from '../core/audit.ts'
import { bearer, hashSecret, keyKind, showKey } from '../core/key.ts'
import { adminScopeOf, missingScopes } from '../core/permission.ts'
import { organizationAccess } from '../db/access.ts'
import type { Db } from '../db/tables.ts'
import type { Authenticate } from './caller.ts'

/** What is left of a key that was shown: what it is looked up by, and what a refusal repeats of it. */
type ShownKey = { hash: string; shown: string }

const invalidKey = (shown: string) => incorrectKey(shown, 'An owner of the organization can create one.')

/**
 * The owner of an admin key. Only admin keys call this API: a project key that is known learns which scope it lacks, any other
 * text is an incorrect key.
 */
export const byAdminKey: Authenticate = ({ authorization }) => {
  const token = bearer(authorization)
  if (token === null) throw missingKey()
  const kind = keyKind(token)
  const shown = showKey(token)
  if (kind === null) throw invalidKey(shown)
  const key = { hash: hashSecret(token), shown }
  if (kind === 'admin') return (db, now) => ownerOf(db, key, now)
  return async (db, _now, permission) => {
    throw await projectKeyRefusal(db, key, permission)
  }
}

/** The owner, with the role the owner has at this moment. @param now Unix seconds */
async function ownerOf(db: Db, { hash, shown }: ShownKey, now: number): Promise<Caller> {
  const row = await db
    .selectFrom('admin_api_key as k')
    .innerJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .innerJoin('organization as o', 'o.id', 'k.organization_id')
    .select(['k.id', 'k.organization_id', 'k.scopes', 'k.expires_at', 'k.disabled_at', 'k.user_id'])
    .select(['u.email', 'u.removed_at', 'o.default_project_id'])
    .where('k.hash', '=', hash)
    .executeTakeFirst()
  if (!row) throw invalidKey(shown)
  const caller: Caller = {
    by: 'key',
    keyId: row.id,
    organizationId: row.organization_id,
    defaultProjectId: row.default_project_id,
    scopes: JSON.parse(row.scopes),
    expiresAt: row.expires_at,
    userId: row.user_id,
    email: row.email,
    access: await organizationAccess(db, { organizationId: row.organization_id, id: row.user_id }),
  }
  if (row.expires_at !== null && row.expires_at <= now)
    throw new KnownCallerRefused(knownCaller(caller), incorrectKey(shown, 'The key has expired.'))
  if (row.disabled_at !== null) throw new KnownCallerRefused(knownCaller(caller), disabledKey(shown))
  if (row.removed_at !== null) throw new KnownCallerRefused(knownCaller(caller), notAMember())
  return caller
}

async function projectKeyRefusal(db: Db, { hash, shown }: ShownKey, permission: Asked): Promise<Error> {
  const key = await db
    .selectFrom('project_api_key as k')
    .leftJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .select(['k.id', 'k.organization_id', 'k.project_id', 'k.user_id', 'k.service_account_id', 'u.email'])
    .where('k.hash', '=', hash)
    .executeTakeFirst()
  if (!key) return invalidKey(shown)
  const actor: AuditActor = {
    type: 'api_key',
    api_key:
      key.user_id === null
        ? { id: key.id, type: 'service_account', service_account: { id: key.service_account_id ?? '' } }
        : { id: key.id, type: 'user', user: { id: key.user_id, email: key.email ?? '' } },
  }
  const known = { organizationId: key.organization_id, projectId: key.project_id, by: key.id, actor }
  const reason = new ApiError('insufficient_permissions', missingScopes(adminScopeOf(permission)))
  return new KnownCallerRefused(known, reason)
}
