import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiError, unknownUrl } from '../contract/error.ts'
import type { NewId } from '../core/id.ts'
import { isRootPath } from '../core/root-paths.ts'
import { originForm } from '../core/target.ts'
import { type ClientPatience, Connections, type Watch } from './connection.ts'
import { framingFlaw } from './framing.ts'

export type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** What is behind the one port. A door that is not served answers like an unknown URL. */
export type Doors = { admin: Handle | null; gateway: Handle | null; check: Handle | null; operations: Handle }

/** Node's own answers are bare; ours say what was wrong in the one envelope. How long a body may take says `Receiving`. */
const SERVER_OPTIONS = {
  requireHostHeader: false,
  keepAliveTimeout: 65_000,
  headersTimeout: 60_000,
  requestTimeout: 0,
  noDelay: true,
}
/** Milliseconds in which a client that is refused on the connection itself can read why. */
const LINGER_MS = 1000

/**
 * The listener: it decides by the path, as received, which door a request has come to.
 * @param create what makes the server: HTTP, or HTTP over TLS
 * @param patience how long clients may take, where it is not as always
 */
export function createListener(
  doors: Doors,
  newId: NewId,
  watch: Watch,
  create: (options: ServerOptions, answer: RequestListener) => Server = createServer,
  patience?: Partial<ClientPatience>,
): Server {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const name = cameTo(request)
    const door = doors[name]
    const flaw = framingFlaw(request)
    if (flaw !== null) refuse(response, newId, flaw)
    else if (door) door(request, response)
    else refuse(response, newId, unknownUrl(request))
    return name
  }
  const refuseExpectation = (request: IncomingMessage, response: ServerResponse) => {
    refuse(response, newId, new ApiError('malformed_http', "The only expectation that is met is '100-continue'."))
    return cameTo(request)
  }
  const refuseConnection = (socket: Duplex, error: ApiError) => {
    if (connections.hasBegun(socket)) socket.destroy()
    else refuseRaw(socket, newId, error)
  }
  const connections = new Connections(watch, (socket) => refuseConnection(socket, late()), patience)
  const server = create(SERVER_OPTIONS, (request, response) => connections.take(request, response, answer))
  server.on('checkExpectation', (request, response) => connections.take(request, response, refuseExpectation))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseConnection(socket, clientFailure(error)))
  server.on('connect', ({ url }, socket) => {
    // Node has let go of this socket: an error of it would be nobody's, and end the process.
    socket.on('error', () => socket.destroy())
    const headers = { allow: 'GET, POST' }
    refuseRaw(socket, newId, new ApiError('method_not_allowed', `Not allowed to CONNECT on ${url}.`, { headers }))
  })
  return server
}

function cameTo(request: IncomingMessage): keyof Doors {
  // Which host a whole URL names decides nothing here.
  request.url = originForm(request.url ?? '')
  return doorOf(request.url)
}

/** Which door a path belongs to. */
export function doorOf(url: string): keyof Doors {
  if (/^\/v1\/(organization|projects)(\/|\?|$)/.test(url)) return 'admin'
  if (url.startsWith('/v1/')) return 'gateway'
  if (/^\/check(\/|\?|$)/.test(url)) return 'check'
  return isRootPath(url) ? 'gateway' : 'operations'
}

function clientFailure(error: NodeJS.ErrnoException): ApiError {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return new ApiError(
      'headers_too_large',
      'The URL and the headers of the request are too large together (16384 bytes).',
    )
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return late()
  return new ApiError('malformed_http', 'The request is not HTTP as this server understands it.')
}

const late = () => new ApiError('request_timeout', 'The request was not received in time.')

/** Sends a failure that belongs to no door. */
export function refuse(response: ServerResponse, newId: NewId, error: ApiError): void {
  const { headers, body } = written(error, newId)
  response.writeHead(error.status, headers)
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

/** The same where Node gave up before there was a response: what came is no request it could read. */
function refuseRaw(socket: Duplex, newId: NewId, error: ApiError): void {
  if (!socket.writable) return void socket.destroy()
  const { headers, body } = written(error, newId)
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join('')}\r\n${body}`)
  // One that keeps its own half open would keep its request too, and what that holds.
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}

function written(error: ApiError, newId: NewId) {
  const body = JSON.stringify(error.envelope)
  const headers = {
    ...error.headers,
    'x-request-id': newId('request'),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  }
  return { headers, body }
}
