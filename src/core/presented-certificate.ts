import type { X509Certificate } from 'node:crypto'
import type { BlockList } from 'node:net'
import { forwardedCertificate } from './forwarded-certificate.ts'
import { isTrustedPeer } from './origin.ts'

/** What of a request tells who is at the other end. A TLS socket of Node's has the method, others have not. */
export type Connection = {
  socket: { remoteAddress?: string | undefined; getPeerX509Certificate?: () => X509Certificate | undefined }
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** The client's certificate, or why there is none, to stand behind "and". */
export type ClientCertificateOf = (connection: Connection) => X509Certificate | string

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
