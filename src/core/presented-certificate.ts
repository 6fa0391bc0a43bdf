import type { X509Certificate } from 'node:crypto'
import type { BlockList } from 'node:net'
import { clientCertificateFlaw } from './client-certificate.ts'
import { forwardedCertificate } from './forwarded-certificate.ts'
import { isTrustedPeer } from './origin.ts'

/** What of a request tells who is at the other end. A TLS socket of Node's has the method, others have not. */
export type Connection = {
  socket: { remoteAddress?: string | undefined; getPeerX509Certificate?: () => X509Certificate | undefined }
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** What is wrong with a connection: it shows no certificate, or one that does not pass, and why, to stand within a sentence. */
export type CertificateRefusal = { failure: 'client_certificate_required' | 'client_certificate_invalid'; why: string }

/** What each connection is asked once: another certificate needs another connection. */
const peers = new WeakMap<Connection['socket'], X509Certificate | 'proxy' | 'nobody'>()

/**
 * The client's certificate: the one of its TLS handshake, in which it has proved that it holds the key. On a connection from
 * a trusted proxy it is the one that the proxy names in `x-forwarded-client-cert`, and only that: the handshake was the
 * proxy's own, and whoever comes through it without a certificate must not pass with the proxy's. Everybody else's header is
 * ignored.
 * @returns the certificate, or why there is none
 */
export function clientCertificateOf(
  { socket, headers }: Connection,
  trustedProxies: BlockList | null,
): X509Certificate | string {
  let peer = peers.get(socket)
  if (peer === undefined) {
    peer = isTrustedPeer(trustedProxies, socket.remoteAddress)
      ? 'proxy'
      : (socket.getPeerX509Certificate?.() ?? 'nobody')
    peers.set(socket, peer)
  }
  if (peer === 'nobody') return 'this connection came without one'
  if (peer !== 'proxy') return peer
  const header = headers['x-forwarded-client-cert']
  if (!header) return "the proxy passed none on in 'x-forwarded-client-cert'"
  const certificate = forwardedCertificate(String(header))
  return certificate ?? "what the proxy passed on in 'x-forwarded-client-cert' is no certificate that can be read"
}

/**
 * Why a connection does not open what these authorities protect; null where it does, or where there are none, so that no
 * certificate is asked.
 * @param authorities the active ones, the same list for as long as they are the same
 * @param now Unix seconds
 * @param trustedProxies whose word about a client's certificate is believed
 */
export function certificateRefusal(
  authorities: readonly X509Certificate[],
  connection: Connection,
  now: number,
  trustedProxies: BlockList | null,
): CertificateRefusal | null {
  if (authorities.length === 0) return null
  const certificate = clientCertificateOf(connection, trustedProxies)
  if (typeof certificate === 'string') return { failure: 'client_certificate_required', why: certificate }
  const flaw = clientCertificateFlaw(authorities, certificate, now)
  return flaw === null ? null : { failure: 'client_certificate_invalid', why: flaw }
}
