import type { X509Certificate } from 'node:crypto'
import type { BlockList } from 'node:net'
import { type ApiError, clientCertificateInvalid, clientCertificateRequired } from '../../contract/error.ts'
import { clientCertificateFlaw } from '../../core/client-certificate.ts'
import { type Connection, clientCertificateOf } from '../../core/presented-certificate.ts'

const OWNER = 'the project or its organization'

/**
 * Why a request's client certificate does not open a project; null where it does, or where none is asked.
 * @param authorities the project's active ones, the same list for as long as they are the same
 * @param now Unix seconds
 * @param trustedProxies whose word about a client's certificate is believed
 */
export function certificateRefusal(
  authorities: readonly X509Certificate[],
  request: Connection,
  now: number,
  trustedProxies: BlockList | null,
): ApiError | null {
  if (authorities.length === 0) return null
  const certificate = clientCertificateOf(request, trustedProxies)
  if (typeof certificate === 'string') return clientCertificateRequired(OWNER, certificate)
  const flaw = clientCertificateFlaw(authorities, certificate, now)
  return flaw === null ? null : clientCertificateInvalid(OWNER, flaw)
}
