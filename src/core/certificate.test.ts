import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import {
  type CertificateOptions,
  extension,
  type KeyType,
  makeCertificate,
  nameConstraints,
  purpose,
  usage,
} from '../../test/support/certificates.ts'
import { type CaCertificate, readCaCertificate } from './certificate.ts'

const now = Math.floor(Date.now() / 1000)
const DAY = 86_400
const read = (pem: string, at = now) => readCaCertificate(pem, at)

async function accepted(pem: string, at = now): Promise<CaCertificate> {
  const result = await read(pem, at)
  if (typeof result === 'string') assert.fail(result)
  return result
}

let pem = ''
before(async () => {
  pem = (await makeCertificate('authority')).pem
})

for (const key of ['EC', 'RSA', 'Ed25519'] satisfies KeyType[]) {
  test(`a CA with an ${key} key is accepted, with its validity and its PEM as it was given`, async () => {
    const { pem, certificate } = await makeCertificate('authority', { key })
    const { content, valid_at, expires_at } = await accepted(pem)
    assert.equal(content, pem)
    assert.deepEqual(
      [valid_at, expires_at],
      [certificate.notBefore, certificate.notAfter].map((at) => +at / 1000),
    )
  })
}

test('an intermediate CA is accepted: it signs client certificates as a root does', async () => {
  const issuer = await makeCertificate('root')
  await accepted((await makeCertificate('intermediate', { issuer })).pem)
})

for (const purposes of [[purpose.clientAuth], [purpose.serverAuth, purpose.clientAuth], ['2.5.29.37.0']]) {
  test(`a CA whose extended key usage allows it for TLS clients is accepted: ${purposes.join()}`, async () => {
    await accepted((await makeCertificate('authority', { purposes })).pem)
  })
}

test('an intermediate CA that its issuer signed with SHA-1 is refused, and so is one signed with MD5', async () => {
  const issuer = await makeCertificate('root', { key: 'RSA' })
  const { pem } = await makeCertificate('intermediate', { key: 'RSA', issuer })
  await accepted(pem)
  for (const algorithm of ['05', '04']) {
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('hex')
    const changed = der.replaceAll('2a864886f70d01010b', `2a864886f70d0101${algorithm}`)
    assert.match(String(await read(block(Buffer.from(changed, 'hex').toString('base64')))), /signed with SHA-1, MD5/)
  }
})

test('a CA that becomes valid later is accepted, so that a change of authorities can be prepared', async () => {
  const { pem } = await makeCertificate('later', { validFrom: 30 })
  assert.ok((await accepted(pem)).valid_at > now)
})

const flaws: [what: string, options: CertificateOptions, reason: RegExp][] = [
  ['a leaf', { ca: false, usages: usage.digitalSignature }, /not the certificate of a certificate authority/],
  ['one without basic constraints', { ca: null }, /not the certificate of a certificate authority/],
  ['one without key usage', { usages: null }, /keyCertSign/],
  ['one that may not sign certificates', { usages: usage.cRLSign }, /keyCertSign/],
  ['one that may not sign revocation lists', { usages: usage.keyCertSign }, /cRLSign/],
  ['one without a subject key identifier', { subjectKey: null }, /no subject key identifier/],
  ['one without an authority key identifier', { authorityKey: null }, /no authority key identifier/],
  ['one whose authority key identifier names no key', { authorityKey: 'issuer' }, /no authority key identifier/],
  ['one that is signed with SHA-1', { hash: 'SHA-1' }, /signed with SHA-1/],
  ['one with an RSA key that is signed with SHA-1', { key: 'RSA', hash: 'SHA-1' }, /signed with SHA-1/],
  ['one for servers only', { purposes: [purpose.serverAuth] }, /clientAuth/],
  ['one with critical name constraints', { extra: [nameConstraints(true)] }, /name constraints/],
  ['one with name constraints that are not critical', { extra: [nameConstraints(false)] }, /name constraints/],
  [
    'one with a critical extension nobody knows',
    { extra: [extension('1.2.3.4.5', Buffer.from([5, 0]))] },
    /critical extension/,
  ],
  ['an expired one', { validFrom: -9, expiresIn: -1 }, /has expired/],
  ['one that expires within a day', { expiresIn: 0.9 }, /expires within a day/],
  [
    'one with an extension twice',
    { extra: [extension('2.5.29.14', Buffer.from([4, 1, 9]))] },
    /extensions are not valid/,
  ],
]
for (const [what, options, reason] of flaws) {
  test(`${what} is refused, and the reason says so`, async () => {
    const { pem } = await makeCertificate('flawed', options)
    assert.match(String(await read(pem)), reason)
  })
}

test('a certificate is accepted while it has more than a day to live, to the second', async () => {
  const { expires_at } = await accepted(pem)
  await accepted(pem, expires_at - DAY - 1)
  assert.match(String(await read(pem, expires_at - DAY)), /within a day/)
  assert.match(String(await read(pem, expires_at)), /has expired/)
})

