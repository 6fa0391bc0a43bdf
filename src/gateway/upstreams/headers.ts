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
const misleading = ['idempotency-key', 'range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range']
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
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || dropFromRequest.has(name) || named?.includes(name)) continue
    if (hasPrefix(name) && (oursByPrefix.test(name) || misleadingByPrefix.test(name))) continue
    sent.push(name, value)
  }
  return sent
}

/**
 * The headers of an upstream's reply that a client gets.
 * @param decoded whether the body is sent otherwise than it came, so that neither its coding nor its length holds
 */
export function replyHeaders(
  status: number,
  headers: IncomingHttpHeaders,
  decoded: boolean,
): Record<string, string | string[]> {
  const named = namedIn(headers.connection)
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || dropFromReply.has(name) || named?.includes(name)) continue
    if (hasPrefix(name) && theirsByPrefix.test(name)) continue
    kept[name] = value
  }
  if (decoded) {
    delete kept['content-encoding']
    delete kept['content-length']
  }
  // How long the account must wait is its own matter; how long a server that is overloaded asks for is the client's.
  if (status < 500) {
    delete kept['retry-after']
    delete kept['retry-after-ms']
  }
  return kept
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
