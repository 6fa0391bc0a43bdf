import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from '../contract/error.ts'
import { redact } from '../core/key.ts'
import { missingScopes } from '../core/permission.ts'
import type { Grant } from './grant.ts'
import type { GatewayRoute } from './routes.ts'

export const challenge = { 'www-authenticate': 'Bearer realm="Gatehouse"' }

/** The text behind `Bearer`. */
export function bearer(headers: IncomingHttpHeaders): string {
  const [, token] = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  if (token !== undefined) return token
  throw new ApiError('missing_key', 'Missing bearer authentication in header')
}

export function incorrectKey(token: string, reason = 'A key of a project opens this door.'): ApiError {
  const shown = token.length > 300 ? `${token.slice(0, 8)}***` : redact(token)
  return new ApiError('invalid_api_key', `Incorrect API key provided: ${shown}. ${reason}`)
}

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
  if (now >= grant.expiresAt) return incorrectKey(token, 'The key has expired.')
  switch (grant.closed) {
    case 'project_archived':
      return new ApiError(
        'not_authorized_invalid_project',
        'The project you are requesting has been archived and is no longer accessible',
      )
    case 'no_access':
      return new ApiError('not_a_member', 'You must be a member of an organization to use the API')
    case 'admin_key':
      return new ApiError('insufficient_permissions', missingScopes(route.permission))
  }
  if (mismatch(headers['openai-organization'], grant.organizationId)) {
    return new ApiError('mismatched_organization', 'OpenAI-Organization header should match organization for API key')
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
