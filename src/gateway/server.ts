import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, challenge, databaseUnavailable, internalError } from '../contract/error.ts'
import type { NewId } from '../core/id.ts'
import { isUnavailable } from '../db/errors.ts'
import type { LastUsed } from '../db/last-used.ts'
import type { Refusals } from '../db/refusals.ts'
import type { Grant } from './grant.ts'
import type { Grants } from './grants.ts'
import { handle } from './pipeline.ts'
import type { GatewayRoute } from './routes.ts'
import type { Upstream } from './upstream.ts'

/** Just what the gateway logs with; pino has it. */
type Log = Record<'debug' | 'warn' | 'error', (fields: object, message: string) => void>

/** What the gateway is made of. */
export type GatewayParts = {
  grants: Grants
  upstream: Upstream
  lastUsed: LastUsed
  refusals: Refusals
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  log: Log
  /** The address that a connection and its `x-forwarded-for` stand for. */
  address: (remote: string | undefined, forwarded: string | undefined) => string | null
}

export type Gate = GatewayParts & {
  refused: (grant: Grant, route: GatewayRoute, request: IncomingMessage, error: ApiError, now: number) => void
}

/** The gateway as a request handler: every call ends here, with the upstream's reply or with the one error envelope. */
export function createGateway(parts: GatewayParts): (request: IncomingMessage, response: ServerResponse) => void {
  const gate: Gate = { ...parts, refused: recordRefusal(parts) }
  return (request, response) => {
    const id = gate.newId('request')
    response.setHeader('x-request-id', id)
    response.setHeader('openai-version', '2020-10-01')
    // What is left of a request that was answered early is read away, or the connection could carry no other.
    response.once('finish', () => request.resume())
    handle(gate, request, response).then(
      (outcome) => {
        if (outcome.end === 'upstream_broke')
          gate.log.warn({ request_id: id, path: pathOf(request) }, 'the model server broke off')
      },
      (thrown) => fail(gate, id, request, response, thrown),
    )
  }
}

function fail(gate: Gate, id: string, request: IncomingMessage, response: ServerResponse, thrown: unknown) {
  // A client that left in the middle of its request hears no answer and is nobody's failure.
  if (request.destroyed && !request.complete) return void response.destroy()
  const error = toApiError(thrown, id)
  if (error.status >= 500)
    gate.log.error({ request_id: id, path: pathOf(request), err: error.cause ?? error }, 'request failed')
  if (response.headersSent || response.destroyed) return void response.destroy()
  const body = JSON.stringify(error.envelope)
  response.writeHead(error.status, {
    ...(error.status === 401 && challenge),
    ...error.headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-gatehouse-error-source': 'gateway',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Without the query, in which some clients carry secrets. */
const pathOf = (request: IncomingMessage) => request.url?.split('?', 1)[0]

function toApiError(thrown: unknown, id: string): ApiError {
  if (thrown instanceof ApiError) return thrown
  return isUnavailable(thrown) ? databaseUnavailable(thrown) : internalError(id, thrown)
}

/** Tells the audit log, off the call's path: the answer does not wait for it. */
function recordRefusal({ refusals, log, address }: GatewayParts): Gate['refused'] {
  return ({ keyId, organizationId, projectId, actor }, route, { headers, socket }, error, now) => {
    const origin = {
      ip: address(socket.remoteAddress, headers['x-forwarded-for'] as string | undefined),
      userAgent: headers['user-agent']?.slice(0, 512) ?? null,
    }
    const what = { operation: route.name, code: error.code ?? error.failure, message: error.message }
    refusals
      .record({ keyId, organizationId, projectId, actor, origin, ...what }, now)
      .catch((cause) => log.warn({ err: cause }, 'a refusal could not be recorded'))
  }
}
