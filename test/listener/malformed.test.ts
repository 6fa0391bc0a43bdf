import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, startGate } from '../gateway/gate.ts'
import { until } from '../gateway/upstream.ts'
import { isRefusal, Wire } from '../gateway/wire.ts'
import { answersNormally, type Door, http, openDoors } from './doors.ts'

/** Bytes that are no HTTP as anybody should understand it; the connection cannot go on behind them. */
const malformed: Record<string, (door: Door) => string | Buffer> = {
  'text that is no request': () => 'hello\r\n\r\n',
  'a TLS greeting': () => Buffer.from('16030100c8010000c40303', 'hex'),
  'the preface of HTTP/2': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'an unknown method': ({ get, key }) => http(`FETCH ${get} HTTP/1.1`, key),
  'a method in lower case': ({ get, key }) => http(`get ${get} HTTP/1.1`, key),
  'a version that is none': ({ get, key }) => http(`GET ${get} HTTP/9.9`, key),
  'a header without a colon': ({ get, key }) => http(`GET ${get} HTTP/1.1`, key, 'no colon here'),
  'a space before the colon': ({ get, key }) => http(`GET ${get} HTTP/1.1`, key, 'x-header : 1'),
  'a NUL in a header': ({ get, key }) => http(`GET ${get} HTTP/1.1`, key, 'x-header: a\0b'),
  'a lone line feed in a header': ({ get, key }) => http(`GET ${get} HTTP/1.1`, key, 'x-header: a\nx-injected: b'),
  'a header without a name': ({ get, key }) => http(`GET ${get} HTTP/1.1`, key, ': 1'),
  'a length that is no number': ({ post, key }) => http(`POST ${post} HTTP/1.1`, key, 'Content-Length: many'),
  'a negative length': ({ post, key }) => http(`POST ${post} HTTP/1.1`, key, 'Content-Length: -1'),
  'a length with a sign': ({ post, key }) => http(`POST ${post} HTTP/1.1`, key, 'Content-Length: +2'),
  'a length beyond all numbers': ({ post, key }) =>
    http(`POST ${post} HTTP/1.1`, key, 'Content-Length: 99999999999999999999'),
  'two lengths': ({ post, key }) => http(`POST ${post} HTTP/1.1`, key, 'Content-Length: 2', 'Content-Length: 3'),
  'a length and chunks': ({ post, key }) =>
    `${http(`POST ${post} HTTP/1.1`, key, 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'chunks and a length': ({ post, key }) =>
    `${http(`POST ${post} HTTP/1.1`, key, 'Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`,
  'chunks inside another coding': ({ post, key }) =>
    http(`POST ${post} HTTP/1.1`, key, 'Transfer-Encoding: chunked, identity'),
  'chunks around another coding': ({ post, key }) =>
    `${http(`POST ${post} HTTP/1.1`, key, 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
  'chunks in HTTP/1.0': ({ post, key }) =>
    `${http(`POST ${post} HTTP/1.0`, key, 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'a version that this is not': ({ get, key }) => http(`GET ${get} HTTP/2.0`, key),
  'two hosts': ({ get, key }) => http(`GET ${get} HTTP/1.1`, key, 'Host: another'),
  'the same host twice': ({ get, key }) => http(`GET ${get} HTTP/1.1`, key, 'host: gate'),
}

for (const [what, bytes] of Object.entries(malformed)) {
  test(`${what} is 400 in the one envelope, and the connection ends`, async () => {
    await using server = await openDoors()
    for (const door of server.doors) {
      using wire = await Wire.open(server.app.url)
      await wire.send(bytes(door))
      isRefusal(await wire.reply('POST'), 400)
      await until(() => wire.ended, 'the end of the connection')
      assert.equal(wire.rest, '')
      await answersNormally(server.app.url, door)
    }
  })
}

/** The same, noticed behind the head: where a refusal needs no body, it may already have been sent. */
const badBodies: Record<string, [coding: string, body: string]> = {
  'a coding nobody knows': ['xchunked', '{}'],
  'a misspelled coding': ['"chunked"', '0\r\n\r\n'],
  'a chunk size that is no number': ['chunked', 'zz\r\n{}\r\n0\r\n\r\n'],
  'a negative chunk size': ['chunked', '-2\r\n{}\r\n0\r\n\r\n'],
  'a chunk size beyond all numbers': ['chunked', 'fffffffffffffffff\r\n'],
  'a chunk longer than it says': ['chunked', '2\r\n{"a":1}\r\n0\r\n\r\n'],
  'a chunk extension without end': ['chunked', `2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`],
}

for (const [what, [coding, body]] of Object.entries(badBodies)) {
  test(`${what} is 4xx in the one envelope, and the connection ends`, async () => {
    await using server = await openDoors()
    for (const door of server.doors) {
      using wire = await Wire.open(server.app.url)
      const lines = ['Content-Type: application/json', `Transfer-Encoding: ${coding}`]
      await wire.send(http(`POST ${door.post} HTTP/1.1`, door.key, ...lines) + body)
      const reply = await wire.reply('POST')
      assert.ok(reply.status >= 400 && reply.status < 500)
      isRefusal(reply, reply.status)
      await until(() => wire.ended, 'the end of the connection')
      await answersNormally(server.app.url, door)
    }
  })
}

test('headers or a URL beyond 16 kB are 431, and the connection ends', async () => {
  await using server = await openDoors()
  for (const door of server.doors) {
    const long = 'x'.repeat(20_000)
    const many = Array.from({ length: 3000 }, (_, i) => `x-${i}: y`)
    const requests = [
      http(`GET ${door.get} HTTP/1.1`, door.key, `x-long: ${long}`),
      http(`GET ${door.get}?${long} HTTP/1.1`, door.key),
      http(`GET ${door.get} HTTP/1.1`, door.key, ...many),
      http(`GET ${door.get} HTTP/1.1`, long),
    ]
    for (const request of requests) {
      using wire = await Wire.open(server.app.url)
      await wire.send(request)
      isRefusal(await wire.reply(), 431)
      await until(() => wire.ended, 'the end of the connection')
    }
    await answersNormally(server.app.url, door)
  }
})

test('a broken chunk in a body is a 400 and reaches no model server', async () => {
  await using gate = await startGate()
  using wire = await Wire.open(gate.app.url)
  const head = http(`POST ${CHAT} HTTP/1.1`, gate.key, 'Content-Type: application/json', 'Transfer-Encoding: chunked')
  await wire.send(`${head}f\r\n{"model": "m1",\r\nzz\r\n`)
  await until(() => wire.ended, 'the end of the connection')
  assert.match(wire.rest, /^HTTP\/1\.1 400 [\s\S]*"type":"invalid_request_error"/)
  assert.equal(wire.rest.match(/HTTP\/1\.1/g)?.length, 1, wire.rest)
  assert.equal(gate.upstream.calls.length, 0)
})
