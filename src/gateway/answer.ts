import type { ServerResponse } from 'node:http'

/** Sends an answer of the gate's own. What is left of its request is read away, or the connection could carry no other. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | number>,
  body: unknown,
): void {
  const { req: request } = response
  const text = JSON.stringify(body)
  if (!request.complete) response.once('finish', () => request.resume())
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
