import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namedOrigins, origins } from './origins.ts'

test('origins are those that browsers would say, any, or none', () => {
  assert.equal(origins('*'), 'any')
  assert.deepEqual(origins('none'), new Set())
  const written = 'https://App.example:443 , http://localhost:3000,tauri://localhost,http://[::1]:80'
  const read = ['https://app.example', 'http://localhost:3000', 'tauri://localhost', 'http://[::1]']
  for (const parse of [origins, namedOrigins]) assert.deepEqual(parse(written), new Set(read))
})

test('what no browser says is a mistake, and any origin is one where names are asked for', () => {
  const wrong = ['https://a/', 'https://a/x', 'a.example', 'https://*.a', 'https://a,none', 'https://a,', 'null', '*,a']
  for (const text of [...wrong, 'https://u@a', 'https://a b', 'https://a?x', 'https://a:b']) {
    assert.throws(() => origins(text), /is no origin/, text)
  }
  assert.throws(() => namedOrigins('*'), /is no origin/)
})
