import type { CertificateRefusal } from '../core/presented-certificate.ts'

/**
 * Every failure a client can see: its status, and where they differ from the rule, its `type` and `code`.
 * The rule: `type` is `invalid_request_error` below 500 and `server_error` from there; `code` is the failure's own name.
 * Adding one here is an API change. Conflicts are 400, never 409: the official SDKs retry a 409.
 */
const table = {
  // Who is calling.
  missing_key: { status: 401, code: null },
  invalid_api_key: { status: 401 },
  insufficient_permissions: { status: 401, code: null },
  not_a_member: { status: 401, code: null },
  invalid_credentials: { status: 401 },
  session_ended: { status: 401 },
  second_factor_required: { status: 401 },
  second_factor_setup_required: { status: 401 },
  invalid_second_factor: { status: 401 },
  foreign_origin: { status: 403 },
  not_authorized_invalid_project: { status: 401 },
  mismatched_organization: { status: 401 },
  mismatched_project: { status: 401 },
  client_certificate_required: { status: 401 },
  client_certificate_invalid: { status: 401 },
  // What was asked for.
  not_found: { status: 404 },
  model_not_found: { status: 404 },
  previous_response_not_found: { status: 404 },
  item_not_found: { status: 404, code: null },
  object_not_found: { status: 404, code: null },
  // The original gives both the same code.
  model_forbidden: { status: 403, code: 'model_not_found' },
  unknown_url: { status: 404, code: null },
  not_offered: { status: 404 },
  parameter_not_offered: { status: 400, code: 'not_offered' },
  method_not_allowed: { status: 405, code: null },
  upgrade_not_offered: { status: 426, code: null },
  // How it was asked.
  malformed_http: { status: 400, code: null },
  malformed_url: { status: 400, code: null },
  malformed_json: { status: 400, code: null },
  malformed_form: { status: 400, code: null },
  malformed_coding: { status: 400, code: null },
  request_timeout: { status: 408, code: null },
  headers_too_large: { status: 431, code: null },
  body_too_large: { status: 413, type: 'server_error', code: null },
  unsupported_content_type: { status: 400 },
  unsupported_content_encoding: { status: 415 },
  unknown_parameter: { status: 400 },
  missing_required_parameter: { status: 400 },
  duplicate_parameter: { status: 400 },
  invalid_type: { status: 400 },
  invalid_value: { status: 400 },
  integer_above_max_value: { status: 400 },
  integer_below_min_value: { status: 400 },
  string_above_max_length: { status: 400 },
  string_below_min_length: { status: 400 },
  array_above_max_length: { status: 400 },
  array_below_min_length: { status: 400 },
  // What the project does not allow.
  hosted_tool_not_allowed: { status: 403 },
  service_tier_not_allowed: { status: 400, code: null },
  // What a batch's state does not allow.
  batch_not_cancellable: { status: 400, code: null },
  // What a proxy asks the check door, and what cannot be decided of it.
  malformed_check: { status: 400 },
  body_not_seen: { status: 403 },
  // What the state does not allow.
  already_exists: { status: 400 },
  certificate_active: { status: 400 },
  default_project_not_modifiable: { status: 400 },
  project_archived: { status: 400 },
  residency_not_available: { status: 400 },
  external_key_not_found: { status: 400 },
  group_already_in_project: { status: 400 },
  group_scim_managed: { status: 400 },
  predefined_role_not_modifiable: { status: 400 },
  rate_limit_does_not_exist_for_org_and_model: { status: 400 },
  rate_limit_exceeds_organization_limit: { status: 400 },
  rate_limit_not_updatable: { status: 400 },
  invalid_rate_limit_type: { status: 400 },
  role_already_exists: { status: 400 },
  too_many_api_keys: { status: 400 },
  too_many_certificates: { status: 400 },
  too_many_passkeys: { status: 400 },
  too_many_roles: { status: 400 },
  too_many_spend_alerts: { status: 400 },
  too_many_webhook_endpoints: { status: 400 },
  webhook_test_failed: { status: 400 },
  recipient_outside_organization: { status: 400 },
  user_already_in_organization: { status: 400 },
  user_already_in_project: { status: 400 },
  user_not_in_organization: { status: 400 },
  user_not_in_project: { status: 400 },
  user_organization_owner: { status: 400 },
  last_organization_owner: { status: 400 },
  would_lock_out_caller: { status: 400 },
  certificate_would_lock_out: { status: 400 },
  invalid_certificate: { status: 400 },
  invite_already_accepted: { status: 400 },
  invite_expired: { status: 400 },
  no_session: { status: 400 },
  local_sign_in_off: { status: 400 },
  no_second_factor: { status: 400 },
  second_factor_kept: { status: 400 },
  passkeys_off: { status: 400 },
  no_passkey: { status: 400 },
  invalid_passkey: { status: 400 },
  api_key_expired: { status: 400 },
  model_price_unknown: { status: 400 },
  max_output_tokens_unknown: { status: 400 },
  context_tokens_unknown: { status: 400 },
  // What was used up. The `type` of a rate limit says what it counts; here it stands for those of requests.
  rate_limit_exceeded: { status: 429, type: 'requests' },
  // What was spent.
  project_spend_limit_exceeded: { status: 429, type: 'insufficient_quota' },
  organization_spend_limit_exceeded: { status: 429, type: 'insufficient_quota' },
  // What went wrong on this side.
  internal: { status: 500, code: null },
  service_unavailable: { status: 503 },
  insufficient_storage: { status: 507 },
  upstream_unreachable: { status: 502 },
  upstream_timeout: { status: 504 },
  upstream_refused_credentials: { status: 502 },
  upstream_rate_limited: { status: 503 },
  upstream_invalid_reply: { status: 502 },
} as const satisfies Record<string, { status: number; type?: string; code?: string | null }>

