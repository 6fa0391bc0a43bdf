import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyTooLarge, unsupportedContentType } from '../contract/error.ts'
import { hashSecret, keyKind } from '../core/key.ts'
import { bearer, refusal, wrongKey } from './authorize.ts'
import type { Grant } from './grant.ts'
import { type GatewayRoute, routeOf } from './routes.ts'
import type { Gate } from './server.ts'
import { BODY_LIMIT, type Outcome } from './upstream.ts'

/** One call, from its first byte to its last: each step goes on or throws what the client is told. */
export async function handle(gate: Gate, request: IncomingMessage, response: ServerResponse): Promise<Outcome> {
  const route = routeOf(request.method ?? '', request.url ?? '')
  const token = bearer(request.headers)
  const grant = await identify(gate, token)
  authorize(gate, grant, route, request, token)
  checkBody(route, request)
  response.setHeader('openai-organization', grant.organizationId)
  return gate.upstream.forward({ route, request, response })
}

/** Whose key this is: from memory, or with one look-up that callers share. A mistyped key costs neither. */
async function identify(gate: Gate, token: string): Promise<Grant> {
  if (keyKind(token) === null) throw wrongKey(token)
  const hashed = hashSecret(token)
  const warm = gate.grants.peek(hashed)
  const grant = warm === undefined ? await gate.grants.get(hashed) : warm
  if (grant === null) throw wrongKey(token)
  return grant
}

/** Whether the key may make this call, decided without I/O. */
function authorize(gate: Gate, grant: Grant, route: GatewayRoute, request: IncomingMessage, token: string) {
  const now = Math.floor(gate.now() / 1000)
  const refused = refusal(grant, route, request.headers, token, now)
  if (refused) {
    gate.refused(grant, route, request, refused, now)
    throw refused
  }
  gate.lastUsed.touch('project_api_key', grant.keyId, grant.userId, now)
}

/** What can be said of a body before it is read. An empty one is no body, whatever its content type. */
function checkBody(route: GatewayRoute, { headers }: IncomingMessage) {
  if (route.method === 'GET') return
  const length = headers['content-length']
  if (length !== undefined && Number(length) > BODY_LIMIT) throw bodyTooLarge(BODY_LIMIT, length)
  const empty = length === undefined ? headers['transfer-encoding'] === undefined : Number(length) === 0
  const type = headers['content-type'] ?? ''
  if (empty || /^application\/json *(;|$)/i.test(type)) return
  throw unsupportedContentType(type)
}
