import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isIn, monthOf } from './month.ts'

test('a month begins with its first millisecond, UTC, and the next begins where it ends', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0) }), (at) => {
      const month = monthOf(at)
      assert.ok(isIn(month, at) && isIn(month, month.from) && !isIn(month, month.to) && !isIn(month, month.from - 1))
      assert.deepEqual(monthOf(month.from), month)
      assert.equal(month.name, new Date(at).toISOString().slice(0, 7))
      assert.equal(monthOf(month.to).from, month.to)
      assert.equal(new Date(month.to).getUTCDate(), 1)
    }),
  )
})

test('the year turns, and February has its leap day', () => {
  assert.deepEqual(monthOf(Date.UTC(2026, 11, 31, 23, 59, 59, 999)), {
    name: '2026-12',
    from: Date.UTC(2026, 11, 1),
    to: Date.UTC(2027, 0, 1),
  })
  assert.equal(monthOf(Date.UTC(2028, 1, 29)).name, '2028-02')
})
