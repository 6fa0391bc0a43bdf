import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { ApiError, bodyTooLarge, malformedCoding, unsupportedContentEncoding } from '../contract/error.ts'
import { CODINGS, codingOf, Decoding, Undecodable } from '../core/decoding.ts'

/**
 * A compressed body, decoded whole. The request is left alive behind it, so that the client comes to its end and to the answer.
 * @param limit bytes that it may have, as it comes and decoded
 * @param isKnown whether it is known who sends it: nothing is decoded for strangers
 * @returns null for a body that is as it is
 * @throws ApiError 415 for a coding that is not read; 413; 400
 */
export async function decodedBody(
  request: IncomingMessage,
  limit: number,
  isKnown: boolean,
): Promise<(Readable & { receivedEncodedLength: number }) | null> {
  const written = request.headers['content-encoding'] ?? ''
  const coding = codingOf(written)
  if (coding === 'plain') return null
  if (coding === null || !isKnown) throw unsupportedContentEncoding(written, isKnown ? CODINGS : [])
  const pieces: Buffer[] = []
  let [came, out] = [0, 0]
  const decoding = new Decoding(coding, (piece) => {
    out += piece.length
    if (out > limit) throw bodyTooLarge(limit, out)
    pieces.push(piece)
    return undefined
  })
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      came += chunk.length
      if (came > limit) throw bodyTooLarge(limit, came)
      await decoding.write(chunk)
    }
    await decoding.end()
  } catch (error) {
    request.resume()
    if (error instanceof ApiError) throw error
    if (error instanceof Undecodable) throw malformedCoding(written, error.message)
    throw new ApiError('malformed_http', 'The request could not be read to its end.', { cause: error })
  } finally {
    decoding.close()
  }
  return Object.assign(Readable.from(pieces, { objectMode: false }), { receivedEncodedLength: came })
}