test('a self-signed certificate that was changed after it was signed is refused', async () => {
  const { certificate } = await makeCertificate('authority', { key: 'RSA' })
  const der = Buffer.from(certificate.rawData)
  der.writeUInt8(der.readUInt8(der.length - 9) ^ 1, der.length - 9)
  const changed = block(der.toString('base64'))
  assert.match(String(await read(changed)), /signature is wrong/)
})

const base64 = () => pem.replace(/-----[^-]+-----|\s/g, '')
const block = (body: string, label = 'CERTIFICATE') => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`

const readable: [what: string, text: () => string][] = [
  ['Windows line ends', () => pem.replaceAll('\n', '\r\n')],
  ['one long line', () => block(base64())],
  ['text around it', () => `Certificate:\n    Data: Version 3\n${pem}\n\ntrailing words\n`],
  ['line breaks written as backslash and n, as in the published example', () => pem.replaceAll('\n', '\\n')],
]
for (const [what, text] of readable) {
  test(`PEM with ${what} is read`, async () => {
    const { content } = await accepted(text())
    assert.match(content, /^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----$/)
  })
}

const garbage: [what: string, text: () => string, reason: RegExp][] = [
  ['nothing', () => '', /not one PEM block/],
  ['words', () => 'hello', /not one PEM block/],
  ['base64 without its frame', () => base64(), /not one PEM block/],
  ['half a block', () => pem.slice(0, 200), /not one PEM block/],
  [
    'an end before the beginning',
    () =>
      pem
        .split(/(?<=-----)\n/)
        .reverse()
        .join('\n'),
    /not one PEM block/,
  ],
  ['another label', () => block(base64(), 'TRUSTED CERTIFICATE'), /not one PEM block/],
  ['a block with headers', () => block(`Proc-Type: 4\n\n${base64()}`), /not valid base64/],
  ['an empty block', () => block(''), /not valid base64/],
  ['broken padding', () => block(`${base64()}=`), /not valid base64/],
  ['base64 of something else', () => block(Buffer.from('hello').toString('base64')), /not an X.509 certificate/],
  ['PEM in PEM', () => block(Buffer.from(`${pem}\n`).toString('base64')), /not an X.509 certificate/],
  [
    'bytes behind the certificate',
    () => block(Buffer.concat([Buffer.from(base64(), 'base64'), Buffer.from('x')]).toString('base64')),
    /not an X.509 certificate/,
  ],
  ['a chain', () => `${pem}\n${pem}`, /holds 2 certificates/],
  ['a certificate and its key', () => `${pem}\n${block('MC4C', 'EC PRIVATE KEY')}`, /private key/],
  ['a key alone', () => block('MC4C', 'PRIVATE KEY'), /private key/],
  ['16 kB', () => pem.padEnd(16_384), /has 16384 bytes/],
  ['a megabyte', () => '-----BEGIN '.repeat(100_000), /bytes/],
  ['markers without end', () => '-----BEGIN '.repeat(1_400), /not one PEM block/],
]
for (const [what, text, reason] of garbage) {
  test(`${what} is refused, and the reason says so`, async () => {
    assert.match(String(await read(text())), reason)
  })
}

test('just under 16 kB is read', async () => {
  await accepted(pem.padEnd(16_383))
})

test('structures that nest as deep as 16 kB allows are refused at once', async () => {
  let nested = Buffer.alloc(0)
  for (let depth = 0; depth < 2_800; depth++) {
    const { length } = nested
    const size = length < 128 ? [length] : [0x82, length >> 8, length & 255]
    nested = Buffer.concat([Buffer.from([48, ...size]), nested])
  }
  const { pem } = await makeCertificate('nested', { ca: null, extra: [extension('2.5.29.19', nested)] })
  await read('warm')
  const before = process.cpuUsage()
  assert.equal(typeof (await read(pem)), 'string')
  assert.ok(process.cpuUsage(before).user < 2_000_000, 'it is read once, and not for each level')
})

test('whatever text is given, the answer is a reason and never a failure', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.base64String().map((body) => block(body)),
  )
  await fc.assert(fc.asyncProperty(text, async (text) => typeof (await read(text)) === 'string'))
})

test('a certificate with any bytes changed is read or refused, and never a failure', async () => {
  const der = Buffer.from(base64(), 'base64')
  const change = fc.array(fc.tuple(fc.nat(der.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(change, async (changes) => {
      const bytes = Buffer.from(der)
      for (const [at, byte] of changes) bytes[at] = byte
      const result = await read(block(bytes.toString('base64')))
      assert.ok(typeof result === 'string' || result.expires_at > now + DAY)
    }),
    { numRuns: 500 },
  )
})
