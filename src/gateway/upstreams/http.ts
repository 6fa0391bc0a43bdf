import { Pool } from 'undici'
import type { UsageAsking } from '../../core/upstream-kind.ts'
import { UNREAD_TIMEOUT_MS, type Upstream } from './forwarding.ts'
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

/** A model server reached over HTTP. Connections are pooled and kept; replies stream through. */
export function httpUpstream(options: HttpUpstreamOptions): Upstream {
  const { origin, pathname } = new URL(options.url)
  const base = pathname.replace(/\/+$/, '')
  const replyTimeoutMs = options.replyTimeoutMs ?? MODEL_TIMEOUT_MS
  const pool = new Pool(origin, {
    connections: null,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: replyTimeoutMs,
    bodyTimeout: options.silenceTimeoutMs ?? MODEL_TIMEOUT_MS,
    // On HTTP/1.1 a cancelled call is a closed connection, which every model server understands.
    allowH2: false,
  })
  const terms = {
    unreadTimeoutMs: options.unreadTimeoutMs ?? UNREAD_TIMEOUT_MS,
    replyTimeoutMs,
    secret: Secret.of(options.key),
  }
  const question = new UsageQuestion(options.asksForUsage ?? 'auto')
  return {
    weight: options.weight ?? 1,
    attempt: sender({ pool, base, key: options.key, terms, question }),
    models: (witness) => listModels(pool, `${base}/models`, options.key, witness),
    close: () => pool.destroy(),
  }
}