export type Failure = keyof typeof table

/** The one shape of every failure on the wire: all four keys, always. */
export type ErrorEnvelope = {
  error: { message: string; type: string; param: string | null; code: string | null }
}

export type ErrorOptions = {
  /** The request parameter at fault, as the client wrote it: `limit`, `projects[0].id`. */
  param?: string
  /** Where one failure has several: what was counted, for `rate_limit_exceeded`. */
  type?: string
  /** Reply headers that belong to this failure: `allow`, `retry-after`. */
  headers?: Record<string, string>
  /** What really happened: for the log, never for the client. */
  cause?: unknown
}

/** A failure meant for the client. `message` is written for the client; `cause` is for the log. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly failure: Failure
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly param: string | null
  readonly headers: Readonly<Record<string, string>>
  #text: string | null = null

  constructor(failure: Failure, message: string, options: ErrorOptions = {}) {
    const row: { status: number; type?: string; code?: string | null } = table[failure]
    // Of what a client did wrong nobody asks where in the code it was found, and a refusal must cost little.
    const depth = Error.stackTraceLimit
    if (row.status < 500) Error.stackTraceLimit = 0
    super(message, { cause: options.cause })
    Error.stackTraceLimit = depth
    this.failure = failure
    this.status = row.status
    this.type = options.type ?? row.type ?? (row.status < 500 ? 'invalid_request_error' : 'server_error')
    this.code = row.code === undefined ? failure : row.code
    this.param = options.param ?? null
    this.headers = options.headers ?? {}
  }

  get envelope(): ErrorEnvelope {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }

  /** The envelope as it is sent. A refusal that is told again and again is written once. */
  get text(): string {
    this.#text ??= JSON.stringify(this.envelope)
    return this.#text
  }
}

/** What a path parameter names, in a person's words, where its own are not enough: `project_id` is a project. */
const nouns: Record<string, string> = { key_id: 'admin API key', api_key_id: 'API key', alert_id: 'spend alert' }
export const nounOf = (param: string): string => nouns[param] ?? param.replace(/_id$/, '').replaceAll('_', ' ')

/** An id that nothing can have is unknown like any other: `project_id` is "No such project". */
export function unknownId(param: string, id: string): ApiError {
  return notFound(nounOf(param), id, param)
}

/** The answer to an unknown thing and to one the caller may not know of: the same, byte for byte. Clients look for "not found". */
export function notFound(what: string, id: string, param: string): ApiError {
  return new ApiError('not_found', `No such ${what}: '${id}'. It was not found.`, { param })
}

/** @param param what named the project, where it was a parameter */
export function projectArchived(id: string, param?: string): ApiError {
  const message = `Project '${id}' is archived. An archived project cannot be used or changed.`
  return new ApiError('project_archived', message, { ...(param && { param }) })
}

/** A bug or an outage nobody foresaw. It tells the client nothing but the request id, which every reply carries. */
export function internalError(requestId: string, cause: unknown): ApiError {
  const message = `The server had an error while processing your request. Its operator finds it under the request ID ${requestId}.`
  return new ApiError('internal', message, { cause })
}

/** The database cannot be reached now: never a 401 or a 429, and worth a retry. */
export function databaseUnavailable(cause: unknown): ApiError {
  return unavailable('The server cannot reach its database right now. Please try again shortly.', cause)
}

/** Something is missing or full for now, and worth a retry in a second. */
export function unavailable(message: string, cause?: unknown): ApiError {
  return new ApiError('service_unavailable', message, { headers: { 'retry-after': '1' }, cause })
}

/** Too much of something in too little time. @param seconds until there is room again */
export function rateLimited(message: string, seconds: number): ApiError {
  return new ApiError('rate_limit_exceeded', message, { headers: { 'retry-after': String(seconds) } })
}

/*
 * What both doors say, in the original's words.
 */

