import type { ServerResponse } from 'node:http'

/** Sends an answer of the gate's own. What is left of its request is read away, or the connection could carry no other. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | number>,
  body: unknown,
): void {
  answerText(response, status, headers, JSON.stringify(body))
}

/** The same with JSON that is written already; bytes are sent as they are, and copied for nobody. */
export function answerText(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | number>,
  text: string | Buffer,
): void {
  const { req: request } = response
  if (!request.complete) response.once('finish', () => request.resume())
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
