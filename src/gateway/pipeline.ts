import { hashSecret, keyKind } from '../core/key.ts'
import { readBody } from './body/read.ts'
import type { Arrival, Call, Outcome } from './call.ts'
import { forward } from './exchange.ts'
import type { Gate } from './gate.ts'
import { inquire } from './inquire.ts'
import { bearer, refusal, wrongKey } from './keys/authorize.ts'
import { type Grant, userOf } from './keys/grant.ts'
import { answerModels } from './models/models.ts'
import { routeOf } from './routes/table.ts'
import { admit } from './ticket.ts'

/**
 * One call, from its first byte to its last: each step goes on or throws what the client is told. What is admitted is settled
 * by `forward`, once, however it ends.
 * @returns how a forwarded call ended; null where the gate answered itself
 */
export async function handle(gate: Gate, { request, response, headers }: Arrival): Promise<Outcome | null> {
  const route = routeOf(request.method ?? '', request.url ?? '')
  const token = bearer(request.headers)
  // A grant in memory is awaited too: what of the body came together with the head is there only after this turn.
  const grant = await identify(gate, token, request.socket)
  const call: Call = { request, response, headers, route, grant, at: gate.now() }
  authorize(gate, call, token)
  if (route.model !== undefined) return answerModels(gate.catalogue, call)
  const body = await readBody(gate.bodies, call)
  try {
    if (body.waited) await authorizeAgain(gate, call, token)
    const inquiry = inquire(gate, call, body)
    const asked = inquiry instanceof Promise ? await inquiry : inquiry
    const admission = admit(gate, call, asked)
    const ticket = admission instanceof Promise ? await admission : admission
    return await forward(gate, call, asked, body, ticket)
  } finally {
    body.release()
  }
}

/** The key that a connection brought last, with its hash: clients keep both, and to compare costs less than to hash. */
const brought = new WeakMap<object, { token: string; hash: string }>()

/**
 * Whose key this is: from memory, or with one look-up that callers share. A mistyped key costs neither.
 * @param connection that brought it
 * @throws ApiError 401
 */
export function identify(gate: Gate, token: string, connection: object): Grant | Promise<Grant> {
  const hash = hashOf(token, connection)
  const warm = gate.grants.peek(hash)
  if (warm === undefined) return gate.grants.get(hash).then((grant) => known(grant, token))
  return known(warm, token)
}

function hashOf(token: string, connection: object): string {
  const last = brought.get(connection)
  if (last?.token === token) return last.hash
  if (keyKind(token) === null) throw wrongKey(token)
  const hash = hashSecret(token)
  brought.set(connection, { token, hash })
  return hash
}

function known(grant: Grant | null, token: string): Grant {
  if (grant === null) throw wrongKey(token)
  return grant
}

/** Asks again after a body that had to be waited for: that may have taken minutes, in which the key was revoked. */
export async function authorizeAgain(gate: Gate, call: Call, token: string): Promise<void> {
  call.grant = await identify(gate, token, call.request.socket)
  authorize(gate, call, token)
}

/** Whether the key may make this call now, decided without I/O. */
export function authorize(gate: Gate, call: Call, token: string): void {
  const { grant, route, request, headers } = call
  const { trustedProxies } = gate
  const now = Math.floor(gate.now() / 1000)
  const refused = refusal(grant, { request, token, permission: route.permission, now, trustedProxies })
  if (refused) {
    gate.refused(call, refused)
    throw refused
  }
  headers['openai-organization'] = grant.rules.organizationId
  headers['openai-project'] = grant.rules.projectId
  gate.lastUsed.touch('project_api_key', grant.keyId, userOf(grant), now)
}
