import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

const algorithms = {
  EC: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RSA: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 },
  Ed25519: { name: 'Ed25519' },
} as const
export type KeyType = keyof typeof algorithms

const { keyCertSign, cRLSign, digitalSignature, keyEncipherment } = x509.KeyUsageFlags
export const usage = {
  ...{ keyCertSign, cRLSign, digitalSignature, keyEncipherment },
  authority: keyCertSign | cRLSign,
  client: digitalSignature | keyEncipherment,
}
const { clientAuth, serverAuth } = x509.ExtendedKeyUsage
export const purpose = { clientAuth, serverAuth }

/** An extension that says whatever it is told to. */
export const extension = (oid: string, value: Uint8Array<ArrayBuffer>, critical = true) =>
  new x509.Extension(oid, critical, value)
/** That an authority signs for hosts named x alone. */
export const nameConstraints = (critical: boolean) =>
  extension('2.5.29.30', Buffer.from('3007a0053003820178', 'hex'), critical)

const DAY_MS = 86_400_000

/** What differs from a flawless authority, or from a flawless client: null leaves an extension out. */
export type CertificateOptions = {
  key?: KeyType
  hash?: 'SHA-1'
  ca?: boolean | null
  usages?: number | null
  subjectKey?: null
  /** `issuer` names the issuer and the serial number instead of the key. */
  authorityKey?: 'issuer' | null
  /** Days from now. */
  validFrom?: number
  expiresIn?: number
  extra?: x509.Extension[]
  issuer?: CertificateAuthority
  /** Object identifiers of the extended key usage. */
  purposes?: string[] | null
  /** The subject alternative names. */
  names?: x509.JsonGeneralNames | null
}
type Keys = { publicKey: CryptoKey; privateKey: CryptoKey }
export type CertificateAuthority = { pem: string; certificate: x509.X509Certificate; keys: Keys }
/** A certificate and its key, as a TLS library takes them. */
export type KeyPair = { cert: string; key: string }

/** A certificate with a fresh key: self-signed unless it is given an issuer. */
export async function makeCertificate(name: string, options: CertificateOptions = {}): Promise<CertificateAuthority> {
  const algorithm = { ...algorithms[options.key ?? 'EC'], ...(options.hash && { hash: options.hash }) }
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as Keys
  const signer = options.issuer?.keys ?? keys
  const subject = `CN=${name}`
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: options.issuer?.certificate.subject ?? subject,
    serialNumber: '01',
    notBefore: new Date(Date.now() + (options.validFrom ?? -1) * DAY_MS),
    notAfter: new Date(Date.now() + (options.expiresIn ?? 365) * DAY_MS),
    signingKey: signer.privateKey,
    publicKey: keys.publicKey,
    signingAlgorithm: {
      ...algorithm,
      ...(options.issuer?.certificate.signatureAlgorithm ?? {}),
      ...(options.hash && { hash: options.hash }),
    },
    extensions: await extensionsOf(options, keys.publicKey, signer.publicKey, subject),
  })
  return { pem: certificate.toString('pem'), certificate, keys }
}

/** A certificate for a client of what this authority opens, flawless unless it is told otherwise. */
export async function makeClient(issuer: CertificateAuthority, options: CertificateOptions = {}): Promise<KeyPair> {
  return pairOf(
    await makeCertificate('client', {
      ca: false,
      usages: options.key === 'RSA' ? usage.client : usage.digitalSignature,
      purposes: [purpose.clientAuth],
      names: [{ type: 'dns', value: 'client.example' }],
      issuer,
      ...options,
    }),
  )
}

/** A certificate for a server on this machine. */
export async function makeServer(issuer: CertificateAuthority): Promise<KeyPair> {
  const names: x509.JsonGeneralNames = [
    { type: 'ip', value: '127.0.0.1' },
    { type: 'dns', value: 'localhost' },
  ]
  return makeClient(issuer, { purposes: [purpose.serverAuth], names })
}

export async function pairOf({ pem, keys }: CertificateAuthority): Promise<KeyPair> {
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return { cert: pem, key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` }
}

async function extensionsOf(
  options: CertificateOptions,
  own: CryptoKey,
  signer: CryptoKey,
  issuer: string,
): Promise<x509.Extension[]> {
  const { ca = true, usages = usage.authority, subjectKey, authorityKey, extra = [] } = options
  const extensions = [...extra]
  if (options.purposes) extensions.push(new x509.ExtendedKeyUsageExtension(options.purposes))
  if (options.names) extensions.push(new x509.SubjectAlternativeNameExtension(options.names))
  if (ca !== null) extensions.push(new x509.BasicConstraintsExtension(ca, undefined, true))
  if (usages !== null) extensions.push(new x509.KeyUsagesExtension(usages, true))
  if (subjectKey !== null) extensions.push(await x509.SubjectKeyIdentifierExtension.create(own))
  if (authorityKey === undefined) extensions.push(await x509.AuthorityKeyIdentifierExtension.create(signer))
  if (authorityKey === 'issuer') {
    const name = new x509.GeneralNames([{ type: 'dn', value: issuer }])
    extensions.push(new x509.AuthorityKeyIdentifierExtension({ name, serialNumber: '01' }))
  }
  return extensions
}
