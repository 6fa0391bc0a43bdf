import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { makeCertificate, usage } from '../../support/certificates.ts'
import { openDoor } from './door.ts'

/** A model server on TLS with a certificate that nobody knows yet. */
async function startTls(): Promise<AsyncDisposable & { origin: string; pem: string }> {
  const extra = [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])]
  const { pem, keys } = await makeCertificate('127.0.0.1', {
    extra,
    usages: usage.authority | usage.digitalSignature,
  })
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${bytes}\n-----END PRIVATE KEY-----\n`
  const server = createServer({ cert: pem, key }, (request, response) => {
    if (request.method === 'GET') response.end('{"object":"list","data":[{"id":"m1"}]}')
    else request.resume().once('end', () => response.end('{"secret":false}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pem,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('a model server on TLS is believed only with a certificate of an authority that this process trusts', async () => {
  await using server = await startTls()
  await using strict = await openDoor({ main: server.origin })
  assert.equal((await strict.post()).status, 502)
  assert.equal(strict.told[0], 'failed main unreachable')

  const before = getCACertificates('default')
  setDefaultCACertificates([...before, server.pem])
  try {
    await using door = await openDoor({ main: server.origin })
    const reply = await door.post()
    assert.deepEqual([reply.status, await reply.text()], [200, '{"secret":false}'])
    assert.deepEqual(await door.upstreams.sources()[0]?.list(), [{ id: 'm1' }])
  } finally {
    setDefaultCACertificates(before)
  }
})
