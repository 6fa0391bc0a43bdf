import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { BlockList } from 'node:net'
import { ApiError, incorrectKey, missingKey, notAMember, organizationMismatch } from '../../contract/error.ts'
import { bearerToken, showKey } from '../../core/key.ts'
import { type ModelPermission, missingScopes } from '../../core/permission.ts'
import { certificateRefusal } from './certificate.ts'
import { type Grant, permits } from './grant.ts'

/** The text behind `Bearer`. */
export function bearer(headers: IncomingHttpHeaders): string {
  const token = bearerToken(headers.authorization)
  if (token === null) throw missingKey()
  return token
}

/** The refusal of a text that is no key of this gate. */
export const wrongKey = (token: string) => incorrectKey(showKey(token), 'A key of a project opens this door.')

/** What a call shows of itself. */
export type Shown = {
  request: Pick<IncomingMessage, 'headers' | 'socket'>
  token: string
  /** What the route asks for. */
  permission: ModelPermission
  /** Unix seconds. */
  now: number
  /** Whose word about client certificates is believed. */
  trustedProxies: BlockList | null
}

/** Why a known key may not make this call; null where it may. Decided from the grant and the connection, without I/O. */
export function refusal(grant: Grant, { request, token, permission, now, trustedProxies }: Shown): ApiError | null {
  const { rules } = grant
  const { headers } = request
  if (now >= grant.expiresAt) return incorrectKey(showKey(token), 'The key has expired.')
  if (grant.closed === 'admin_key') return new ApiError('insufficient_permissions', missingScopes(permission))
  if (rules.archived) {
    return new ApiError(
      'not_authorized_invalid_project',
      'The project you are requesting has been archived and is no longer accessible',
    )
  }
  if (grant.closed === 'no_access') return notAMember()
  const certificate = certificateRefusal(rules.authorities, request, now, trustedProxies)
  if (certificate) return certificate
  if (mismatch(headers['openai-organization'], rules.organizationId)) return organizationMismatch()
  if (mismatch(headers['openai-project'], rules.projectId)) {
    return new ApiError('mismatched_project', 'OpenAI-Project header should match project for API key')
  }
  if (!permits(grant, permission)) return new ApiError('insufficient_permissions', missingScopes(permission))
  return null
}

const mismatch = (wanted: string | string[] | undefined, actual: string) =>
  wanted !== undefined && wanted !== '' && wanted !== actual
