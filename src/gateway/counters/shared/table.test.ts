import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareMemory } from '../../../../test/gateway/shared-memory.ts'
import { MINUTE_MS } from '../../../core/limit.ts'
import type { SharedCounters } from './counters.ts'
import { Places } from './place.ts'
import { Table } from './table.ts'

const window = (key: string, limit = 10) => ({ key: `org-x/${key}`, limit, periodMs: MINUTE_MS })
const take = (counters: SharedCounters | undefined, key: string, cost = 1) =>
  (counters ?? assert.fail()).take({ windows: [window(key)], costs: [cost], money: null })
const levelOf = (counters: SharedCounters | undefined, key: string) => {
  const decision = take(counters, key, 0)
  return 'levels' in decision ? decision.levels[0] : assert.fail()
}

test('keys whose hashes begin alike, or are alike in all but one of four parts, share no slot', () => {
  const ints = new Int32Array(64 * 2 * 8)
  const table = new Table(ints, 0, 64, 8, () => 0)
  const parts = { a: 5, b: 6, c: 7, d: 8 }
  const places = [
    parts,
    { ...parts, b: 1 },
    { ...parts, c: 1 },
    { ...parts, d: 1 },
    { ...parts, a: 7 },
    { ...parts, c: 7 + 64 },
  ]
  const words = places.map((parts) => {
    const place = { ...parts, word: -1 }
    assert.equal(table.find(place), -1)
    const word = table.room(place)
    table.give(word, place)
    return word
  })
  assert.equal(new Set(words).size, places.length)
  assert.deepEqual(
    places.map((parts) => table.find({ ...parts, word: -1 })),
    words,
  )
  // What was remembered of another is looked up anew.
  assert.equal(table.find({ ...parts, word: words[1] ?? 0 }), words[0])
})

test('keys are hashed with a secret, to what no two of a hundred thousand share', () => {
  const [places, others] = [new Places('one', (place) => place), new Places('other', (place) => place)]
  const seen = new Set<string>()
  for (let i = 0; i < 100_000; i++) {
    const { a, b, c, d } = places.of(`org-x/${i}`)
    seen.add(`${a} ${b} ${c} ${d}`)
  }
  assert.equal(seen.size, 100_000)
  assert.notDeepEqual(places.of('org-x/1'), others.of('org-x/1'))
})

test('where there is no room for more windows, calls that need one are refused with a 503 until some have drained', () => {
  using shared = shareMemory({ windows: 64 })
  const [first, second] = shared.counters
  for (let i = 0; i < 64; i++) take(first, `${i}`)
  assert.throws(() => take(second, 'more'), { status: 503 })
  assert.throws(() => second?.take({ windows: [window('1'), window('more')], costs: [1, 1], money: null }), {
    status: 503,
  })
  // Nothing was taken by those, and what has a place goes on.
  assert.equal(levelOf(second, '1'), 1)
  assert.ok(take(second, '1').taken)
  shared.time.ms += MINUTE_MS
  assert.ok(take(second, 'more').taken)
})

test('windows that nobody uses any more make room, however many come', () => {
  using shared = shareMemory({ windows: 256 })
  for (let i = 0; i < 20_000; i++) {
    shared.time.ms += 600
    assert.ok(take(shared.counters[i % 2], `${i}`).taken)
  }
})

test('what is settled late touches no other window that has the place by then', () => {
  using shared = shareMemory({ windows: 1 })
  const [first, second] = shared.counters
  const early = take(first, 'first', 10)
  shared.time.ms += MINUTE_MS
  take(second, 'second', 8)
  early.taken?.settle([0], 0)
  assert.deepEqual([levelOf(first, 'first'), levelOf(first, 'second')], [0, 8])
})

test('refused calls and looks take no room', () => {
  using shared = shareMemory({ windows: 1 })
  for (let i = 0; i < 100; i++) {
    take(shared.counters[0], `${i}`, 0)
    take(shared.counters[1], `${i}`, 11)
  }
  assert.ok(take(shared.counters[0], 'one').taken)
})

test('accounts that hold nothing and were not asked for in a while make room for others; those that do stay', async () => {
  using shared = shareMemory({ accounts: 4 })
  const [first] = shared.counters
  const load = (projectId: string) => first?.load({ organizationId: 'org-x', projectId })
  for (const project of ['proj_1', 'proj_2', 'proj_3']) await load(project)
  await assert.rejects(async () => load('proj_4'), { status: 503 })
  const money = {
    organizationId: 'org-x',
    projectId: 'proj_2',
    at: 0,
    nano: 5,
    limits: { project: 1, organization: null },
  }
  const held = first?.take({ windows: [], costs: [], money })
  shared.time.ms += 11_000
  await load('proj_4')
  await load('proj_5')
  assert.throws(() => first?.take({ windows: [], costs: [], money: { ...money, projectId: 'proj_1' } }), {
    status: 503,
  })
  held?.taken?.settle([], 5)
  assert.equal(first?.take({ windows: [], costs: [], money: { ...money, nano: 10_000_000 - 4 } }).taken, null)
})
