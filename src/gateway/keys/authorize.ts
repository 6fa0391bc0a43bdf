import type { IncomingMessage } from 'node:http'
import type { BlockList } from 'node:net'
import { ApiError, disabledKey, incorrectKey, notAMember, organizationMismatch } from '../../contract/error.ts'
import { type ModelPermission, missingScopes, modelPermissions } from '../../core/permission.ts'
import { connectionRefusal, projectRefusal } from '../rules/apply.ts'
import { type Grant, permits } from './grant.ts'
import type { BroughtKey } from './identify.ts'

/** What a call shows of itself. */
export type Shown = {
  request: Pick<IncomingMessage, 'headers' | 'socket'>
  key: Pick<BroughtKey, 'shown'>
  /** What the route asks for. */
  permission: ModelPermission
  /** Unix seconds. */
  now: number
  /** Whose word about client certificates is believed. */
  trustedProxies: BlockList | null
}

/** Why a known key may not make this call; null where it may. Decided from the grant and the connection, without I/O. */
export function callRefusal(grant: Grant, { request, key, permission, now, trustedProxies }: Shown): ApiError | null {
  const { rules } = grant
  const { headers } = request
  if (now >= grant.expiresAt) return incorrectKey(key.shown, 'The key has expired.')
  if (grant.closed === 'disabled') return disabledKey(key.shown)
  if (grant.closed === 'admin_key') return missing[permission]
  const closed = projectRefusal(rules)
  if (closed !== null) return closed
  if (grant.closed === 'no_access') return notAMember()
  const unreached = connectionRefusal(rules, { request, now, trustedProxies })
  if (unreached !== null) return unreached
  if (mismatch(headers['openai-organization'], rules.organizationId)) return organizationMismatch()
  if (mismatch(headers['openai-project'], rules.projectId)) {
    return new ApiError('mismatched_project', 'OpenAI-Project header should match project for API key')
  }
  return permits(grant, permission) ? null : missing[permission]
}

/** Of a key that was there when its call was made. */
export const keyGone = () =>
  new ApiError('invalid_api_key', 'The API key that asked for this has been deleted, is disabled or has expired.')

/** Why what a key's call has begun may not go on in its name, when nobody shows it any more; null where it may. @param now Unix seconds */
export function ownRefusal(grant: Grant, permission: ModelPermission, now: number): ApiError | null {
  if (now >= grant.expiresAt || grant.closed === 'disabled') return keyGone()
  const closed = projectRefusal(grant.rules)
  if (closed !== null) return closed
  if (grant.closed !== null) return notAMember()
  return permits(grant, permission) ? null : missing[permission]
}

/** The same for all who lack it: made once, for clients in a loop. */
const missing = Object.fromEntries(
  modelPermissions.map((permission) => [
    permission,
    new ApiError('insufficient_permissions', missingScopes(permission)),
  ]),
) as Record<ModelPermission, ApiError>

const mismatch = (wanted: string | string[] | undefined, actual: string) =>
  wanted !== undefined && wanted !== '' && wanted !== actual
