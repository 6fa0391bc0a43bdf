import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inBytes } from './in-bytes.ts'

test('texts are in the order of their bytes, those of two halves too', () => {
  const text = fc
    .array(fc.constantFrom('', 'a', 'b', 'z', 'é', '\ud7ff', '\ue000', '\uffff', '\u{1f600}'))
    .map((some) => some.join(''))
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(inBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
  assert.ok(inBytes('\ue000', '\u{1f600}') < 0 && '\ue000' > '\u{1f600}')
})
