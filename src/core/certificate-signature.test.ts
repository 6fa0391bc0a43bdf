import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSignedToHold } from './certificate-signature.ts'

const der = (tag: number, ...parts: Buffer[]) => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, content.length]), content])
}
const oid = (hex: string) => der(6, Buffer.from(hex, 'hex'))
const none = der(5)
const certificate = (...algorithm: Buffer[]) =>
  der(0x30, der(0x30), der(0x30, ...algorithm), der(3, Buffer.from([0, 1])))
const pss = (...parameters: Buffer[]) => certificate(oid('2a864886f70d01010a'), der(0x30, ...parameters))
const hash = (hex: string) => der(0xa0, der(0x30, oid(hex), none))

const rows: [algorithm: string, raw: Buffer, holds: boolean][] = [
  ['RSA with SHA-256', certificate(oid('2a864886f70d01010b'), none), true],
  ['RSA with SHA-512', certificate(oid('2a864886f70d01010d'), none), true],
  ['ECDSA with SHA-384', certificate(oid('2a8648ce3d040303')), true],
  ['Ed25519', certificate(oid('2b6570')), true],
  ['Ed448', certificate(oid('2b6571')), true],
  ['ECDSA with SHA3-256', certificate(oid('60864801650304030a')), true],
  ['ML-DSA-65', certificate(oid('608648016503040312')), true],
  ['RSA-PSS with SHA-256', pss(hash('608648016503040201')), true],
  ['RSA-PSS with SHA-1', pss(hash('2b0e03021a')), false],
  ['RSA-PSS that names no hash, which is SHA-1', pss(), false],
  ['RSA-PSS with MD5', pss(hash('2a864886f70d0205')), false],
  ['RSA with SHA-1', certificate(oid('2a864886f70d010105'), none), false],
  ['RSA with SHA-1, under its older name', certificate(oid('2b0e03021d'), none), false],
  ['RSA with MD5', certificate(oid('2a864886f70d010104'), none), false],
  ['RSA with MD2', certificate(oid('2a864886f70d010102'), none), false],
  ['ECDSA with SHA-1', certificate(oid('2a8648ce3d0401')), false],
  ['ECDSA with whatever hash is recommended', certificate(oid('2a8648ce3d0402')), false],
  ['DSA with SHA-1', certificate(oid('2a8648ce380403')), false],
  ['RSA with RIPEMD-160', certificate(oid('2b2403030102'), none), false],
  ['what nobody knows', certificate(oid('2a03040506')), false],
  ['no algorithm', certificate(), false],
  ['no certificate', Buffer.from('hello'), false],
]
for (const [algorithm, raw, holds] of rows) {
  test(`a signature of ${algorithm} ${holds ? 'holds' : 'does not hold'}`, () =>
    assert.equal(isSignedToHold(raw), holds))
}
