import type { IncomingMessage } from 'node:http'
import { ApiError } from '../contract/error.ts'

/**
 * Refuses what Node reads and another reader in front of it may read otherwise: where one request ends, and for which host
 * it is, all that stand in a row must agree on (RFC 9112, 3.2, 6.1 and 6.3).
 * @returns 400 `malformed_http`, behind which the connection cannot go on; null where there is one reading only
 */
export function framingFlaw(request: IncomingMessage): ApiError | null {
  const { httpVersion, headers, rawHeaders } = request
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return flaw('Only HTTP/1.1 and HTTP/1.0 are spoken here.')
  const coding = headers['transfer-encoding']
  if (coding !== undefined) {
    if (httpVersion === '1.0') return flaw("HTTP/1.0 has no 'Transfer-Encoding'.")
    if (coding.toLowerCase() !== 'chunked') return flaw("The only 'Transfer-Encoding' that is read is 'chunked'.")
  }
  const hosts = countOf('host', rawHeaders)
  if (hosts > 1) return flaw("A request has one 'Host' header.")
  return hosts === 0 && httpVersion === '1.1' ? flaw('An HTTP/1.1 request needs a Host header.', false) : null
}

function flaw(message: string, ends = true): ApiError {
  return new ApiError('malformed_http', message, ends ? { headers: { connection: 'close' } } : {})
}

/** @param raw names and values in turns */
function countOf(name: string, raw: readonly string[]): number {
  let count = 0
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.length === name.length && raw[i]?.toLowerCase() === name) count++
  }
  return count
}
