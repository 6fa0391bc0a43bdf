import type { X509Certificate } from 'node:crypto'
import { Bounded } from './bounded.ts'
import { type Extension, extensionsOf, hasBits, oids, usages } from './certificate-extensions.ts'
import { CLIENT_AUTH, isBeyondUs, weakSignature, whyNoIssuer } from './certificate-issuer.ts'
import { isSignedToHold } from './certificate-signature.ts'

/** From when until when something counts, in Unix seconds. A date that cannot be read is NaN, and with that never. */
type Validity = { from: number; until: number }

/** What can be said of a certificate once and for all; what is left to look at then is the time. */
type Verdict = { flaw: string } | { own: Validity; issuers: readonly Validity[] }

/** Most verdicts kept for one list of authorities: strangers can make certificates without end. */
const KEPT = 1000

const verdicts = new WeakMap<readonly X509Certificate[], Bounded<string, Verdict>>()

/**
 * Why a client certificate does not pass where these authorities are active; null where it does: signed directly by one of
 * them, with what the original asks of one (help.openai.com, article 10876024): no authority itself, key usage for digital
 * signatures and, with an RSA key, for key encipherment (RFC 8813 forbids that to other keys), extended key usage for TLS
 * clients, subject and authority key identifiers, and a subject alternative name. Revocation lists are not asked.
 *
 * Signatures are verified once for each certificate and list: keep the list's identity for as long as it stays the same.
 * @param now Unix seconds
 * @returns the reason, to stand behind a colon; nothing that is given makes it throw
 */
export function clientCertificateFlaw(
  authorities: readonly X509Certificate[],
  certificate: X509Certificate,
  now: number,
): string | null {
  const verdict = verdictOn(authorities, certificate)
  if ('flaw' in verdict) return verdict.flaw
  const { own, issuers } = verdict
  if (now < own.from) return 'it is not valid yet'
  if (!isWithin(own, now)) return 'it has expired'
  return issuers.some((issuer) => isWithin(issuer, now)) ? null : 'the authority that signed it is not valid now'
}

const isWithin = ({ from, until }: Validity, now: number) => now >= from && now < until

function verdictOn(authorities: readonly X509Certificate[], certificate: X509Certificate): Verdict {
  let known = verdicts.get(authorities)
  if (known === undefined) {
    known = new Bounded(KEPT)
    verdicts.set(authorities, known)
  }
  const { fingerprint256 } = certificate
  const before = known.get(fingerprint256)
  if (before !== undefined) return before
  const verdict = judge(authorities, certificate)
  known.set(fingerprint256, verdict)
  return verdict
}

function judge(authorities: readonly X509Certificate[], certificate: X509Certificate): Verdict {
  try {
    const signers = authorities.filter((authority) => hasSigned(authority, certificate))
    if (signers.length === 0) return { flaw: 'no active certificate has signed it directly' }
    const issuers = signers.filter(isIssuer).map(validityOf)
    if (issuers.length === 0) return { flaw: 'the authority that signed it is one that is refused at upload today' }
    const flaw = whyNoClient(certificate)
    return flaw === null ? { own: validityOf(certificate), issuers } : { flaw }
  } catch {
    return { flaw: 'it holds what this server cannot read' }
  }
}

/** `checkIssued` compares names, key identifiers and the authority's key usage; only `verify` looks at the signature. */
const hasSigned = (authority: X509Certificate, certificate: X509Certificate) =>
  certificate.checkIssued(authority) && certificate.verify(authority.publicKey)

/** What was uploaded before it was asked stays in the list, and lets nobody in. */
function isIssuer(authority: X509Certificate): boolean {
  const extensions = extensionsOf(authority.raw)
  return extensions !== null && whyNoIssuer(authority, extensions) === null
}

function whyNoClient(certificate: X509Certificate): string | null {
  if (certificate.ca) return 'it is the certificate of an authority, and a client needs one of its own'
  const extensions = extensionsOf(certificate.raw)
  if (extensions === null) return 'its extensions are not valid'
  if (!isSignedToHold(certificate.raw)) return weakSignature
  if (isBeyondUs(extensions)) return 'it has a critical extension that this server does not know'
  if (!certificate.keyUsage?.includes(CLIENT_AUTH)) {
    return 'its extended key usage does not allow it for TLS clients (clientAuth)'
  }
  const usage = whyNoUse(extensions.get(oids.keyUsage), certificate.publicKey.asymmetricKeyType === 'rsa')
  if (usage !== null) return usage
  if (!extensions.has(oids.subjectKeyIdentifier)) return 'it has no subject key identifier'
  if (!extensions.has(oids.authorityKeyIdentifier)) return 'it has no authority key identifier'
  return certificate.subjectAltName ? null : 'it has no subject alternative name'
}

function whyNoUse(usage: Extension | undefined, rsa: boolean): string | null {
  const allows = (bit: number) => usage !== undefined && hasBits(usage.value, bit)
  if (!allows(usages.digitalSignature)) return 'its key usage does not allow digital signatures (digitalSignature)'
  if (rsa && !allows(usages.keyEncipherment)) return 'its key usage does not allow key encipherment (keyEncipherment)'
  return null
}

const validityOf = (certificate: X509Certificate): Validity => ({
  from: certificate.validFromDate.getTime() / 1000,
  until: certificate.validToDate.getTime() / 1000,
})
