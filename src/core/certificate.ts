import { X509Certificate } from 'node:crypto'
import {
  extensionsOf,
  hasBits,
  isAuthority,
  namesAuthorityKey,
  namesSubjectKey,
  oids,
  usages,
} from './certificate-extensions.ts'
import { whyNoIssuer } from './certificate-issuer.ts'

/** A certificate authority's certificate. Times are Unix seconds. */
export type CaCertificate = {
  /** The PEM block as it was given, without what stood around it. */
  content: string
  valid_at: number
  expires_at: number
}

/** In bytes. */
const TOO_LARGE = 16_384
const DAY = 86_400

/**
 * Reads one CA certificate, the kind that directly signs client certificates. What is asked of it are the original's rules
 * for uploads (help.openai.com, article 10876024): PEM, less than 16 kB, CA, key usage for certificates and revocation
 * lists, subject and authority key identifiers, and more than a day to live. What would restrict it and is not enforced here is
 * refused, and so are signatures that do not hold.
 * @param now Unix seconds
 * @returns the certificate, or the reason to refuse it, to stand behind a colon; nothing that is given makes it throw
 */
export function readCaCertificate(text: string, now: number): CaCertificate | string {
  const size = Buffer.byteLength(text)
  if (size >= TOO_LARGE) return `it has ${size} bytes, and a certificate must have less than ${TOO_LARGE}`
  const block = onlyBlock(text)
  if ('reason' in block) return block.reason
  const certificate = parse(block.der)
  if (certificate === null) return 'what the PEM block holds is not an X.509 certificate'
  const reason = whyNoAuthority(certificate) ?? whyNoTrust(certificate)
  if (reason !== null) return reason
  const valid_at = seconds(certificate.validFromDate)
  const expires_at = seconds(certificate.validToDate)
  if (!Number.isSafeInteger(valid_at) || !Number.isSafeInteger(expires_at)) return 'its validity period is not readable'
  if (expires_at <= now) return 'it has expired'
  if (expires_at <= now + DAY) return 'it expires within a day'
  return { content: block.content, valid_at, expires_at }
}

/** The one certificate of a PEM text. Text around it, as `openssl x509 -text` writes it, is no part of it. */
function onlyBlock(text: string): { content: string; der: Buffer } | { reason: string } {
  // The published example writes line breaks as \n in text. A backslash has no other meaning in PEM.
  const pem = text.replace(/(?:\\r)?\\n/g, '\n')
  const markers = [...pem.matchAll(/-----(BEGIN|END) ([^-\n]*)-----/g)]
  if (markers.some(([, , label = '']) => label.endsWith('PRIVATE KEY'))) {
    return { reason: 'it holds a private key, which must stay where it is; give the certificate alone' }
  }
  const count = markers.filter(([, edge, label]) => edge === 'BEGIN' && label === 'CERTIFICATE').length
  if (count > 1) return { reason: `it holds ${count} certificates; give one, without its chain` }
  const [begin, end] = markers
  if (
    markers.length !== 2 ||
    begin?.[0] !== '-----BEGIN CERTIFICATE-----' ||
    end?.[0] !== '-----END CERTIFICATE-----'
  ) {
    return { reason: 'it is not one PEM block from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----' }
  }
  const base64 = pem.slice(begin.index + begin[0].length, end.index).replace(/\s+/g, '')
  const der = Buffer.from(base64, 'base64')
  if (base64 === '' || der.toString('base64') !== base64) return { reason: 'its PEM block is not valid base64' }
  return { content: pem.slice(begin.index, end.index + end[0].length), der }
}

function parse(der: Buffer): X509Certificate | null {
  try {
    const certificate = new X509Certificate(der)
    // OpenSSL reads over what follows a certificate, and it looks for PEM inside of what is not one.
    return certificate.raw.equals(der) ? certificate : null
  } catch {
    return null
  }
}

/** What the extensions must say, and why a certificate is refused in which one says otherwise or is not there. */
const demands: [oid: string, holds: (value: Buffer) => boolean | null, reason: string][] = [
  [
    oids.basicConstraints,
    isAuthority,
    'it is not the certificate of a certificate authority (basic constraints without CA:TRUE)',
  ],
  [
    oids.keyUsage,
    (value) => hasBits(value, usages.keyCertSign),
    'its key usage does not allow to sign certificates (keyCertSign)',
  ],
  [
    oids.keyUsage,
    (value) => hasBits(value, usages.cRLSign),
    'its key usage does not allow to sign revocation lists (cRLSign)',
  ],
  [oids.subjectKeyIdentifier, namesSubjectKey, 'it has no subject key identifier'],
  [oids.authorityKeyIdentifier, namesAuthorityKey, 'it has no authority key identifier that names a key (keyid)'],
]

const unreadable = 'its extensions are not valid'

function whyNoAuthority(certificate: X509Certificate): string | null {
  const extensions = extensionsOf(certificate.raw)
  if (extensions === null) return unreadable
  for (const [oid, holds, reason] of demands) {
    const extension = extensions.get(oid)
    const held = extension !== undefined && holds(extension.value)
    if (held === null) return unreadable
    if (!held) return reason
  }
  // OpenSSL reads all of them, and more of each.
  return certificate.ca ? whyNoIssuer(certificate, extensions) : unreadable
}

/** A key that cannot be read here verifies nothing; one that did not make its own certificate's signature is not its own. */
function whyNoTrust(certificate: X509Certificate): string | null {
  try {
    const key = certificate.publicKey
    const ownSignature = !certificate.checkIssued(certificate) || certificate.verify(key)
    return ownSignature ? null : 'it is self-signed, and its signature is wrong'
  } catch {
    return 'its public key is of a kind that this server cannot use'
  }
}

const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
