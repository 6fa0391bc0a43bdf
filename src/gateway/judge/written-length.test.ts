import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LONG_STRING } from '../body/json-scan.ts'
import { writtenLength } from './written-length.ts'

test('a value is as long as JSON writes it', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\ud800', '\u007f', '"\\\n', -0),
  )
  fc.assert(
    fc.property(fc.oneof(value, fc.array(value), fc.dictionary(fc.string(), value)), (value) => {
      assert.equal(writtenLength(value), JSON.stringify(value).length)
    }),
  )
})

test('a long string counts as it is, whatever is in it', () => {
  assert.equal(writtenLength('"'.repeat(LONG_STRING + 1)), LONG_STRING + 3)
})
