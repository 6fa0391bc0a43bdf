import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bodies, BodyBudget, type BodyLimits, Held } from './budget.ts'
import { createBodyMemory, SharedBodyBudget } from './shared-budget.ts'

const MB = 1_000_000

/** Each kind of budget. */
const kinds: Record<string, (limits: BodyLimits) => Bodies> = {
  'one thread': (limits) => new BodyBudget(limits),
  'one of several threads': (limits) => new SharedBodyBudget(createBodyMemory(limits, 3), 1),
}

for (const [kind, budgetOf] of Object.entries(kinds)) {
  test(`${kind}: no project fills more than half, and small bodies are read while large ones fill the rest`, () => {
    const budget = budgetOf({ limitBytes: 256 * MB, forSmall: 16 * MB })
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

  test(`${kind}: a project has one share, whoever asks for it and whatever changed meanwhile`, () => {
    const budget = budgetOf({ limitBytes: 100, forSmall: 0 })
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

  test(`${kind}: of a project that holds nothing nothing is kept, and what could not be taken counts nowhere`, () => {
    const budget = budgetOf({ limitBytes: 100, forSmall: 0 })
    for (let i = 0; i < 20_000; i++) {
      const held = new Held(budget.share(`proj_${i}`))
      held.take(40)
      assert.throws(() => held.take(11), { code: 'service_unavailable' })
      held.take(0)
      held.give(10)
      held.release()
      held.release()
      new Held(budget.share(`proj_${i}`)).take(0)
    }
    assert.equal(budget.used, 0)
    if (budget instanceof BodyBudget) assert.equal(budget.projects, 0)
  })
}

test('threads have one budget and a project one share of it, and what a thread held is given back when it is no more', () => {
  const memory = createBodyMemory({ limitBytes: 100, forSmall: 0 }, 2)
  const [one, other] = [new SharedBodyBudget(memory, 0), new SharedBodyBudget(memory, 1)]
  const isFull = { code: 'service_unavailable' }
  new Held(one.share('proj_1')).take(30)
  const held = new Held(other.share('proj_1'))
  held.take(20)
  for (const budget of [one, other]) assert.throws(() => new Held(budget.share('proj_1')).take(1), isFull)
  new Held(one.share('proj_2')).take(50)
  assert.throws(() => new Held(other.share('proj_3')).take(1), isFull)
  assert.deepEqual([one.used, other.used], [80, 20])
  new SharedBodyBudget(memory, 2).bury(0)
  assert.deepEqual([one.used, other.used], [0, 20])
  new Held(other.share('proj_1')).take(30)
  assert.throws(() => new Held(other.share('proj_1')).take(1), isFull)
  new Held(other.share('proj_2')).take(50)
})
