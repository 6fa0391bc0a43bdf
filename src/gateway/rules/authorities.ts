import { X509Certificate } from 'node:crypto'
import { clientCertificateInvalid, clientCertificateRequired } from '../../contract/error.ts'
import { clientCertificateFlaw } from '../../core/client-certificate.ts'
import { clientCertificateOf } from '../../core/presented-certificate.ts'
import type { Rule } from './rule.ts'

const OWNER = 'the project or its organization'

/** Where certificates are active, the organization's or the project's, a client must show one that one of them signed. */
export const authorities = {
  step: 'connection',
  reads: [],
  read: (stored) => stored.authorities.map(({ content }) => new X509Certificate(content)),
  refuses(active, { request, now, trustedProxies }) {
    if (active.length === 0) return null
    const certificate = clientCertificateOf(request, trustedProxies)
    if (typeof certificate === 'string') return clientCertificateRequired(OWNER, certificate)
    const flaw = clientCertificateFlaw(active, certificate, now)
    return flaw === null ? null : clientCertificateInvalid(OWNER, flaw)
  },
} satisfies Rule<readonly X509Certificate[]>