/** What every 401 carries. */
export const challenge = { 'www-authenticate': 'Bearer realm="Gatehouse"' }

export function missingKey(): ApiError {
  return new ApiError('missing_key', 'Missing bearer authentication in header')
}

/** @param shown the key with its secret part hidden */
export function incorrectKey(shown: string, reason: string): ApiError {
  return new ApiError('invalid_api_key', `Incorrect API key provided: ${shown}. ${reason}`)
}

export const disabledKey = (shown: string) =>
  incorrectKey(shown, 'The key is disabled. Whoever manages it can enable it again.')

export function notAMember(): ApiError {
  return new ApiError('not_a_member', 'You must be a member of an organization to use the API')
}

export function organizationMismatch(): ApiError {
  const message = 'OpenAI-Organization header should match organization for API key'
  return new ApiError('mismatched_organization', message)
}

/** @param owner whose certificates are active */
export function clientCertificateRefused(owner: string, { failure, why }: CertificateRefusal): ApiError {
  const message =
    failure === 'client_certificate_required'
      ? `A client certificate is required: ${owner} has active certificates, and ${why}. Call over TLS with a client certificate that one of them has signed directly.`
      : `The client certificate is not accepted: ${why}. Use a valid one that an active certificate of ${owner} has signed directly.`
  return new ApiError(failure, message)
}

/** @param url path and query as received; the query is not repeated: some clients put secrets there */
export function unknownUrl({ method, url }: { method?: string | undefined; url?: string | undefined }): ApiError {
  return new ApiError('unknown_url', `Invalid URL (${method} ${pathOf(url)})`)
}

/** @param most how many a query may have */
export function tooManyParameters(most: number): ApiError {
  const message = `Invalid URL: its query has more than ${most} parameters.`
  return new ApiError('malformed_url', message)
}

export function methodNotAllowed(
  { method, url }: { method?: string | undefined; url?: string | undefined },
  allowed: readonly string[],
): ApiError {
  const message = `Not allowed to ${method} on ${pathOf(url)}. (HINT: Perhaps you meant to use a different HTTP method?)`
  return new ApiError('method_not_allowed', message, { headers: { allow: allowed.join(', ') } })
}

/**
 * No WebSocket here. Agents that try one first go over to HTTP at this status, and try again and again at others.
 * The header says what is spoken instead, which RFC 9110 (15.5.22) asks of a 426.
 */
export function noWebSocket(path: string): ApiError {
  const message = `There is no WebSocket on ${path}. Send the request over HTTP: a POST, with 'stream' for events.`
  return new ApiError('upgrade_not_offered', message, { headers: { connection: 'Upgrade', upgrade: 'HTTP/1.1' } })
}

const pathOf = (url = '') => url.split('?', 1)[0]

/** @param detail a sentence of its own, for JSON that is refused although it may be valid */
export function malformedJson(detail?: string): ApiError {
  const hint =
    detail ??
    "(HINT: This likely means you aren't using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)"
  return new ApiError('malformed_json', `We could not parse the JSON body of your request. ${hint}`)
}

/** @param detail a sentence of its own: what is wrong with the form */
export function malformedForm(detail: string): ApiError {
  return new ApiError('malformed_form', `We could not parse the multipart form of your request. ${detail}`)
}

/**
 * @param coding as the client wrote it
 * @param read the codings that are read there; the header says them to programs (RFC 9110, 12.5.3)
 */
export function unsupportedContentEncoding(coding: string, read: readonly string[]): ApiError {
  const what = read.length === 0 ? 'without any' : `as they are, or in one of these: '${read.join("', '")}'. Send one`
  const message = `Unsupported content encoding: '${coding.slice(0, 100)}'. Request bodies are read here ${what} 'Content-Encoding'.`
  const headers = { 'accept-encoding': read.length === 0 ? 'identity' : read.join(', ') }
  return new ApiError('unsupported_content_encoding', message, { headers })
}

/** @param coding as the client wrote it @param why what is wrong with the bytes */
export function malformedCoding(coding: string, why: string): ApiError {
  const message = `We could not decode the body of your request, which says that its 'Content-Encoding' is '${coding.slice(0, 100)}': ${why}.`
  return new ApiError('malformed_coding', message)
}

/** @param accepted the types that the route takes */
export function unsupportedContentType(type: string, accepted: readonly string[] = ['application/json']): ApiError {
  return new ApiError(
    'unsupported_content_type',
    `Unsupported content type: '${type}'. This API method only accepts '${accepted.join("' or '")}' requests, but you specified the header 'Content-Type: ${type}'. Please try again with a supported content type.`,
  )
}

/** @param limit bytes @param read bytes, as far as they were counted; of a compressed body those that came out */
export function bodyTooLarge(limit: number, read: number | string): ApiError {
  return new ApiError('body_too_large', `Maximum content size limit (${limit}) exceeded (${read} bytes read)`)
}
