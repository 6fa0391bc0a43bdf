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
  'cookie',
  'openai-organization',
  'openai-project',
  'forwarded',
  'via',
]
const oursByPrefix = /^(x-forwarded-|x-gatehouse-|x-real-ip$|x-envoy-|cf-)/

/** What an upstream says of its own account and connection; the request id and the limits a client sees are ours. */
const theirs = [
  'openai-organization',
  'openai-project',
  'set-cookie',
  'server',
  'via',
  'alt-svc',
  'strict-transport-security',
]
const theirsByPrefix = /^(x-request-id$|x-ratelimit-|x-gatehouse-|cf-)/

const dropFromRequest = new Set([...hopByHop, ...ours])
const dropFromReply = new Set([...hopByHop, ...theirs])

type Headers = Record<string, string | string[]>

/** The headers of a client's request that an upstream gets. */
export function requestHeaders(headers: IncomingHttpHeaders, upstreamKey: string | null): Headers {
  const sent = pick(headers, dropFromRequest, oursByPrefix)
  if (upstreamKey !== null) sent.authorization = `Bearer ${upstreamKey}`
  return sent
}

/** The headers of an upstream's reply that a client gets. */
export function replyHeaders(headers: IncomingHttpHeaders): Headers {
  return pick(headers, dropFromReply, theirsByPrefix)
}

function pick(headers: IncomingHttpHeaders, dropped: ReadonlySet<string>, prefix: RegExp): Headers {
  // A connection may name further headers as its own.
  const named =
    headers.connection === undefined
      ? []
      : String(headers.connection)
          .toLowerCase()
          .split(/\s*,\s*/)
  const kept: Headers = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || dropped.has(name) || prefix.test(name) || named.includes(name)) continue
    kept[name] = value
  }
  return kept
}
