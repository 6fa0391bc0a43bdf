import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareMemory } from '../../../../test/gateway/shared-memory.ts'
import { DAY_MS, MINUTE_MS } from '../../../core/limit.ts'
import type { Decision } from '../counters.ts'
import type { SharedCounters } from './counters.ts'

const ids = { organizationId: 'org-x', projectId: 'proj_x' }
const cents = (amount: number) => amount * 10_000_000
const day = (key: string) => ({ key: `org-x/${key}`, limit: 100, periodMs: DAY_MS })
const cost = (amount: number, at = 0) => ({
  organization_id: 'org-x',
  project_id: 'proj_x',
  kind: 'costs' as const,
  at: at / 1000,
  amount_nano: amount,
})

function ask(counters: SharedCounters | undefined, amount: number, limit: number | null = 10, at = 0): Decision {
  const money = { ...ids, at, nano: amount, limits: { project: limit, organization: null } }
  return (counters ?? assert.fail()).take({ windows: [], costs: [], money })
}

const settle = (decision: Decision, nano: number) => (decision.taken ?? assert.fail('refused')).settle([], nano)

/** That there is room for just so much. */
function hasLeft(counters: SharedCounters | undefined, amount: number, at = 0): void {
  assert.equal(ask(counters, amount + 1, 10, at).taken, null)
  settle(ask(counters, amount, 10, at), 0)
}

test('what one thread holds and settles is seen by all, and what is written counts once', async () => {
  using shared = shareMemory({ spent: new Map([['proj_x', BigInt(cents(2))]]) })
  const [first, second] = shared.counters
  await first?.load(ids)
  const held = ask(first, cents(5))
  hasLeft(second, cents(3))
  settle(held, cents(1))
  hasLeft(second, cents(7))
  shared.keeper.flushing()
  shared.keeper.flushed([cost(cents(1))])
  hasLeft(first, cents(7))
  hasLeft(second, cents(7))
})

test('a total that is read while costs are written is left, whichever of them ends first', async () => {
  const spent = new Map([['proj_x', 0n]])
  using shared = shareMemory({ spent })
  const [first, second] = shared.counters
  await first?.load(ids)
  settle(ask(first, cents(4)), cents(4))
  shared.keeper.flushing()
  // The database has it, and nobody has said so yet.
  spent.set('proj_x', BigInt(cents(4)))
  const reading = second?.load(ids)
  shared.keeper.flushed([cost(cents(4))])
  await reading
  hasLeft(second, cents(6))
  await second?.load(ids)
  hasLeft(first, cents(6))
})

test('what another node has spent is known with the next reading', async () => {
  const spent = new Map([['proj_x', 0n]])
  using shared = shareMemory({ spent })
  const [first, second] = shared.counters
  await first?.load(ids)
  settle(ask(first, cents(1)), cents(1))
  spent.set('proj_x', BigInt(cents(6)))
  await second?.load(ids)
  hasLeft(first, cents(3))
})

test('amounts beyond 2^53 nano-dollars are exact', async () => {
  const most = BigInt(Number.MAX_SAFE_INTEGER)
  using shared = shareMemory({ spent: new Map([['proj_x', 3n * most]]) })
  const [first, second] = shared.counters
  await first?.load(ids)
  const limit = Number((3n * most) / 10_000_000n) + 1
  const left = Number(BigInt(limit) * 10_000_000n - 3n * most)
  assert.equal(ask(second, left + 1, limit).taken, null)
  settle(ask(second, left, limit), left)
  assert.deepEqual(ask(first, 0, limit), { taken: null, short: { of: 'project', isSpent: true } })
})

test('a month begins with nothing spent, and a call settles in its own', async () => {
  using shared = shareMemory({})
  const [first, second] = shared.counters
  const next = Date.UTC(1970, 1, 1)
  await first?.load(ids)
  const late = ask(first, cents(10))
  const early = ask(second, cents(10), 10, next)
  settle(late, cents(10))
  settle(early, cents(3))
  hasLeft(first, cents(7), next)
  assert.equal(ask(second, 1).taken, null)
  // The month after that takes the place of the first.
  settle(ask(first, cents(9), 10, Date.UTC(1970, 2, 1)), cents(9))
  hasLeft(second, cents(1), Date.UTC(1970, 2, 1))
  hasLeft(second, cents(7), next)
})

test('of a project that no thread has loaded no call is let through', () => {
  using shared = shareMemory({})
  assert.throws(() => ask(shared.counters[0], 0), { status: 503 })
})

test('what a thread held when it ended comes back, and of limits counts what it took', async () => {
  using shared = shareMemory({})
  const [first, second] = shared.counters
  await first?.load(ids)
  const minute = { key: 'org-x/m', limit: 100, periodMs: MINUTE_MS }
  const share = {
    windows: [minute],
    costs: [40],
    money: { ...ids, at: 0, nano: cents(6), limits: { project: 10, organization: null } },
  }
  assert.ok(first?.take(share).taken)
  const other = second?.take(share)
  assert.equal(other?.taken, null)
  const small = second?.take({ ...share, costs: [20], money: { ...share.money, nano: cents(1) } })
  await shared.keeper.threadEnded(0)
  hasLeft(second, cents(9))
  small?.taken?.settle([5], cents(1))
  const levels = () => second?.take({ windows: [minute], costs: [0], money: null })
  assert.deepEqual(levels(), { ...levels(), levels: [45] })
  shared.time.ms += MINUTE_MS / 2
  assert.deepEqual(levels(), { ...levels(), levels: [0] })
})

test('levels of days are told once for each change, with their names, and taken up by the next start', async () => {
  using shared = shareMemory({})
  const [first, second] = shared.counters
  assert.equal(shared.keeper.daysChanged, false)
  const taken = first?.take({ windows: [day('a'), day('b')], costs: [30, 0], money: null })
  second?.take({ windows: [day('b'), { ...day('c'), periodMs: MINUTE_MS }], costs: [5, 1], money: null })
  assert.equal(shared.keeper.daysChanged, true)
  const told = await shared.keeper.changedDays()
  assert.deepEqual(told, [
    { key: 'org-x/a', level: 30, limit: 100 },
    { key: 'org-x/b', level: 5, limit: 100 },
  ])
  assert.deepEqual([shared.keeper.daysChanged, await shared.keeper.changedDays()], [false, []])
  taken?.taken?.settle([10, 0], 0)
  assert.deepEqual(await shared.keeper.changedDays(), [{ key: 'org-x/a', level: 10, limit: 100 }])

  using next = shareMemory({})
  await next.keeper.restoreDays(told)
  assert.equal(next.counters[0]?.take({ windows: [day('a')], costs: [71], money: null }).taken, null)
  next.counters[1]?.take({ windows: [day('a')], costs: [70], money: null })
  assert.deepEqual(await next.keeper.changedDays(), [{ key: 'org-x/a', level: 100, limit: 100 }])
})

test('a name that there was no room for is told with a later change', async () => {
  using shared = shareMemory({ windows: 1024 })
  const [first] = shared.counters
  const long = (i: number) => day(`${i} ${'x'.repeat(600)}`)
  for (let i = 0; i < 900; i++) first?.take({ windows: [long(i)], costs: [1], money: null })
  const told = await shared.keeper.changedDays()
  assert.ok(told.length < 900 && told.length > 800)
  for (let i = 0; i < 900; i++) first?.take({ windows: [long(i)], costs: [1], money: null })
  const again = await shared.keeper.changedDays()
  assert.deepEqual([again.length, new Set(again.map(({ level }) => level))], [900, new Set([2])])
})
