import { keptCertificate } from './kept-certificate.ts'

/** Whose a certificate is, for people who compare it with what they were told. */
export type CertificateNames = {
  /** `CN=Clients, O=Example`. */
  subject: string
  issuer: string
  /** SHA-256 of the whole certificate, in pairs of hexadecimal digits with colons. */
  fingerprint: string
}

/** @param pem one that was read before: what is kept is readable */
export function namesOf(pem: string): CertificateNames {
  const { subject, issuer, fingerprint256 } = keptCertificate(pem)
  return { subject: inOneLine(subject), issuer: inOneLine(issuer), fingerprint: fingerprint256 }
}

/** OpenSSL writes a part of a name in each line; one may have none at all. */
const inOneLine = (name: string | undefined) => (name ?? '').split('\n').join(', ')
