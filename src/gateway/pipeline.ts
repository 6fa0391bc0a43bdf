import { hashSecret, keyKind } from '../core/key.ts'
import { admit } from './admission.ts'
import { bearer, refusal, wrongKey } from './authorize.ts'
import { readBody } from './body/read.ts'
import type { Arrival, Call, Outcome } from './call.ts'
import { forward } from './exchange.ts'
import type { Gate } from './gate.ts'
import { type Grant, userOf } from './grant.ts'
import { inquire } from './inquire.ts'
import { answerModels } from './models.ts'
import { routeOf } from './routes.ts'

/**
 * One call, from its first byte to its last: each step goes on or throws what the client is told. What is admitted is settled
 * by `forward`, once, however it ends.
 * @returns how a forwarded call ended; null where the gate answered itself
 */
export async function handle(gate: Gate, { request, response, headers }: Arrival): Promise<Outcome | null> {
  const route = routeOf(request.method ?? '', request.url ?? '')
  const token = bearer(request.headers)
  const call: Call = { request, response, headers, route, grant: await identify(gate, token), at: gate.now() }
  authorize(gate, call, token)
  if (route.model !== undefined) return answerModels(gate.catalogue, call)
  const body = await readBody(gate.bodies, call)
  try {
    if (body.waited) {
      // Reading may have taken minutes, in which the key was revoked.
      call.grant = await identify(gate, token)
      authorize(gate, call, token)
    }
    const asked = await inquire(gate, call, body)
    const ticket = await admit(gate, call, asked)
    return await forward(gate, call, asked, body, ticket)
  } finally {
    body.release()
  }
}

/** Whose key this is: from memory, or with one look-up that callers share. A mistyped key costs neither. */
export async function identify(gate: Gate, token: string): Promise<Grant> {
  if (keyKind(token) === null) throw wrongKey(token)
  const hashed = hashSecret(token)
  const warm = gate.grants.peek(hashed)
  const grant = warm === undefined ? await gate.grants.get(hashed) : warm
  if (grant === null) throw wrongKey(token)
  return grant
}

/** Whether the key may make this call, decided without I/O. */
export function authorize(gate: Gate, call: Call, token: string): void {
  const { grant, route, request, headers } = call
  const { trustedProxies } = gate
  const now = Math.floor(call.at / 1000)
  const refused = refusal(grant, { request, token, permission: route.permission, now, trustedProxies })
  if (refused) {
    gate.refused(call, refused)
    throw refused
  }
  headers['openai-organization'] = grant.rules.organizationId
  headers['openai-project'] = grant.rules.projectId
  gate.lastUsed.touch('project_api_key', grant.keyId, userOf(grant), now)
}
