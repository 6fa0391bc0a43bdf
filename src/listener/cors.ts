import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Origins } from '../config/origins.ts'
import type { NewId } from '../core/id.ts'
import type { Handle } from './listener.ts'

/** What a page may read of an answer besides what browsers show of any. Names, for `*` is not known to all of them. */
const EXPOSED = [
  'x-request-id',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  ...['limit', 'remaining', 'reset'].flatMap((what) =>
    ['requests', 'tokens', 'project-tokens'].map((of) => `x-ratelimit-${what}-${of}`),
  ),
  'openai-model',
  'openai-organization',
  'openai-processing-ms',
  'openai-project',
  'openai-version',
  'x-gatehouse-error-source',
].join(', ')
const METHODS = 'GET, HEAD, POST, DELETE, OPTIONS'
/** Seconds that a browser may go by a preflight's answer: as long as a narrowed setting takes to reach it. */
const MAX_AGE = '600'
/** Names of headers, as a browser lists them. */
const NAMES = /^[\w!#$%&'*+.^`|~, -]{1,4096}$/

/**
 * A door that pages of these origins may use from a browser. It answers their preflights, before any key is known as browsers
 * ask it, and says on every answer who may read it. No credentials are allowed: keys are sent by the page, cookies by nobody.
 * Whoever is no browser, or of another origin, finds the door as it is.
 */
export function opened(door: Handle, origins: Origins, newId: NewId): Handle {
  if (origins !== 'any' && origins.size === 0) return door
  return (request, response) => {
    const { origin } = request.headers
    if (origin === undefined) return door(request, response)
    if (origins !== 'any') response.setHeader('vary', 'Origin')
    if (origins !== 'any' && !origins.has(origin)) return door(request, response)
    response.setHeader('access-control-allow-origin', origins === 'any' ? '*' : origin)
    if (isPreflight(request)) return answerPreflight(request, response, newId)
    response.setHeader('access-control-expose-headers', EXPOSED)
    door(request, response)
  }
}

const isPreflight = ({ method, headers }: IncomingMessage) =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined

/** Which paths and methods there are it does not say: the request itself is judged when it comes. */
function answerPreflight({ headers }: IncomingMessage, response: ServerResponse, newId: NewId) {
  const wanted = headers['access-control-request-headers']
  response.writeHead(204, {
    'access-control-allow-methods': METHODS,
    // As they were asked for: `*` would leave `authorization` out.
    ...(wanted !== undefined && NAMES.test(wanted) && { 'access-control-allow-headers': wanted }),
    'access-control-max-age': MAX_AGE,
    'x-request-id': newId('request'),
  })
  response.end()
}
