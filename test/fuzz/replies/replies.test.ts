import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSeed } from '../../support/seeded.ts'
import { fuzzReplies } from './fuzz.ts'

test('of 5,000 replies that were changed at random, what our client takes Node takes alike, however they are cut', async (t) => {
  const seed = newSeed()
  const { taken, refused, faults } = await fuzzReplies({ seed, replies: 5000 })
  t.diagnostic(`seed ${seed}: ${taken} taken, ${refused} refused`)
  assert.deepEqual(faults, [])
  // Neither is the rule, or the comparison would say nothing.
  assert.ok(taken > 1000 && refused > 1000, `${taken} taken, ${refused} refused`)
})
