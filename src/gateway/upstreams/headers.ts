import type { IncomingHttpHeaders } from 'node:http'
import { betasSent } from './betas.ts'
import type { Secret } from './secret.ts'

/**
 * Headers of a client that a model server gets, besides those of the official SDKs about themselves; no other. The rest is for
 * this server only (the key, cookies, proxies' notes), belongs to the connection (RFC 9110, 7.6.1), or could make the request
 * another one than was judged: by another method or path, for a part of the reply or for another's (`idempotency-key`), and at
 * gateways behind this one by another model, host, account or queue (`x-litellm-*`, `x-portkey-*`, `helicone-*`, `cf-aig-*`).
 * `x-request-id` is among these: servers that name their work by it take two of one name for the same.
 */
const fromClient = new Set([
  'content-type',
  'accept',
  'user-agent',
  'openai-beta',
  'anthropic-version',
  'anthropic-beta',
  'x-client-request-id',
  'traceparent',
  'tracestate',
])
const FROM_SDK = 'x-stainless-'

/**
 * Headers of a model server that a client gets; no other. The rest tells of its account, its hosts and its connection, or is an
 * order to a proxy or a browser in this server's name. It has no `content-encoding`: what leaves here is decoded.
 */
const fromUpstream = new Set([
  'content-type',
  'content-length',
  'content-disposition',
  'content-language',
  'cache-control',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'openai-model',
  // When the official client's helpers ask again for what takes its time.
  'openai-poll-after-ms',
])

/** Headers of a reply that are looked at: those that pass, and what they say of the reply itself and its connection. */
export const readOfReply: ReadonlySet<string> = new Set([
  ...fromUpstream,
  ...['content-encoding', 'transfer-encoding', 'connection', 'keep-alive'],
])

/** What the gate says itself to an upstream, with each request: names and values in turn. @param key its key, if it has one */
export function ownHeaders(key: string | null): readonly string[] {
  // The gate must be able to read the reply.
  const readable = ['accept-encoding', 'identity']
  return key === null ? readable : [...readable, 'authorization', `Bearer ${key}`]
}

/** What the gate says itself, and the headers of a client's request that an upstream gets: names and values in turn. */
export function requestHeaders(headers: IncomingHttpHeaders, own: readonly string[]): string[] {
  const named = namedIn(headers.connection)
  const sent = [...own]
  for (const name in headers) {
    if (!fromClient.has(name) && !name.startsWith(FROM_SDK)) continue
    const value = headers[name]
    if (typeof value !== 'string') continue
    // What kind of body it is was judged with the body, so no client takes it away.
    if (named?.includes(name) && name !== 'content-type') continue
    const passed = name === 'anthropic-beta' ? betasSent(value) : value
    if (passed !== '' || value === '') sent.push(name, passed)
  }
  return sent
}

/** What becomes of a reply on its way. */
export type Passing = {
  status: number
  /** Whether as many bytes are sent as came. */
  sameLength: boolean
  /** What the gate says itself; names in lower case. */
  ours: Readonly<Record<string, string>>
  /** What no reply may show. */
  secret: Secret | null
}

/** The type of a reply: the first one where it names several, for the client is to read what was watched. */
export function contentTypeOf(headers: IncomingHttpHeaders): string | undefined {
  const type: string | string[] | undefined = headers['content-type']
  return Array.isArray(type) ? type[0] : type
}

/** The headers of an upstream's reply that a client gets, and the gate's own: names and values in turn. */
export function replyHeaders(headers: IncomingHttpHeaders, { status, sameLength, ours, secret }: Passing): string[] {
  const named = namedIn(headers.connection)
  // A reply without a body that announces one would have its client wait for it, or take the next reply for it.
  const hasLength = sameLength && status !== 204 && status !== 205
  const sent: string[] = []
  for (const name in headers) {
    if (!fromUpstream.has(name) || named?.includes(name) || name in ours) continue
    const value = name === 'content-type' ? contentTypeOf(headers) : headers[name]
    if (value === undefined) continue
    if (!hasLength && name === 'content-length') continue
    // How long the account must wait is its own matter; how long a server that is overloaded asks for is the client's.
    if (status < 500 && (name === 'retry-after' || name === 'retry-after-ms')) continue
    for (const one of typeof value === 'string' ? [value] : value) {
      sent.push(name, secret === null ? one : secret.hidden(one))
    }
  }
  for (const name in ours) sent.push(name, ours[name] ?? '')
  return sent
}

/** A connection may name further headers as its own; hardly any does. */
function namedIn(connection: string | undefined): string[] | null {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return null
  return String(connection)
    .toLowerCase()
    .split(/\s*,\s*/)
}
