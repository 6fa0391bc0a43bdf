import type { X509Certificate } from 'node:crypto'
import { clientCertificateRefused } from '../../contract/error.ts'
import { keptCertificate } from '../../core/kept-certificate.ts'
import { certificateRefusal } from '../../core/presented-certificate.ts'
import { ruleOf } from './rule.ts'

/** Where certificates are active, the organization's or the project's, a client must show one that one of them signed. */
export const authorities = ruleOf<readonly X509Certificate[]>()({
  step: 'connection',
  reads: ['authorities'],
  read: (stored) => stored.authorities.map(({ content }) => keptCertificate(content)),
  refuses(active, { request, now, trustedProxies }) {
    const refusal = certificateRefusal(active, request, now, trustedProxies)
    return refusal && clientCertificateRefused('the project or its organization', refusal)
  },
})
