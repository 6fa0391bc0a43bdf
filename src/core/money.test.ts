import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dollarText, usd } from './money.ts'

test('an amount is written as its own digits, up to the fifteen that every number keeps', () => {
  assert.equal(JSON.stringify(usd(0, 60_000_000)), '0.06')
  assert.equal(JSON.stringify(usd(0, 1)), '1e-9')
  assert.equal(JSON.stringify(usd(123_456, 789_000_001)), '123456.789000001')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 999_999_999 }), (dollars, nanos) => {
      const [whole, rest = ''] = usd(dollars, nanos).toFixed(9).split('.')
      assert.deepEqual([Number(whole), Number(rest)], [dollars, nanos])
    }),
  )
})

test('an amount beyond 2^53 nano-dollars is the number nearest to it', () => {
  assert.equal(usd(9_007_199, 254_740_993), 9_007_199.254740993)
  assert.equal(usd(9_000_000_000, 1), 9_000_000_000)
  fc.assert(
    fc.property(
      fc.integer({ min: 9_007_200, max: 9e9 }),
      fc.integer({ min: 0, max: 999_999_999 }),
      (dollars, nanos) => {
        assert.equal(usd(dollars, nanos), Number(`${dollars}.${String(nanos).padStart(9, '0')}`))
      },
    ),
  )
})

test('people read an amount in dollars and cents, and to the last digit where there is more', () => {
  assert.deepEqual(
    [0n, 10_000_000n, 12_500_000_000n, 1n, 120_000_000n, 123_456_000n, 10n ** 18n + 1n].map(dollarText),
    ['$0.00', '$0.01', '$12.50', '$0.000000001', '$0.12', '$0.123456', '$1000000000.000000001'],
  )
})
