import { readBody } from './body/read-body.ts'
import type { Arrival, Call, Outcome } from './call.ts'
import { forward } from './exchange.ts'
import type { Gate } from './gate.ts'
import { inquire } from './inquire.ts'
import { callRefusal } from './keys/authorize.ts'
import { userOf } from './keys/grant.ts'
import { broughtKey, identify } from './keys/identify.ts'
import { answerModels } from './models/answer.ts'
import { routeOf } from './routes/match.ts'
import type { GatewayRoute } from './routes/table.ts'
import { admit } from './ticket.ts'

/**
 * One call, from its first byte to its last: each step goes on or throws what the client is told. What is admitted is settled
 * by `forward`, once, however it ends.
 * @returns how a forwarded call ended; null where the gate answered itself
 */
export async function handle(gate: Gate, arrival: Arrival): Promise<Outcome | null> {
  const route = routeOf(arrival.request.method ?? '', arrival.request.url ?? '')
  const call = await letIn(gate, arrival, route)
  if (route.answeredBy === 'gate') return answerModels(gate.catalogue, call)
  const body = await readBody(gate.bodies, call)
  try {
    if (body.waited) await letInAgain(gate, call)
    const { inquiry, edits } = await inquire(gate, call, body)
    edits.writeInto(body)
    const ticket = await admit(gate, call, inquiry)
    return await forward(gate, call, inquiry, body, ticket)
  } finally {
    body.release()
  }
}

/**
 * Lets a request in: whose key it brings, and whether that may make this call.
 * @throws ApiError 401 or 403
 */
export async function letIn(gate: Gate, { request, response, headers }: Arrival, route: GatewayRoute): Promise<Call> {
  const key = broughtKey(request)
  // A grant in memory is awaited too: what of the body came together with the head is there only after this turn.
  const grant = await identify(gate.grants, key)
  const call: Call = { request, response, headers, route, key, grant, at: gate.now() }
  authorize(gate, call)
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
