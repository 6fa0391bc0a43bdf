import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from '../../contract/error.ts'
import type { FailureReason } from './forwarding.ts'
import { waitOf } from './wait.ts'

const SOURCE = { 'x-gatehouse-error-source': 'upstream' }

/** Unauthorized, payment required, forbidden, proxy authentication required: all of them of this server's own account. */
const credentials = new Set([401, 402, 403, 407])

/** A reply that is not passed on, and what the client is told in its place. */
export type UpstreamFailure = { reason: FailureReason; error: ApiError }

/**
 * What a reply's status says of this server and its account rather than of the client's request; null where it is for the
 * client. Its body is about that account, and stays here.
 */
export function refusalOf(status: number, headers: IncomingHttpHeaders, upstream: string): UpstreamFailure | null {
  if (status >= 200 && status < 300 && !isWrapped(headers)) return null
  const cause = new Error(`the model server '${upstream}' answered with status ${status}`)
  if (status < 400 || status > 599 || isWrapped(headers)) return { reason: 'invalid_reply', error: invalidReply(cause) }
  if (credentials.has(status)) return { reason: 'refused_credentials', error: refusedCredentials(cause) }
  if (status === 429) return { reason: 'rate_limited', error: rateLimited(waitOf(headers), cause) }
  return null
}

/** Whether the body is coded for the way in a manner that was not undone: chunks are, and nothing else is asked for. */
function isWrapped(headers: IncomingHttpHeaders): boolean {
  const coding = headers['transfer-encoding']
  return coding !== undefined && coding !== 'chunked' && String(coding).trim().toLowerCase() !== 'chunked'
}

/** A retry finds the same: the SDKs are told so. */
function refusedCredentials(cause: Error): ApiError {
  const message =
    'The model server does not accept the credentials that this server has for it. Only its operator can correct them.'
  return new ApiError('upstream_refused_credentials', message, {
    headers: { ...SOURCE, 'x-should-retry': 'false' },
    cause,
  })
}

function rateLimited(seconds: number, cause: Error): ApiError {
  const message = `The model server takes no more calls from this server right now. Please try again in ${seconds}s.`
  return new ApiError('upstream_rate_limited', message, { headers: { ...SOURCE, 'retry-after': `${seconds}` }, cause })
}

/** A redirect, no status at all, or a body in a coding that nobody can read here. */
export function invalidReply(cause: Error): ApiError {
  const message = 'The model server gave an answer that cannot be passed on.'
  return new ApiError('upstream_invalid_reply', message, { headers: SOURCE, cause })
}

/** The model server cannot be reached, or hung up without a word. */
export function unreachable(cause: unknown): ApiError {
  return new ApiError('upstream_unreachable', 'The model server cannot be reached right now.', { cause })
}

/** No model server lists a model that could be shown, though one answers. A retry finds the same. */
export function noModels(): ApiError {
  const message =
    'No model server gives a list of models that can be read. Models can be used by their names all the same.'
  const headers = { ...SOURCE, 'x-should-retry': 'false' }
  return new ApiError('upstream_invalid_reply', message, {
    headers,
    cause: new Error('no list of models could be read'),
  })
}
