import type { IncomingMessage } from 'node:http'
import { bodyTooLarge, malformedCoding } from '../../contract/error.ts'
import { type Coding, codingOf, Decoding, Undecodable } from '../../core/decoding.ts'
import { type Budget, Held } from './budget.ts'
import { BODY_LIMIT, receive } from './receive-bytes.ts'

/** Bytes that any body may have decoded; beyond them at most so many for each byte that came. */
const ALWAYS = 1_048_576
const RATIO = 200
/** Bytes that a decoder holds before anything has come out of it. */
const DECODER = 65_536

type Take = (chunk: Buffer) => Promise<void> | undefined

/**
 * Hands on the bytes of a body as they come, and those of a compressed one decoded. What a decoder holds counts as the body's
 * until it is done.
 * @param take may return a promise: nothing is read or decoded until it resolves
 * @throws ApiError 413 for a body that is or grows too large; 400 for one that cannot be decoded; 503; ClientGone; whatever
 * `take` throws
 */
export function receiveBody(request: IncomingMessage, budget: Budget, take: Take): Promise<void> {
  const coding = codingOf(request.headers['content-encoding'])
  return coding === null || coding === 'plain' ? receive(request, take) : receiveDecoded(request, coding, budget, take)
}

async function receiveDecoded(request: IncomingMessage, coding: Coding, budget: Budget, take: Take): Promise<void> {
  const held = new Held(budget)
  held.take(DECODER)
  let [came, out, kept] = [0, 0, DECODER]
  const decoding = new Decoding(coding, (chunk) => {
    out += chunk.length
    const limit = Math.min(BODY_LIMIT, Math.max(ALWAYS, came * RATIO))
    if (out > limit) throw bodyTooLarge(limit, out)
    const more = Math.min(out, coding.window) - kept
    if (more > 0) {
      held.take(more)
      kept += more
    }
    return take(chunk)
  })
  try {
    await receive(request, (chunk) => {
      came += chunk.length
      return decoding.write(chunk)
    })
    await decoding.end()
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error
    throw malformedCoding(request.headers['content-encoding'] ?? '', error.message)
  } finally {
    decoding.close()
    held.release()
  }
}
