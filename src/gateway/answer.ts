import type { ServerResponse } from 'node:http'
import { sendAtTurnsEnd } from './turn.ts'

/**
 * Sends an answer of the gate's own, together with what else there is to send in this turn. What is left of its request is read
 * away, or the connection could carry no other.
 */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): void {
  answerText(response, status, Object.entries(headers).flat(), JSON.stringify(body))
}

/**
 * The same with JSON that is written already; bytes are sent as they are, and copied for nobody.
 * @param headers names and values in turn, to which what is said of the text is added
 */
export function answerText(response: ServerResponse, status: number, headers: string[], text: string | Buffer): void {
  const { req: request } = response
  if (!request.complete) response.once('finish', () => request.resume())
  headers.push('content-type', 'application/json; charset=utf-8', 'content-length', String(Buffer.byteLength(text)))
  response.writeHead(status, headers)
  sendAtTurnsEnd({ send: () => response.end(request.method === 'HEAD' ? undefined : text) })
}
