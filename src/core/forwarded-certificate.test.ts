import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeCertificate, makeClient } from '../../test/support/certificates.ts'
import { forwardedCertificate } from './forwarded-certificate.ts'

const authority = await makeCertificate('authority')
const [mine, theirs] = [(await makeClient(authority)).cert, (await makeClient(authority)).cert]
const [encoded, foreign] = [mine, theirs].map((pem) => encodeURIComponent(pem)) as [string, string]
const der = new X509Certificate(mine).raw.toString('base64')
const isMine = (header: string) =>
  forwardedCertificate(header)?.fingerprint256 === new X509Certificate(mine).fingerprint256

const forms: Record<string, string> = {
  "nginx's escaped PEM": encoded,
  'DER in base64': der,
  "Envoy's element": `By=spiffe://mesh/gate;Hash=${'0a'.repeat(32)};Cert="${encoded}";Subject="CN=client";URI=;DNS=client.example`,
  'an element of the certificate alone': `Cert="${encoded}"`,
  'keys in another case, values without quotes, blanks': ` hash=00 ; cert=${encoded} `,
  'a chain, which begins with the client': `Hash=00;Chain="${encoded}%0A${encodeURIComponent(authority.pem)}"`,
  'a certificate and its chain': `Cert="${encoded}";Chain="${foreign}"`,
  'a subject with separators and quotes': `Cert="${encoded}";Subject="O=\\"a, b; c=d\\",CN=x\\\\"`,
  'several elements, of which the last is the nearest': `Cert="${foreign}",By=x;Cert="${encoded}"`,
  'two headers, which Node joins': `${foreign}, ${encoded}`,
  "a stranger's quote that never closes": `Subject=",Cert="${encoded}"`,
  "a stranger's backslash in front": `${foreign}\\,Cert="${encoded}"`,
}
for (const [what, header] of Object.entries(forms)) {
  test(`a certificate is read from ${what}`, () => {
    for (let i = 0; i < 2; i++) assert.ok(isMine(header))
  })
}

const none: Record<string, string> = {
  'the hash of a certificate only': `By=x;Hash=${'0a'.repeat(32)};Subject="CN=client"`,
  'an element without a certificate behind one that has it': `Cert="${encoded}",Hash=00`,
  'an empty element behind one that has it': `Cert="${encoded}",`,
  'two certificates in one element': `Cert="${encoded}";Cert="${foreign}"`,
  'a certificate inside of a quoted subject': `Hash=00;Subject=",Cert=${encoded};Cert=${encoded}"`,
  'a certificate cut short': encoded.slice(0, -80),
  'base64 of something else': Buffer.from('certificate').toString('base64'),
  'a broken escape': `Cert="-----BEGIN%2"`,
  'a key by another name': `Certificate="${encoded}"`,
  'nothing but blanks': '  ',
}
for (const [what, header] of Object.entries(none)) {
  test(`no certificate is read from ${what}`, () => {
    assert.equal(forwardedCertificate(header), null)
  })
}

test('whatever a stranger wrote in front of it, the last element is the one that counts', () => {
  const piece = fc.constantFrom('"', '\\', ',', ';', '=', 'Cert=', `Cert="${foreign}"`, foreign, ' ', 'x')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => isMine(`${pieces.join('')},Hash=00;Cert="${encoded}"`)),
  )
})

test('no text makes it throw', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('"', '\\', ',', ';', '%', 'Cert="', '-----BEGIN', encoded, der))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      forwardedCertificate(pieces.join(''))
    }),
  )
})
