import { KnownCallerRefused } from '../admin/refused.ts'
import {
  ApiError,
  bodyTooLarge,
  databaseUnavailable,
  internalError,
  malformedJson,
  rateLimited,
  unavailable,
  unknownUrl,
  unsupportedContentType,
} from '../contract/error.ts'
import { isConflict, isUnavailable } from '../db/errors.ts'
import { TooManyOfOne } from '../sign-in/at-work.ts'
import { TooMany } from '../sign-in/turns.ts'

/** The largest body an administration request can have, in bytes: a thousand times what one needs. */
export const ADMIN_BODY_LIMIT = 1_048_576

const TOO_MANY_OF_ONE =
  'Too many attempts to sign in with this address, or from this network, are at work. Please try again in 1 s.'

/** What Fastify and Node put on their errors. */
type FrameworkError = { code?: string; statusCode?: number }
export type RequestFacts = {
  id: string
  method: string
  url: string
  contentType: string
  contentLength: string | undefined
  /** The largest body that the operation takes, in bytes. */
  bodyLimit: number
}

/** Every way a request can fail ends here, and leaves as one shape. What nobody foresaw is an `internal` failure. */
export function toApiError(error: unknown, request: RequestFacts): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof KnownCallerRefused) return error.reason
  if (isConflict(error)) return new ApiError('already_exists', 'An object like that already exists.', { cause: error })
  if (isUnavailable(error)) return databaseUnavailable(error)
  if (error instanceof TooMany) return unavailable('Too many are signing in right now. Please try again shortly.')
  if (error instanceof TooManyOfOne) return rateLimited(TOO_MANY_OF_ONE, 1)
  return fromFramework(error, request) ?? internalError(request.id, error)
}

function fromFramework(error: unknown, request: RequestFacts): ApiError | null {
  const { code, statusCode } = (error ?? {}) as FrameworkError
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return bodyTooLarge(request.bodyLimit, request.contentLength ?? `more than ${request.bodyLimit}`)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return unsupportedContentType(request.contentType)
    case 'FST_ERR_BAD_URL':
      return new ApiError(
        'malformed_url',
        `Invalid URL (${request.method} ${request.url}): its percent encoding is broken.`,
      )
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return unknownUrl(request)
  }
  if (error instanceof SyntaxError || code === 'FST_ERR_CTP_INVALID_JSON_BODY') return malformedJson()
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ApiError('malformed_http', 'The request could not be read to its end.', { cause: error })
  }
  return null
}
