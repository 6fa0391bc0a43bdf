import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyTooLarge } from '../contract/error.ts'
import type { GatewayRoute } from './routes.ts'

/** Bytes of the largest body the gateway takes: the original's limit. */
export const BODY_LIMIT = 26_214_400

/** A call that was let through, on its way to a model server. */
export type ForwardedCall = {
  route: GatewayRoute
  request: IncomingMessage
  response: ServerResponse
}

/** How a forwarded call ended. `status` is null where the client left before there was one. */
export type Outcome = { status: number | null; end: 'complete' | 'client_gone' | 'upstream_broke' }

/** A model server. */
export interface Upstream {
  /**
   * Sends the request on and the reply back, both as they stream.
   * @returns how it ended, once the reply is over
   * @throws ApiError where nothing was sent to the client yet, so that it can be told
   */
  forward: (call: ForwardedCall) => Promise<Outcome>
  /** The ids of the models it offers now. */
  models: () => Promise<string[]>
  close: () => Promise<void>
}

/**
 * The body of a request, which ends in a 413 where it grows too large. Whoever stops reading it leaves the request as it is:
 * destroying it would cut off the client, who is still to hear the answer.
 */
export async function* limitedBody(request: IncomingMessage): AsyncGenerator<Buffer> {
  let read = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      read += chunk.length
      if (read > BODY_LIMIT) throw bodyTooLarge(BODY_LIMIT, read)
      yield chunk
    }
  } finally {
    // What nobody wants any more is read away, so that the client comes to its end and to the answer.
    request.resume()
  }
}
