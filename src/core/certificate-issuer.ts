import type { X509Certificate } from 'node:crypto'
import { type Extension, oids } from './certificate-extensions.ts'
import { isSignedToHold } from './certificate-signature.ts'

export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
/** An authority that names it restricts nothing. */
const ANY_PURPOSE = '2.5.29.37.0'
const NAME_CONSTRAINTS = '551d1e'

/** Critical extensions that a certificate may have. */
const understood: ReadonlySet<string> = new Set(Object.values(oids))

export const weakSignature = 'it is signed with SHA-1, MD5 or another algorithm that does not hold'

/** Whether it has a critical extension whose meaning is not known here: RFC 5280 forbids to rely on it then. */
export function isBeyondUs(extensions: ReadonlyMap<string, Extension>): boolean {
  return [...extensions].some(([oid, { critical }]) => critical && !understood.has(oid))
}

/**
 * Why no client is let in on the word of this authority: it is restricted in a way that nothing here would enforce, or is not to be
 * relied on. null where there is no such reason. Asked at upload, and of what was uploaded before it was asked.
 */
export function whyNoIssuer(certificate: X509Certificate, extensions: ReadonlyMap<string, Extension>): string | null {
  if (!isSignedToHold(certificate.raw)) return weakSignature
  if (extensions.has(NAME_CONSTRAINTS)) return 'it has name constraints, which this server does not enforce'
  if (isBeyondUs(extensions)) return 'it has a critical extension that this server does not know'
  const purposes: readonly string[] = certificate.keyUsage ?? []
  const restricted = extensions.has(oids.extendedKeyUsage) && !purposes.includes(ANY_PURPOSE)
  return restricted && !purposes.includes(CLIENT_AUTH)
    ? 'its extended key usage does not allow it for TLS clients (clientAuth)'
    : null
}
