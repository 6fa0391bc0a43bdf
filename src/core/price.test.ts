import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Price } from './catalogue.ts'
import { costEntries, costOf, worstCost } from './price.ts'

const MOST = Number.MAX_SAFE_INTEGER
/** From free to far dearer than anything sold, with prices that do not divide evenly. */
const price: fc.Arbitrary<Price> = fc.record({
  input: fc.nat(2 ** 31 - 1),
  cachedInput: fc.nat(2 ** 31 - 1),
  output: fc.oneof(fc.nat(2 ** 31 - 1), fc.maxSafeNat()),
})
const count = fc.oneof(fc.nat(100), fc.nat(10_000_000), fc.maxSafeNat())
const tokens = fc
  .record({ inputTokens: count, cachedInputTokens: count, outputTokens: count })
  .map((used) => ({ ...used, cachedInputTokens: Math.min(used.cachedInputTokens, used.inputTokens) }))

test('a call costs its tokens at their prices, rounded up once to whole nano-dollars', () => {
  fc.assert(
    fc.property(price, tokens, (price, used) => {
      const exact =
        BigInt(used.inputTokens - used.cachedInputTokens) * BigInt(price.input) +
        BigInt(used.cachedInputTokens) * BigInt(price.cachedInput) +
        BigInt(used.outputTokens) * BigInt(price.output)
      const rounded = exact / 1_000_000n + (exact % 1_000_000n > 0n ? 1n : 0n)
      assert.equal(BigInt(costOf({ price }, used)), rounded < BigInt(MOST) ? rounded : BigInt(MOST))
    }),
    { numRuns: 1000 },
  )
})

test('line items add up to the total exactly, and their units to the tokens', () => {
  fc.assert(
    fc.property(price, tokens, (price, used) => {
      const entries = costEntries({ id: 'm1', price }, used)
      const sum = (values: number[]) => values.reduce((total, value) => total + BigInt(value), 0n)
      assert.equal(sum(entries.map(({ amount_nano }) => amount_nano)), BigInt(costOf({ price }, used)))
      assert.equal(sum(entries.map(({ units }) => units)), BigInt(used.inputTokens) + BigInt(used.outputTokens))
      for (const { units, amount_nano } of entries)
        assert.ok(units > 0 && Number.isSafeInteger(amount_nano) && amount_nano >= 0)
    }),
    { numRuns: 1000 },
  )
})

test('what a call can cost at most is never less than what it does cost', () => {
  fc.assert(
    fc.property(price, tokens, fc.nat(1000), fc.nat(1000), (price, used, moreInput, moreOutput) => {
      const worst = worstCost(price, used.inputTokens + moreInput, used.outputTokens + moreOutput)
      assert.ok(worst >= costOf({ price }, used))
    }),
    { numRuns: 1000 },
  )
})

test('the line items are named as the original names them', () => {
  const price = { input: 150_000_000, cachedInput: 75_000_000, output: 600_000_000 }
  const used = { inputTokens: 1000, cachedInputTokens: 400, outputTokens: 10 }
  assert.deepEqual(costEntries({ id: 'm1', price }, used), [
    { line_item: 'm1, input_tokens', quantity_unit: 'tokens', units: 600, amount_nano: 90_000 },
    { line_item: 'm1, cached_input_tokens', quantity_unit: 'tokens', units: 400, amount_nano: 30_000 },
    { line_item: 'm1, output_tokens', quantity_unit: 'tokens', units: 10, amount_nano: 6000 },
  ])
  assert.equal(worstCost(price, 1000, 10), 156_000)
})

test('a model without a price costs nothing and has no line items; a free one has items without an amount', () => {
  const used = { inputTokens: 5, cachedInputTokens: 0, outputTokens: 0 }
  assert.equal(costOf({ price: null }, used), 0)
  assert.deepEqual(costEntries({ id: 'm1', price: null }, used), [])
  const free = { input: 0, cachedInput: 0, output: 0 }
  assert.deepEqual(costEntries({ id: 'm1', price: free }, used), [
    { line_item: 'm1, input_tokens', quantity_unit: 'tokens', units: 5, amount_nano: 0 },
  ])
})

test('nonsense from a model server or a file breaks nothing and is never a gift beyond what it says', () => {
  const price = { input: 1_000_000, cachedInput: 0, output: 1_000_000 }
  for (const inputTokens of [Number.NaN, -5, Number.NEGATIVE_INFINITY]) {
    assert.equal(costOf({ price }, { inputTokens, cachedInputTokens: Number.NaN, outputTokens: 1 }), 1)
  }
  assert.equal(costOf({ price }, { inputTokens: 10, cachedInputTokens: 99, outputTokens: 0 }), 0)
  assert.equal(
    costOf({ price }, { inputTokens: Number.POSITIVE_INFINITY, cachedInputTokens: 0, outputTokens: 9 }),
    MOST,
  )
  const endless = { input: Number.POSITIVE_INFINITY, cachedInput: 0, output: 0 }
  assert.equal(costOf({ price: endless }, { inputTokens: 1, cachedInputTokens: 0, outputTokens: 0 }), 9_007_199_255)
})
