import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { bodyTooLarge, unsupportedContentEncoding } from '../../contract/error.ts'
import { CODINGS, codingOf } from '../../core/decoding.ts'

/** Bytes of the largest body the gateway takes: the original's limit. */
export const BODY_LIMIT = 26_214_400

/** Bytes after which others get their turn: reading on costs their time, for scanning and copying too. */
const TURN = 131_072

/** The client left in the middle of its body: nobody waits for an answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'

  constructor() {
    super('the client left in the middle of its request')
  }
}

/**
 * What a head says of the body behind it, refused where that can never be read.
 * @returns the bytes that were announced; null for a body that says only at its end how long it is, as a compressed one does
 * @throws ApiError 415 for a coding that is not read; 413
 */
export function announced(headers: IncomingHttpHeaders): number | null {
  const length = Number(headers['content-length'] ?? 0)
  if (length > BODY_LIMIT) throw bodyTooLarge(BODY_LIMIT, length)
  const coding = headers['content-encoding']
  if (coding !== undefined && isCoded(coding))
    return length === 0 && headers['transfer-encoding'] === undefined ? 0 : null
  return headers['transfer-encoding'] === undefined ? length : null
}

function isCoded(header: string): boolean {
  const coding = codingOf(header)
  if (coding === null) throw unsupportedContentEncoding(header, CODINGS)
  return coding !== 'plain'
}

/**
 * Hands on the bytes of a body as they come. Whatever is wrong with it, the request itself is left alive and read away, so that
 * the client comes to its end and to the answer.
 * @param take may return a promise: nothing is read until it resolves
 * @param limit bytes that it may have
 * @throws ApiError 413 for a body that grows too large; ClientGone; whatever `take` throws
 */
export function receive(
  request: IncomingMessage,
  take: (chunk: Buffer) => Promise<void> | undefined,
  limit: number = BODY_LIMIT,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let read = 0
    let turnAt = TURN
    const stop = () => request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone)
    const goOn = () => void request.resume()
    const fail = (error: unknown) => {
      stop()
      request.resume()
      reject(error)
    }
    const onGone = () => fail(new ClientGone())
    const onEnd = () => {
      stop()
      resolve()
    }
    const onData = (chunk: Buffer) => {
      try {
        read += chunk.length
        if (read > limit) throw bodyTooLarge(limit, read)
        const taken = take(chunk)
        if (taken) {
          request.pause()
          taken.then(goOn, fail)
        } else if (read >= turnAt) {
          turnAt = read + TURN
          request.pause()
          setImmediate(goOn)
        }
      } catch (error) {
        fail(error)
      }
    }
    if (request.destroyed) return onGone()
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone)
  })
}
