import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyBudget, Held } from './budget.ts'

const MB = 1_000_000

test('no project fills more than half, and small bodies are read while large ones fill the rest', () => {
  const budget = new BodyBudget(256 * MB, 16 * MB)
  const [one, other, third] = [budget.share('one'), budget.share('other'), budget.share('third')]
  const isFull = { code: 'service_unavailable' }
  const ofOne = new Held(one)
  ofOne.take(128 * MB)
  assert.throws(() => new Held(one).take(1), isFull)
  new Held(other).take(112 * MB)
  assert.throws(() => new Held(third).take(1 * MB), isFull, 'the rest is for small bodies')
  new Held(third).take(60_000)
  ofOne.release()
  new Held(third).take(1 * MB)
  new Held(one).take(1)
  assert.equal(budget.used, 113 * MB + 60_001)
})

test('a project has one share, whoever asks for it and whatever changed meanwhile', () => {
  const budget = new BodyBudget(100)
  const held = new Held(budget.share('proj_1'))
  held.take(50)
  assert.throws(() => new Held(budget.share('proj_1')).take(1), { code: 'service_unavailable' })
  assert.throws(() => new Held(budget.share('proj_1')).check(1), { code: 'service_unavailable' })
  const other = new Held(budget.share('proj_2'))
  other.take(50)
  held.give(20)
  other.give(20)
  new Held(budget.share('proj_1')).take(20)
  assert.throws(() => new Held(budget.share('proj_1')).take(1), { code: 'service_unavailable' })
})

test('of a project that holds nothing nothing is kept, and what could not be taken counts nowhere', () => {
  const budget = new BodyBudget(100)
  for (let i = 0; i < 1000; i++) {
    const held = new Held(budget.share(`proj_${i}`))
    held.take(40)
    assert.throws(() => held.take(11), { code: 'service_unavailable' })
    held.take(0)
    held.give(10)
    held.release()
    held.release()
    new Held(budget.share(`proj_${i}`)).take(0)
  }
  assert.deepEqual([budget.used, budget.projects], [0, 0])
})
