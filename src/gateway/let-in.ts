import { ApiError } from '../contract/error.ts'
import type { Arrival, Call } from './call.ts'
import type { Gate } from './gate.ts'
import { callRefusal } from './keys/authorize.ts'
import { keyInEither } from './keys/either-header.ts'
import { type Grant, userOf } from './keys/grant.ts'
import { type BroughtKey, broughtKey, identify } from './keys/identify.ts'
import { spoken } from './routes/api.ts'
import { asBrought } from './routes/brought.ts'
import { withQuery } from './routes/match.ts'
import type { GatewayRoute } from './routes/table.ts'

/**
 * Lets a request in: whose key it brings, and whether that may make this call. Only then is its query read.
 * @param url path and query of what is asked for
 * @returns the call, or why it may not be made: 401 or 403. A promise only where the key is looked up
 * @throws ApiError 400 for the query
 */
export function letIn(
  gate: Gate,
  arrival: Arrival,
  route: GatewayRoute,
  url: string,
): Call | ApiError | Promise<Call | ApiError> {
  const key = route.api === 'openai' ? broughtKey(arrival.request) : keyOf(arrival, route)
  if (key instanceof ApiError) return key
  const grant = identify(gate.grants, key)
  if (grant instanceof Promise) return grant.then((found) => admit(gate, arrival, route, url, key, found))
  return admit(gate, arrival, route, url, key, grant)
}

/** Of a route that may be asked for in the Anthropic API's way, which names every answer in a header of its own. */
function keyOf({ request, headers }: Arrival, route: GatewayRoute): BroughtKey | ApiError {
  if (spoken(route, request.headers) === 'openai') return broughtKey(request)
  headers['request-id'] = headers['x-request-id'] ?? ''
  return keyInEither(request)
}

function admit(
  gate: Gate,
  { request, response, headers }: Arrival,
  route: GatewayRoute,
  url: string,
  key: BroughtKey,
  grant: Grant | ApiError,
): Call | ApiError {
  if (grant instanceof ApiError) return grant
  const call: Call = { request, response, headers, route, key, grant, at: gate.now() }
  const refused = authorize(gate, call, call.at)
  if (refused !== null) return refused
  call.route = asBrought(withQuery(route, url), request.headers)
  return call
}

/** Asks again after a body that had to be waited for: that may have taken minutes, in which the key was revoked. */
export async function letInAgain(gate: Gate, call: Call): Promise<ApiError | null> {
  const grant = await identify(gate.grants, call.key)
  if (grant instanceof ApiError) return grant
  call.grant = grant
  return authorize(gate, call, gate.now())
}

/** Why the key may not make this call, decided without I/O; null where it may. @param nowMs milliseconds since the epoch */
function authorize(gate: Gate, call: Call, nowMs: number): ApiError | null {
  const { grant, route, request, headers, key } = call
  const { trustedProxies } = gate
  const now = Math.floor(nowMs / 1000)
  const refused = callRefusal(grant, { request, key, permission: route.permission, now, trustedProxies })
  if (refused !== null) {
    gate.refused(call, refused)
    return refused
  }
  const { organizationId, projectId } = grant.rules
  headers['openai-organization'] = organizationId
  headers['openai-project'] = projectId
  gate.lastUsed.touch('project_api_key', { organizationId, keyId: grant.keyId, userId: userOf(grant) }, now)
  return null
}
