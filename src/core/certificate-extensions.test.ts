import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { makeCertificate } from '../../test/support/certificates.ts'
import {
  extensionsOf,
  hasBits,
  isAuthority,
  namesAuthorityKey,
  namesSubjectKey,
  oids,
  usages,
} from './certificate-extensions.ts'

const readers = [
  (value: Buffer) => hasBits(value, usages.keyCertSign),
  isAuthority,
  namesSubjectKey,
  namesAuthorityKey,
] as const

let der = Buffer.alloc(0)
before(async () => {
  der = new X509Certificate((await makeCertificate('authority')).pem).raw
})
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Reads all that can be read of these bytes: whatever throws, fails the test. */
function readAll(bytes: Buffer): boolean {
  const extensions = extensionsOf(bytes)
  for (const value of [bytes, ...[...(extensions ?? [])].map(([, { value }]) => value)]) {
    for (const read of readers) assert.ok([true, false, null].includes(read(value)))
  }
  return extensions !== null
}

test("an authority's extensions are found, and what they say", () => {
  const extensions = extensionsOf(der) ?? assert.fail()
  const { basicConstraints, keyUsage, subjectKeyIdentifier, authorityKeyIdentifier } = oids
  assert.deepEqual([...extensions.keys()], [basicConstraints, keyUsage, subjectKeyIdentifier, authorityKeyIdentifier])
  const value = (oid: string) => extensions.get(oid)?.value ?? assert.fail()
  assert.equal(isAuthority(value(basicConstraints)), true)
  assert.equal(hasBits(value(keyUsage), usages.keyCertSign | usages.cRLSign), true)
  assert.equal(hasBits(value(keyUsage), usages.digitalSignature), false)
  assert.equal(namesSubjectKey(value(subjectKeyIdentifier)), true)
  assert.equal(namesAuthorityKey(value(authorityKeyIdentifier)), true)
  assert.deepEqual(
    [...extensions.values()].map(({ critical }) => critical),
    [true, true, false, false],
  )
})

const said: [what: string, read: (value: Buffer) => boolean | null, der: string, answer: boolean | null][] = [
  ['no authority', isAuthority, '30 00', false],
  ['an authority with a path length', isAuthority, '30 06 0101ff 020100', true],
  ['a truth that is not written as DER has it', isAuthority, '30 03 010101', null],
  ['a truth of two bytes', isAuthority, '30 04 0102ffff', null],
  ['a length that is longer than need be', isAuthority, '30 8103 0101ff', null],
  ['a length without end', isAuthority, '30 80 0101ff 0000', null],
  ['something behind it', isAuthority, '30 03 0101ff 00', null],
  ['the bits of a second byte', readers[0], '03 03 07 0680', true],
  ['no bits', readers[0], '03 01 00', false],
  ['bits that count as unused', readers[0], '03 02 03 06', null],
  ['more unused bits than there are', readers[0], '03 01 01', null],
  ['nothing', readers[0], '', null],
  ['an identifier without a byte', namesSubjectKey, '04 00', false],
  ['a serial number alone', namesAuthorityKey, '30 03 820101', false],
  ['what has no place there', namesAuthorityKey, '30 06 800101 830101', null],
  ['a tag of two bytes', namesAuthorityKey, '30 04 9f800101', null],
]
for (const [what, read, text, answer] of said) {
  test(`${what} is read as ${answer}`, () => assert.equal(read(hex(text)), answer))
}

test('a certificate that is cut anywhere is refused and never a failure', () => {
  for (let length = 0; length < der.length; length++) assert.equal(readAll(der.subarray(0, length)), false)
})

test('whatever bytes are given, they are read or refused and never a failure', () => {
  const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
  const changed = change.map((changes) => {
    const bytes = Buffer.from(der)
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte
    return bytes
  })
  const any = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.oneof(changed, any), (bytes) => void readAll(bytes)),
    { numRuns: 3000 },
  )
})

test('elements without content, as many as 64 kB hold, are read at once', () => {
  const much = Buffer.concat([hex('30 83 010000'), Buffer.alloc(0x10000, hex('05 00'))])
  const before = process.cpuUsage()
  assert.equal(isAuthority(much), false)
  readAll(much)
  assert.ok(process.cpuUsage(before).user < 4_000_000, 'each is read once')
})
