import { Pool } from 'undici'
import type { UsageAsking } from '../../core/upstream-kind.ts'
import { UNREAD_TIMEOUT_MS, type Upstream } from './forwarding.ts'
import { ownHeaders } from './headers.ts'
import { Http1Client } from './http1/client.ts'
import { Patience } from './http1/patience.ts'
import { listModels } from './listing.ts'
import { Secret } from './secret.ts'
import { sender } from './send.ts'
import { UsageQuestion } from './usage-question.ts'

export type HttpUpstreamOptions = {
  /** What a client would use as base URL: it ends in `/v1`. */
  url: string
  /** Sent as bearer token in place of the caller's. */
  key: string | null
  /** Its share of the calls, against the weights of the others that serve the same model. */
  weight?: number
  /** Whether streams are asked for their usage in the client's place. */
  asksForUsage?: UsageAsking
  /** Milliseconds until the reply must begin. Generous: a model may think for minutes before its first byte. */
  replyTimeoutMs?: number
  /** Milliseconds of silence within a reply after which it counts as broken. */
  silenceTimeoutMs?: number
  /** Milliseconds that a client may leave its reply unread, after which it counts as gone. */
  unreadTimeoutMs?: number
}

const CONNECT_TIMEOUT_MS = 5000
const MODEL_TIMEOUT_MS = 600_000

/**
 * A model server reached over HTTP. Connections are pooled and kept; replies stream through. What is sent as a whole to a server
 * without TLS, and what is streamed up, goes through our own client, everything else through undici.
 */
export function httpUpstream(options: HttpUpstreamOptions): Upstream {
  const { origin, pathname } = new URL(options.url)
  const base = pathname.replace(/\/+$/, '')
  // Of an URL that does not end in it, nothing above what the operator named is asked.
  const root = base.replace(/\/v1$/, '')
  const replyTimeoutMs = options.replyTimeoutMs ?? MODEL_TIMEOUT_MS
  const silenceTimeoutMs = options.silenceTimeoutMs ?? MODEL_TIMEOUT_MS
  const pool = new Pool(origin, {
    connections: null,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: replyTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
    // On HTTP/1.1 a cancelled call is a closed connection, which every model server understands.
    allowH2: false,
  })
  const patience = new Patience({ connectMs: CONNECT_TIMEOUT_MS, headMs: replyTimeoutMs, silenceMs: silenceTimeoutMs })
  const client = origin.startsWith('http:') ? new Http1Client(new URL(origin), patience) : null
  const uploads = { origin: new URL(origin), patience }
  const terms = {
    unreadTimeoutMs: options.unreadTimeoutMs ?? UNREAD_TIMEOUT_MS,
    replyTimeoutMs,
    secret: Secret.of(options.key),
  }
  const question = new UsageQuestion(options.asksForUsage ?? 'auto')
  return {
    weight: options.weight ?? 1,
    attempt: sender({ whole: client ?? pool, uploads, base, root, own: ownHeaders(options.key), terms, question }),
    models: (witness) => listModels(pool, `${base}/models`, options.key, witness),
    close: () => {
      client?.close()
      return pool.destroy()
    },
  }
}
