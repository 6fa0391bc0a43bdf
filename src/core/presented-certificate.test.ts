import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import { makeCertificate, makeClient } from '../../test/support/certificates.ts'
import { clientCertificateOf } from './presented-certificate.ts'

const authority = await makeCertificate('authority')
const [own, forwarded] = [(await makeClient(authority)).cert, (await makeClient(authority)).cert]
const proxies = new BlockList()
proxies.addAddress('192.0.2.7')

/** A connection from this address, with a certificate in its handshake or without. */
const socket = (remoteAddress: string, pem?: string) => ({
  remoteAddress,
  getPeerX509Certificate: () => (pem === undefined ? undefined : new X509Certificate(pem)),
})
const header = { 'x-forwarded-client-cert': encodeURIComponent(forwarded) }
const is = (found: X509Certificate | string, pem: string) =>
  assert.equal(typeof found !== 'string' && found.fingerprint256, new X509Certificate(pem).fingerprint256)

test("a stranger's certificate is that of the handshake, whatever its headers say", () => {
  is(clientCertificateOf({ socket: socket('203.0.113.9', own), headers: header }, proxies), own)
  is(clientCertificateOf({ socket: socket('192.0.2.7', own), headers: header }, null), own)
  for (const connection of [socket('203.0.113.9'), { remoteAddress: '203.0.113.9' }, {}]) {
    assert.match(String(clientCertificateOf({ socket: connection, headers: header }, proxies)), /came without one/)
  }
})

test('a trusted proxy names the certificate of its client, in each request anew', () => {
  for (const address of ['192.0.2.7', '::ffff:192.0.2.7']) {
    const connection = socket(address)
    is(clientCertificateOf({ socket: connection, headers: header }, proxies), forwarded)
    is(
      clientCertificateOf(
        { socket: connection, headers: { 'x-forwarded-client-cert': encodeURIComponent(own) } },
        proxies,
      ),
      own,
    )
    assert.match(String(clientCertificateOf({ socket: connection, headers: {} }, proxies)), /passed none on/)
    const broken = { 'x-forwarded-client-cert': 'Hash=00' }
    assert.match(
      String(clientCertificateOf({ socket: connection, headers: broken }, proxies)),
      /no certificate that can be read/,
    )
  }
})

test('nobody passes with the certificate that a proxy connects with itself', () => {
  const connection = socket('192.0.2.7', own)
  assert.match(String(clientCertificateOf({ socket: connection, headers: {} }, proxies)), /passed none on/)
  is(clientCertificateOf({ socket: connection, headers: header }, proxies), forwarded)
})

test('a connection is asked for its certificate once', () => {
  let asked = 0
  const connection = {
    remoteAddress: '203.0.113.9',
    getPeerX509Certificate: () => {
      asked++
      return new X509Certificate(own)
    },
  }
  const first = clientCertificateOf({ socket: connection, headers: {} }, null)
  assert.equal(clientCertificateOf({ socket: connection, headers: {} }, null), first)
  assert.equal(asked, 1)
})
