import type { IncomingHttpHeaders } from 'node:http'
import { ApiError, incorrectKey, missingKey, notAMember, organizationMismatch } from '../contract/error.ts'
import { bearerToken, showKey } from '../core/key.ts'
import { missingScopes } from '../core/permission.ts'
import type { Grant } from './grant.ts'
import type { GatewayRoute } from './routes.ts'

/** The text behind `Bearer`. */
export function bearer(headers: IncomingHttpHeaders): string {
  const token = bearerToken(headers.authorization)
  if (token === null) throw missingKey()
  return token
}

/** The refusal of a text that is no key of this gate. */
export const wrongKey = (token: string) => incorrectKey(showKey(token), 'A key of a project opens this door.')

/**
 * Why a known key may not make this call; null where it may. Decided from the grant alone.
 * @param now Unix seconds
 */
export function refusal(
  grant: Grant,
  route: GatewayRoute,
  headers: IncomingHttpHeaders,
  token: string,
  now: number,
): ApiError | null {
  if (now >= grant.expiresAt) return incorrectKey(showKey(token), 'The key has expired.')
  switch (grant.closed) {
    case 'project_archived':
      return new ApiError(
        'not_authorized_invalid_project',
        'The project you are requesting has been archived and is no longer accessible',
      )
    case 'no_access':
      return notAMember()
    case 'admin_key':
      return new ApiError('insufficient_permissions', missingScopes(route.permission))
  }
  if (mismatch(headers['openai-organization'], grant.organizationId)) {
    return organizationMismatch()
  }
  if (mismatch(headers['openai-project'], grant.projectId)) {
    return new ApiError('mismatched_project', 'OpenAI-Project header should match project for API key')
  }
  if (!grant.permissions.has(route.permission)) {
    return new ApiError('insufficient_permissions', missingScopes(route.permission))
  }
  return null
}

const mismatch = (wanted: string | string[] | undefined, actual: string) =>
  wanted !== undefined && wanted !== '' && wanted !== actual
