import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pageToken } from './usage.ts'
import type { Dimension } from './usage-entry.ts'
import { placeOf, placeToken } from './usage-place.ts'

const DAY = 86_400
const window = { from: 1_790_553_700, to: 1_790_553_600 + 30 * DAY }
const edge = 1_790_553_600 + 3 * DAY
const groupBy: Dimension[] = ['api_key_id', 'model', 'batch']
const group = ['key_a', 'My Model (Q4).gguf', 1]

const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((value) => !/\p{Cc}|\p{Cs}/u.test(value))

test('a cursor within a bucket leads back to its group, whatever its names are, needs no escaping, and takes padding', () => {
  const from = fc.constantFrom(window.from, edge)
  fc.assert(
    fc.property(text, text, fc.constantFrom(0, 1), from, (key, model, batch, from) => {
      const place = { from, after: [key, model, batch] }
      const token = placeToken(window.from, DAY, place, groupBy)
      assert.match(token, /^page_[\w-]+$/)
      for (const padding of ['', '=', '%3D%3D']) assert.deepEqual(placeOf(token + padding, window, DAY, groupBy), place)
    }),
  )
})

test('one that names a bucket alone is the same as ever', () => {
  const place = { from: edge, after: null }
  assert.equal(placeToken(window.from, DAY, place, groupBy), pageToken(window.from, DAY, edge))
  assert.deepEqual(placeOf(pageToken(window.from, DAY, edge), window, DAY, groupBy), place)
})

test('text that is no cursor of this query leads nowhere', () => {
  const token = placeToken(window.from, DAY, { from: edge, after: group }, groupBy)
  assert.equal(placeOf(token, { ...window, from: window.from + 1 }, DAY, groupBy), null)
  assert.equal(placeOf(token, window, 3600, groupBy), null)
  assert.equal(placeOf(token, { ...window, to: edge }, DAY, groupBy), null)
  for (const other of [[], ['api_key_id'], ['api_key_id', 'batch', 'model'], ['user_id', 'model', 'batch']]) {
    assert.equal(placeOf(token, window, DAY, other as Dimension[]), null, String(other))
  }
  const bucket = pageToken(window.from, DAY, edge)
  const behind = (value: unknown) => bucket + Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const strange of [
    null,
    {},
    [],
    [groupBy],
    [groupBy, null],
    [groupBy, ['key_a', 'm1']],
    [groupBy, ['key_a', 'm1', true]],
    [groupBy, ['key_a', 5, 1]],
    [groupBy, ['key_a', 'm\0', 1]],
    [groupBy, ['key_a', '\ud800', 1]],
    [groupBy, ['key_a', ['m1'], 1]],
    [groupBy, ['key_a', 'm1', 2]],
  ]) {
    assert.equal(placeOf(behind(strange), window, DAY, groupBy), null, JSON.stringify(strange))
  }
  assert.equal(placeOf(behind([groupBy, ['x'.repeat(20_000), 'm1', 1]]), window, DAY, groupBy), null)
  fc.assert(fc.property(fc.string(), (noise) => placeOf(bucket + noise, window, DAY, groupBy)?.after == null))
})
