import type { ApiError, Failure } from '../../contract/error.ts'

/** What the Anthropic API calls a failure, by its status; where nothing else is said a client's mistake, or the server's. */
const types: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [503, 'overloaded_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
])

/** The status that a failure has there, where it is another one. */
const statuses: { readonly [F in Failure]?: number } = {
  insufficient_permissions: 403,
  service_unavailable: 529,
  upstream_rate_limited: 529,
}

export const anthropicStatus = ({ failure, status }: ApiError): number => statuses[failure] ?? status

export type AnthropicError = {
  type: 'error'
  error: { type: string; message: string; details?: { error_code: string } }
  request_id: string
}

/** A refusal of that API: official clients find their classes by its status and its type, and a stable code in its details. */
export function anthropicError(error: ApiError, requestId: string): AnthropicError {
  const told = withType(anthropicStatus(error), error.message, requestId)
  if (error.code !== null) told.error.details = { error_code: error.code }
  return told
}

export function withType(status: number, message: string, request_id: string): AnthropicError {
  const type = types.get(status) ?? (status < 500 ? 'invalid_request_error' : 'api_error')
  return { type: 'error', error: { type, message }, request_id }
}

/** Whether a model server's refusal has that shape already. */
export function isAnthropicError(value: Record<string, unknown> | null): value is AnthropicError {
  const error: unknown = value?.error
  if (value?.type !== 'error' || typeof error !== 'object' || error === null) return false
  return 'type' in error && typeof error.type === 'string' && 'message' in error && typeof error.message === 'string'
}
