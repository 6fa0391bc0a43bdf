import type { IncomingHttpHeaders } from 'node:http'

/** Headers that belong to one connection, not to the message (RFC 9110, 7.6.1). */
const hopByHop = [
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** What a client tells this server only: its key first of all. Nor do a proxy's notes about the client leave the house. */
const ours = [
  'authorization',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
  'cookie',
  'set-cookie',
  'openai-organization',
  'openai-project',
  'forwarded',
  'via',
]
const oursByPrefix = /^(x-forwarded-|x-gatehouse-|x-real-ip$|x-envoy-|cf-)/

/**
 * What would make the request another one than was judged: another method or path, half of the reply, or none; or the reply
 * to another project's request, which shares the upstream's account.
 */
const misleading = [
  'idempotency-key',
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
]
const misleadingByPrefix = /^x-(http-method|method-override|original-|rewrite-)/

/** What the gate says itself: it has the body whole, and must be able to read the reply. */
const restated = ['content-length', 'accept-encoding']

/** What an upstream says of its own account, host and connection; the request id and the limits a client sees are ours. */
const theirs = [
  'openai-organization',
  'openai-project',
  'set-cookie',
  'server',
  'via',
  'alt-svc',
  'strict-transport-security',
  'www-authenticate',
  'location',
  'content-location',
  'refresh',
  'clear-site-data',
  'nel',
  'report-to',
  'reporting-endpoints',
]
const theirsByPrefix = /^(x-request-id$|x-ratelimit-|x-gatehouse-|x-envoy-|cf-)/

const dropFromRequest = new Set([...hopByHop, ...ours, ...misleading, ...restated])
const dropFromReply = new Set([...hopByHop, ...theirs])

/** The headers of a client's request that an upstream gets: names and values in turn. */
export function requestHeaders(headers: IncomingHttpHeaders, upstreamKey: string | null): string[] {
  const named = namedIn(headers.connection)
  const sent = ['accept-encoding', 'identity']
  if (upstreamKey !== null) sent.push('authorization', `Bearer ${upstreamKey}`)
  for (const name in headers) {
    const value = headers[name]
    if (typeof value !== 'string' || dropFromRequest.has(name) || named?.includes(name)) continue
    if (hasPrefix(name) && (oursByPrefix.test(name) || misleadingByPrefix.test(name))) continue
    sent.push(name, value)
  }
  return sent
}

/** What becomes of a reply on its way. */
export type Passing = {
  status: number
  /** Whether the body is sent otherwise than it came, so that its coding does not hold. */
  decoded: boolean
  /** Whether as many bytes are sent as came. */
  sameLength: boolean
  /** What the gate says itself; names in lower case. */
  ours: Readonly<Record<string, string>>
}

/** The headers of an upstream's reply that a client gets, and the gate's own: names and values in turn. */
export function replyHeaders(headers: IncomingHttpHeaders, { status, decoded, sameLength, ours }: Passing): string[] {
  const named = namedIn(headers.connection)
  const sent: string[] = []
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || dropFromReply.has(name) || named?.includes(name) || name in ours) continue
    if (hasPrefix(name) && theirsByPrefix.test(name)) continue
    if (decoded && name === 'content-encoding') continue
    if (!sameLength && name === 'content-length') continue
    // How long the account must wait is its own matter; how long a server that is overloaded asks for is the client's.
    if (status < 500 && (name === 'retry-after' || name === 'retry-after-ms')) continue
    if (typeof value === 'string') sent.push(name, value)
    else for (const one of value) sent.push(name, one)
  }
  for (const name in ours) sent.push(name, ours[name] ?? '')
  return sent
}

/** Most names have none of the prefixes, which begin with `x-` or `cf-`. */
const hasPrefix = (name: string) => name.startsWith('x-') || name.startsWith('cf-')

/** A connection may name further headers as its own; hardly any does. */
function namedIn(connection: string | undefined): string[] | null {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return null
  return String(connection)
    .toLowerCase()
    .split(/\s*,\s*/)
}
