import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyBudget, Held } from './budget.ts'

const MB = 1_000_000

test('no project fills more than half, and small bodies are read while large ones fill the rest', () => {
  const budget = new BodyBudget(256 * MB, 16 * MB)
  const [one, other, third] = [budget.share({}), budget.share({}), budget.share({})]
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

test('a project has one share, whoever asks for it', () => {
  const budget = new BodyBudget(100)
  const project = {}
  budget.share(project).take(50, 50)
  assert.throws(() => budget.share(project).take(1, 1), { code: 'service_unavailable' })
  budget.share({}).take(50, 50)
})
