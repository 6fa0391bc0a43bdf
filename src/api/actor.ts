import type { Caller } from '../admin/handlers.ts'
import { ApiError, incorrectKey, missingKey, notAMember } from '../contract/error.ts'
import type { AuditActor } from '../core/audit.ts'
import { bearerToken, hashSecret, keyKind, showKey } from '../core/key.ts'
import { adminScopeOf, missingScopes, type Permission } from '../core/permission.ts'
import { organizationAccess } from '../db/access.ts'
import type { Db } from '../db/tables.ts'

/** A key that is known, although the call may be refused: whom the audit log names. */
export type Known = { organizationId: string; projectId: string; keyId: string; actor: AuditActor }

/** Thrown for a key that is known and still may not call. */
export class KnownKeyRefused extends Error {
  readonly known: Known
  readonly reason: ApiError
  constructor(known: Known, reason: ApiError) {
    super(reason.message)
    this.known = known
    this.reason = reason
  }
}

/** The text behind `Bearer`. Without one the caller showed no key at all. */
export function bearer(header: string | undefined): string {
  const token = bearerToken(header)
  if (token === null) throw missingKey()
  return token
}

const invalidKey = (token: string) => incorrectKey(showKey(token), 'An owner of the organization can create one.')

/**
 * Who calls the Administration API. Only admin keys can: a project key that is known learns which scope it lacks, any other
 * text is an incorrect key. The owner's role is the one the owner has at this moment.
 * @param now Unix seconds
 * @param permission what the operation asks for, for the sentence that says it is missing
 * @throws ApiError, or KnownKeyRefused for a key that is known
 */
export async function authenticate(db: Db, token: string, now: number, permission: Permission): Promise<Caller> {
  const kind = keyKind(token)
  if (kind === null) throw invalidKey(token)
  const hash = hashSecret(token)
  if (kind !== 'admin') throw await refuseProjectKey(db, token, hash, permission)
  const row = await db
    .selectFrom('admin_api_key as k')
    .innerJoin('organization_user as u', 'u.id', 'k.user_id')
    .innerJoin('organization as o', 'o.id', 'k.organization_id')
    .select(['k.id', 'k.organization_id', 'k.scopes', 'k.expires_at', 'k.user_id'])
    .select(['u.email', 'u.removed_at', 'o.default_project_id'])
    .where('k.hash', '=', hash)
    .executeTakeFirst()
  if (!row) throw invalidKey(token)
  const caller: Caller = {
    organizationId: row.organization_id,
    defaultProjectId: row.default_project_id,
    keyId: row.id,
    scopes: JSON.parse(row.scopes),
    userId: row.user_id,
    email: row.email,
    access: await organizationAccess(db, { organizationId: row.organization_id, id: row.user_id }),
  }
  if (row.expires_at !== null && row.expires_at <= now)
    throw new KnownKeyRefused(knownCaller(caller), incorrectKey(showKey(token), 'The key has expired.'))
  if (row.removed_at !== null) throw new KnownKeyRefused(knownCaller(caller), notAMember())
  return caller
}

export function knownCaller(caller: Caller): Known {
  return {
    organizationId: caller.organizationId,
    projectId: caller.defaultProjectId,
    keyId: caller.keyId,
    actor: actorOf(caller),
  }
}

export function actorOf({ keyId, userId, email }: Caller): AuditActor {
  return { type: 'api_key', api_key: { id: keyId, type: 'user', user: { id: userId, email } } }
}

async function refuseProjectKey(db: Db, token: string, hash: string, permission: Permission): Promise<Error> {
  const key = await db
    .selectFrom('project_api_key as k')
    .leftJoin('organization_user as u', 'u.id', 'k.user_id')
    .select(['k.id', 'k.organization_id', 'k.project_id', 'k.user_id', 'k.service_account_id', 'u.email'])
    .where('k.hash', '=', hash)
    .executeTakeFirst()
  if (!key) return invalidKey(token)
  const actor: AuditActor = {
    type: 'api_key',
    api_key:
      key.user_id === null
        ? { id: key.id, type: 'service_account', service_account: { id: key.service_account_id ?? '' } }
        : { id: key.id, type: 'user', user: { id: key.user_id, email: key.email ?? '' } },
  }
  const known = { organizationId: key.organization_id, projectId: key.project_id, keyId: key.id, actor }
  return new KnownKeyRefused(known, new ApiError('insufficient_permissions', missingScopes(adminScopeOf(permission))))
}
