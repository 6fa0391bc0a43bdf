import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'

/** Characters that are sent in one piece; a reply that has no more is sent whole, with its length. */
const PIECE = 65_536

type Piece = { text: string; isLast: boolean }

/**
 * A text that is made in parts, as it is to be sent: whole where it is short, else a stream that has each part made when the client
 * has read what is before it.
 * @param failed is told of what goes wrong when it is too late to answer with it: the connection is cut then, since a clean end would
 * look complete
 * @throws what goes wrong before
 */
export async function asSent(
  response: ServerResponse,
  parts: AsyncGenerator<string, void>,
  failed: (error: unknown) => void,
): Promise<string | Readable> {
  const pieces = piecesOf(parts)
  const { value: first } = await pieces.next()
  if (!first || first.isLast) return first?.text ?? ''
  return Readable.from(asRead(response, first, pieces, failed))
}

/** Small parts put together. */
async function* piecesOf(parts: AsyncGenerator<string, void>): AsyncGenerator<Piece, void> {
  let text = ''
  for await (const part of parts) {
    text += part
    if (text.length < PIECE) continue
    yield { text, isLast: false }
    text = ''
  }
  yield { text, isLast: true }
}

/** The pieces, as they are asked for; the listener cuts a client that does not read. */
async function* asRead(
  response: ServerResponse,
  first: Piece,
  others: AsyncGenerator<Piece, void>,
  failed: (error: unknown) => void,
): AsyncGenerator<string, void> {
  try {
    for (let piece = first; ; ) {
      yield piece.text
      const next = await others.next()
      if (next.done) return
      piece = next.value
    }
  } catch (error) {
    if (!response.destroyed) failed(error)
    throw error
  } finally {
    await others.return()
  }
}
