import assert from 'node:assert/strict'
import { KeyObject, sign, type webcrypto, X509Certificate } from 'node:crypto'
import { before, describe, test } from 'node:test'
import {
  type CertificateAuthority,
  type CertificateOptions,
  extension,
  type KeyType,
  makeCertificate,
  makeClient,
  nameConstraints,
  purpose,
  usage,
} from '../../test/support/certificates.ts'
import { clientCertificateFlaw } from './client-certificate.ts'

const DAY = 86_400
const now = Math.floor(Date.now() / 1000)
const read = ({ pem }: { pem: string }) => new X509Certificate(pem)
const client = async (issuer: CertificateAuthority, options?: CertificateOptions) =>
  new X509Certificate((await makeClient(issuer, options)).cert)

describe('a client certificate', () => {
  let authority: CertificateAuthority
  let active: readonly X509Certificate[]
  before(async () => {
    authority = await makeCertificate('authority')
    active = [read(authority)]
  })

  for (const authorityKey of ['EC', 'RSA', 'Ed25519'] as KeyType[]) {
    for (const key of ['EC', 'RSA', 'Ed25519'] as KeyType[]) {
      test(`with a key of kind ${key}, signed by an authority with one of kind ${authorityKey}, passes`, async () => {
        const signer = await makeCertificate('authority', { key: authorityKey })
        const certificate = await client(signer, { key })
        const list = [read(signer)]
        for (let i = 0; i < 3; i++) assert.equal(clientCertificateFlaw(list, certificate, now), null)
        assert.notEqual(clientCertificateFlaw([], certificate, now), null)
      })
    }
  }

  test('passes where any of several authorities has signed it, and not where another of the same name has', async () => {
    const [namesake, other] = [await makeCertificate('authority'), await makeCertificate('other')]
    const certificate = await client(authority)
    assert.equal(clientCertificateFlaw([read(other), ...active, read(namesake)], certificate, now), null)
    assert.match(clientCertificateFlaw([read(namesake), read(other)], certificate, now) ?? '', /has signed it directly/)
  })

  test('of a namesake that repeats the key identifiers too is found out by its signature', async () => {
    const forger = await makeCertificate('authority')
    const identifier = authority.certificate.getExtension('2.5.29.14')
    const keyId = Buffer.from(identifier?.value ?? assert.fail()).subarray(2)
    const named = Buffer.concat([Buffer.from([0x30, keyId.length + 2, 0x80, keyId.length]), keyId])
    const forged = await client(forger, { authorityKey: null, extra: [extension('2.5.29.35', named)] })
    assert.ok(forged.checkIssued(active[0] ?? forged))
    assert.match(clientCertificateFlaw(active, forged, now) ?? '', /has signed it directly/)
  })

  test('signed by an intermediate authority does not pass with its root, but does with the intermediate itself', async () => {
    const intermediate = await makeCertificate('intermediate', { issuer: authority })
    const certificate = await client(intermediate)
    assert.match(clientCertificateFlaw(active, certificate, now) ?? '', /has signed it directly/)
    assert.equal(clientCertificateFlaw([read(intermediate)], certificate, now), null)
  })

  test('that is an authority itself does not pass: not the active one, and none below it', async () => {
    const subordinate = await client(authority, { ca: true, usages: usage.client | usage.authority })
    for (const certificate of [...active, subordinate]) {
      assert.match(clientCertificateFlaw(active, certificate, now) ?? '', /certificate of an authority/)
    }
  })

  test('that nobody but its own key has signed does not pass', async () => {
    const options = { ca: false, usages: usage.client, purposes: [purpose.clientAuth] }
    const alone = read(await makeCertificate('authority', options))
    assert.match(clientCertificateFlaw(active, alone, now) ?? '', /has signed it directly/)
  })

  const flaws: Record<string, [CertificateOptions, RegExp]> = {
    'for servers only': [{ purposes: [purpose.serverAuth] }, /clientAuth/],
    'for any purpose but none that is named': [{ purposes: ['2.5.29.37.0'] }, /clientAuth/],
    'without an extended key usage': [{ purposes: null }, /clientAuth/],
    'without a key usage': [{ usages: null }, /digitalSignature/],
    'whose key may not sign': [{ usages: usage.keyEncipherment }, /digitalSignature/],
    'whose RSA key may not encipher keys': [{ key: 'RSA', usages: usage.digitalSignature }, /keyEncipherment/],
    'without a subject key identifier': [{ subjectKey: null }, /subject key identifier/],
    'without an authority key identifier': [{ authorityKey: null }, /authority key identifier/],
    'without a subject alternative name': [{ names: null }, /subject alternative name/],
    'signed with SHA-1': [{ hash: 'SHA-1' }, /signed with SHA-1/],
    'with critical name constraints': [{ extra: [nameConstraints(true)] }, /critical extension/],
    'with a critical extension nobody knows': [
      { extra: [extension('1.2.3.4.5', new Uint8Array([5, 0]))] },
      /critical extension/,
    ],
  }
  for (const [what, [options, reason]] of Object.entries(flaws)) {
    test(`${what} does not pass, and is told why`, async () => {
      assert.match(clientCertificateFlaw(active, await client(authority, options), now) ?? '', reason)
    })
  }

  test('with a good signature of MD5 does not pass', async () => {
    const signer = await makeCertificate('authority', { key: 'RSA' })
    const certificate = signedWithMd5(await client(signer, { key: 'RSA' }), signer.keys.privateKey)
    assert.match(clientCertificateFlaw([read(signer)], certificate, now) ?? '', /signed with SHA-1, MD5/)
  })

  const refusedToday: Record<string, CertificateOptions> = {
    'has name constraints': { extra: [nameConstraints(true)] },
    'is for servers only': { purposes: [purpose.serverAuth] },
    'is signed with SHA-1': { hash: 'SHA-1' },
    'has a critical extension nobody knows': { extra: [extension('1.2.3.4.5', new Uint8Array([5, 0]))] },
  }
  for (const [what, options] of Object.entries(refusedToday)) {
    test(`does not pass with an authority that ${what}, which may have been uploaded before that was asked`, async () => {
      const old = await makeCertificate('authority', options)
      const signer = { ...old, certificate: authority.certificate }
      const certificate = await client(signer)
      assert.match(clientCertificateFlaw([read(old)], certificate, now) ?? '', /refused at upload today/)
    })
  }

  test('for clients and servers, with other extensions, and without basic constraints passes', async () => {
    const constraints = extension('2.5.29.19', new Uint8Array([0x30, 0]))
    for (const options of [
      { purposes: [purpose.serverAuth, purpose.clientAuth], usages: usage.client },
      { ca: null },
      { ca: null, extra: [constraints] },
    ]) {
      assert.equal(clientCertificateFlaw(active, await client(authority, options), now), null)
    }
  })

  test('passes from its first second to before its last, also where it has been judged before', async () => {
    const certificate = await client(authority, { validFrom: 1, expiresIn: 2 })
    const [from, until] = [certificate.validFromDate, certificate.validToDate].map((date) => date.getTime() / 1000)
    assert.ok(from && until)
    const at = (time: number) => clientCertificateFlaw(active, certificate, time)
    assert.match(at(now) ?? '', /not valid yet/)
    assert.match(at(from - 1) ?? '', /not valid yet/)
    assert.equal(at(from), null)
    assert.equal(at(until - 1), null)
    assert.match(at(until) ?? '', /expired/)
    assert.match(at(until + DAY) ?? '', /expired/)
  })

  test('does not pass beyond the life of its authority', async () => {
    const short = await makeCertificate('authority', { expiresIn: 2 })
    const certificate = await client(short)
    const list = [read(short)]
    assert.equal(clientCertificateFlaw(list, certificate, now), null)
    assert.match(clientCertificateFlaw(list, certificate, now + 3 * DAY) ?? '', /authority/)
    assert.match(clientCertificateFlaw(list, certificate, now - 3 * DAY) ?? '', /not valid yet/)
  })
})

/** The same certificate with another signature: of an RSA key, and as long as the one before. */
function signedWithMd5({ raw }: X509Certificate, key: webcrypto.CryptoKey): X509Certificate {
  const changed = raw.toString('hex').replaceAll('2a864886f70d01010b', '2a864886f70d010104')
  const der = Buffer.from(changed, 'hex')
  // Both it and what is signed have lengths of two bytes.
  const toBeSigned = der.subarray(4, 8 + der.readUInt16BE(6))
  const signature = sign('md5', toBeSigned, KeyObject.from(key))
  signature.copy(der, der.length - signature.length)
  return new X509Certificate(der)
}
