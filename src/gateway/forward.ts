import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { type Dispatcher, errors, Pool } from 'undici'
import { ApiError } from '../contract/error.ts'
import { replyHeaders, requestHeaders } from './headers.ts'
import { type ForwardedCall, limitedBody, type Outcome, type Upstream } from './upstream.ts'

export type HttpUpstreamOptions = {
  /** What a client would use as base URL: it ends in `/v1`. */
  url: string
  /** Sent as bearer token in place of the caller's. */
  key: string | null
  /** Milliseconds until the reply must begin. Generous: a model may think for minutes before its first byte. */
  replyTimeoutMs?: number
  /** Milliseconds of silence within a reply after which it counts as broken. */
  silenceTimeoutMs?: number
}

const CONNECT_TIMEOUT_MS = 5000
const MODEL_TIMEOUT_MS = 600_000

/** A model server reached over HTTP. Connections are pooled and kept; bodies stream through in both directions. */
export function httpUpstream(options: HttpUpstreamOptions): Upstream {
  const { origin, pathname } = new URL(options.url)
  const base = pathname.replace(/\/+$/, '')
  const pool = new Pool(origin, {
    connections: null,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: options.replyTimeoutMs ?? MODEL_TIMEOUT_MS,
    bodyTimeout: options.silenceTimeoutMs ?? MODEL_TIMEOUT_MS,
  })
  return {
    forward: (call) =>
      new Promise((resolve, reject) => {
        const { route, request, response } = call
        // It may have left while its key was looked up.
        if (response.destroyed) return resolve({ status: null, end: 'client_gone' })
        const relay = new Relay(call, resolve, reject)
        response.once('close', () => relay.clientClosed())
        pool.dispatch(
          {
            method: route.method,
            path: base + route.upstreamPath,
            headers: requestHeaders(request.headers, options.key),
            body: bodyOf(call),
          },
          relay,
        )
      }),
    models: () => listModels(pool, `${base}/models`, options.key),
    close: () => pool.destroy(),
  }
}

const LIST_TIMEOUT_MS = 10_000

async function listModels(pool: Pool, path: string, key: string | null): Promise<string[]> {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` }
  const { statusCode, body } = await pool.request({
    method: 'GET',
    path,
    headers,
    headersTimeout: LIST_TIMEOUT_MS,
    bodyTimeout: LIST_TIMEOUT_MS,
  })
  if (statusCode !== 200) {
    await body.dump()
    throw new Error(`the model server answered its list of models with ${statusCode}`)
  }
  const { data } = (await body.json()) as { data?: unknown }
  const ids = Array.isArray(data) ? data.map((model: { id?: unknown } | null) => model?.id) : []
  return ids.filter((id) => typeof id === 'string')
}

/**
 * A body that came together with its head, as one piece: streaming it would cost more than all else. Any other is a stream of
 * its own, so that an upstream that answers early, or not at all, does not end the client's request.
 */
function bodyOf({ route, request }: ForwardedCall): Readable | Buffer | null {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  if (route.method === 'GET' || (length === undefined && coding === undefined)) return null
  if (request.readableLength === Number(length)) return request.read()
  return Readable.from(limitedBody(request), { objectMode: false })
}

class ClientGone extends Error {}

/** Carries one reply from the upstream to the client, no faster than the client reads. */
class Relay implements Dispatcher.DispatchHandler {
  readonly #call: ForwardedCall
  readonly #response: ServerResponse
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (error: ApiError) => void
  #controller: Dispatcher.DispatchController | null = null
  #gone = false

  constructor(call: ForwardedCall, resolve: (outcome: Outcome) => void, reject: (error: ApiError) => void) {
    this.#call = call
    this.#response = call.response
    this.#resolve = resolve
    this.#reject = reject
  }

  /** The client's connection is over. If the reply is not, nobody wants the rest: the upstream's work is cancelled. */
  clientClosed(): void {
    if (this.#response.writableFinished) return
    this.#gone = true
    this.#controller?.abort(new ClientGone())
    this.#resolve({ status: this.#response.headersSent ? this.#response.statusCode : null, end: 'client_gone' })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#gone) controller.abort(new ClientGone())
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    const source = status >= 400 ? { 'x-gatehouse-error-source': 'upstream' } : null
    this.#response.writeHead(status, { ...replyHeaders(headers), ...source })
    // The first byte of a stream may be seconds away; that it began is news already. flushHeaders() would write a header's bytes
    // as UTF-8, twice encoded.
    this.#response.write('', 'latin1')
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return
    controller.pause()
    this.#response.once('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    this.#response.end(() => this.#resolve({ status: this.#response.statusCode, end: 'complete' }))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { request } = this.#call
    const begun = this.#response.headersSent
    const status = begun ? this.#response.statusCode : null
    if (this.#gone || (request.destroyed && !request.complete)) {
      this.#response.destroy()
      this.#resolve({ status, end: 'client_gone' })
    } else if (begun) {
      // What was promised cannot be completed; a cut connection says so, a clean end would lie.
      this.#response.destroy()
      this.#resolve({ status, end: 'upstream_broke' })
    } else this.#reject(toApiError(error))
  }
}

function toApiError(error: Error): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return new ApiError('upstream_timeout', 'The model server did not answer in time.', { cause: error })
  }
  return new ApiError('upstream_unreachable', 'The model server cannot be reached right now.', { cause: error })
}
