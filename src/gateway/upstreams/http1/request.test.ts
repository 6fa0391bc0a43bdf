import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyBeside, headOf, restOfHead } from './request.ts'

const rest = restOfHead('host:8000')
const post = { method: 'POST', path: '/v1/x?a=b', headers: ['accept', 'a/b', 'x-stainless-os', 'é'], body: null }

test('a request is one text: its head and a small body, a character for each byte; a large one stands behind it', () => {
  const head =
    'POST /v1/x?a=b HTTP/1.1\r\nhost: host:8000\r\nconnection: keep-alive\r\naccept: a/b\r\nx-stainless-os: é\r\n'
  assert.equal(headOf(post, rest), `${head}content-length: 0\r\n\r\n`)
  const body = Buffer.from('{"é":1}')
  assert.equal(headOf({ ...post, body }, rest), `${head}content-length: 8\r\n\r\n{"Ã©":1}`)
  assert.equal(bodyBeside({ ...post, body }), null)
  const large = Buffer.alloc(20_000, 'x')
  assert.equal(headOf({ ...post, body: large }, rest), `${head}content-length: 20000\r\n\r\n`)
  assert.equal(bodyBeside({ ...post, body: large }), large)
  assert.match(headOf({ ...post, method: 'DELETE' }, rest), /^DELETE .*é\r\n\r\n$/s)
})

test('no method, path or value makes another request of it', () => {
  for (const bad of ['', 'G ET', 'GET\r\n', 'get']) assert.throws(() => headOf({ ...post, method: bad }, rest), bad)
  for (const bad of ['', '/a b', '/a\r\n', '/a\tb', '/a\0', '/\u2713', '/\x7f']) {
    assert.throws(() => headOf({ ...post, path: bad }, rest), JSON.stringify(bad))
  }
  for (const bad of ['a\r\nb: c', 'a\nb', 'a\rb', '\0', '\x7f', '\u2713']) {
    assert.throws(() => headOf({ ...post, headers: ['a', bad] }, rest), JSON.stringify(bad))
  }
})
