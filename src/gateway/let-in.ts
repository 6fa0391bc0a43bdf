import type { Arrival, Call } from './call.ts'
import type { Gate } from './gate.ts'
import { callRefusal } from './keys/authorize.ts'
import { userOf } from './keys/grant.ts'
import { broughtKey, identify } from './keys/identify.ts'
import { asBrought } from './routes/brought.ts'
import { withQuery } from './routes/match.ts'
import type { GatewayRoute } from './routes/table.ts'

/**
 * Lets a request in: whose key it brings, and whether that may make this call. Only then is its query read.
 * @param url path and query of what is asked for
 * @throws ApiError 401 or 403; 400 for the query
 */
export async function letIn(gate: Gate, arrival: Arrival, route: GatewayRoute, url: string): Promise<Call> {
  const { request, response, headers } = arrival
  const key = broughtKey(request)
  // A grant in memory is awaited too: what of the body came together with the head is there only after this turn.
  const grant = await identify(gate.grants, key)
  const call: Call = { request, response, headers, route, key, grant, at: gate.now() }
  authorize(gate, call)
  call.route = asBrought(withQuery(route, url), request.headers)
  return call
}

/** Asks again after a body that had to be waited for: that may have taken minutes, in which the key was revoked. */
export async function letInAgain(gate: Gate, call: Call): Promise<void> {
  call.grant = await identify(gate.grants, call.key)
  authorize(gate, call)
}

/** Whether the key may make this call now, decided without I/O. */
function authorize(gate: Gate, call: Call): void {
  const { grant, route, request, headers, key } = call
  const { trustedProxies } = gate
  const now = Math.floor(gate.now() / 1000)
  const refused = callRefusal(grant, { request, key, permission: route.permission, now, trustedProxies })
  if (refused) {
    gate.refused(call, refused)
    throw refused
  }
  const { organizationId, projectId } = grant.rules
  headers['openai-organization'] = organizationId
  headers['openai-project'] = projectId
  gate.lastUsed.touch('project_api_key', { organizationId, keyId: grant.keyId, userId: userOf(grant) }, now)
}
