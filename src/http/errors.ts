import { ApiError, databaseUnavailable, internalError } from '../contract/error.ts'
import { isConflict, isUnavailable } from '../db/errors.ts'
import { KnownKeyRefused } from './actor.ts'

/** The largest body an administration request can have, in bytes: a thousand times what one needs. */
export const BODY_LIMIT = 1_048_576

/** What Fastify and Node put on their errors. */
type FrameworkError = { code?: string; statusCode?: number }
export type RequestFacts = {
  id: string
  method: string
  url: string
  contentType: string
  contentLength: string | undefined
}

/** Every way a request can fail ends here, and leaves as one shape. What nobody foresaw is an `internal` failure. */
export function toApiError(error: unknown, request: RequestFacts): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof KnownKeyRefused) return error.reason
  if (isConflict(error)) return new ApiError('already_exists', 'An object like that already exists.', { cause: error })
  if (isUnavailable(error)) return databaseUnavailable(error)
  return fromFramework(error, request) ?? internalError(request.id, error)
}

function fromFramework(error: unknown, request: RequestFacts): ApiError | null {
  const { code, statusCode } = (error ?? {}) as FrameworkError
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return tooLarge(request.contentLength)
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

export function unknownUrl({ method, url }: { method: string; url: string }): ApiError {
  return new ApiError('unknown_url', `Invalid URL (${method} ${url.split('?', 1)[0]})`)
}

export function methodNotAllowed(
  { method, url }: { method: string; url: string },
  allowed: readonly string[],
): ApiError {
  const message = `Not allowed to ${method} on ${url.split('?', 1)[0]}. (HINT: Perhaps you meant to use a different HTTP method?)`
  return new ApiError('method_not_allowed', message, { headers: { allow: allowed.join(', ') } })
}

function malformedJson(): ApiError {
  return new ApiError(
    'malformed_json',
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)",
  )
}

export function unsupportedContentType(contentType: string): ApiError {
  return new ApiError(
    'unsupported_content_type',
    `Unsupported content type: '${contentType}'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: ${contentType}'. Please try again with a supported content type.`,
  )
}

function tooLarge(contentLength: string | undefined): ApiError {
  const read = contentLength === undefined ? `more than ${BODY_LIMIT}` : contentLength
  return new ApiError('body_too_large', `Maximum content size limit (${BODY_LIMIT}) exceeded (${read} bytes read)`)
}
