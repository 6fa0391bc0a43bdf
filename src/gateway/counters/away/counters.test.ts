import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FarCounters, inMemory } from '../../../../test/gateway/counting.ts'
import { until } from '../../../../test/gateway/upstream.ts'
import { Dependency } from '../../../core/dependency.ts'
import { MINUTE_MS } from '../../../core/limit.ts'
import type { Share, Taken } from '../counters.ts'
import { AwayCounters, type WhenAway } from './counters.ts'

const window = { key: 'org-x/rpm', limit: 10, periodMs: MINUTE_MS }
const money = {
  organizationId: 'org-x',
  projectId: 'proj_x',
  at: 0,
  nano: 4_000_000,
  limits: { project: 1, organization: 1 },
}
const share: Share = { windows: [window], costs: [1], money }

/** Counters in memory that know the account. */
function known() {
  const made = inMemory()
  for (const project of ['', 'proj_x']) made.accounts.open('org-x', project).loaded = true
  const state = () => {
    const ledger = made.accounts.get('org-x', 'proj_x')?.ledger(0)
    return {
      level: made.limiter.take([window], [0]).levels[0],
      held: Number(ledger?.reserved),
      spent: Number(ledger?.spent),
    }
  }
  return { ...made, state }
}

/** Far counters on a line that the test cuts, with near ones beside. */
function setUp(down: WhenAway = 'local', localShare = 1) {
  const [there, here] = [known(), known()]
  const line = { cut: false }
  const far = new FarCounters(there.counters, async () => {
    if (line.cut) throw new Error('cut')
  })
  const told: string[] = []
  const say = (_: object, message: string) => void told.push(message)
  const metrics = { gauge() {}, count() {} }
  const clock = () => performance.now()
  const dependency = new Dependency(
    'redis',
    { away: 'away', back: 'back' },
    { log: { info: say, warn: say }, metrics, clock },
  )
  const ask = async () => {
    if (line.cut) throw new Error('cut')
  }
  const near = down === 'local' ? here.counters : null
  const counters = new AwayCounters({
    ...{ far: Object.assign(far, { load: async () => {} }), near, down, localShare, dependency, ask, timeoutMs: 200 },
  })
  const take = async (one = share) => (await counters.take(one)).taken
  return { counters, take, line, far, there, here, told, [Symbol.dispose]: () => counters[Symbol.dispose]() }
}

const settle = (taken: Taken | null, nano: number) => taken?.settle([Number.NaN], nano)

test('what was spent far away is known here when they go, and what is spent here is known there when they are back', async () => {
  using made = setUp()
  const [first, running] = [await made.take(), await made.take()]
  await settle(first, 3_000_000)
  assert.deepEqual(made.here.state(), { level: 0, held: 4_000_000, spent: 3_000_000 })
  made.line.cut = true
  // Of ten million nano-dollars seven are held or spent: three are left, and four are asked for.
  assert.deepEqual(await made.counters.take(share), { taken: null, short: { of: 'project', isSpent: false } })
  const small = await made.take({ ...share, money: { ...money, nano: 3_000_000 } })
  await settle(small, 2_500_000)
  // It could not be settled there, and is when they are back.
  await settle(running, 1_000_000)
  assert.deepEqual(made.here.state(), { level: 1, held: 0, spent: 6_500_000 })
  made.line.cut = false
  await until(() => made.there.state().spent === 6_500_000, 'all is told')
  const { level, held } = made.there.state()
  assert.ok(held === 0 && level !== undefined && level > 2.8 && level <= 3, `${held} ${level}`)
  assert.deepEqual(made.told, ['away', 'back'])
})

test('of each limit and of the money that is left, the share is given; what it does not give counts as used', async () => {
  using made = setUp('local', 0.5)
  made.line.cut = true
  const decisions = []
  for (let i = 0; i < 6; i++) decisions.push(await made.counters.take({ ...share, money: null }))
  assert.deepEqual(
    decisions.map((one) => 'levels' in one && one.levels[0]),
    [6, 7, 8, 9, 10, 10],
  )
  assert.deepEqual(
    decisions.map(({ taken }) => taken !== null),
    [true, true, true, true, true, false],
  )
  const wide = { ...share, windows: [{ ...window, key: 'org-x/other' }] }
  assert.ok(await made.take(wide))
  assert.equal(await made.take(wide), null, 'more than half of what is left')
})

test('one call may have what it needs, also where that is more than the share of a limit', async () => {
  using made = setUp('local', 0.1)
  made.line.cut = true
  const large: Share = { windows: [{ ...window, key: 'org-x/tpm' }], costs: [8], money: null }
  assert.ok(await made.take(large))
  assert.equal(await made.take(large), null)
})

test('what is taken far away, but too late to be of use, is given back', async () => {
  using made = setUp('allow')
  const held = Promise.withResolvers<void>()
  made.far.hold = held.promise
  await assert.rejects(made.take(), { name: 'Error' })
  made.far.hold = null
  held.resolve()
  await until(() => made.far.running === 0, 'the end of the act')
  assert.deepEqual(made.there.state(), { level: 0, held: 0, spent: 0 })
})

test('acts that fail while a question is answered open it too, once they are five in a row', async () => {
  using made = setUp('deny')
  made.far.lostTakes.push(...Array.from({ length: 5 }, () => 'before' as const))
  for (let i = 0; i < 5; i++) await assert.rejects(made.take(), { status: 503 })
  const asked = made.far.takes
  await assert.rejects(made.take(), { status: 503 })
  assert.deepEqual([made.far.takes - asked, made.told], [0, ['away']])
  await until(() => made.told.length === 2, 'it is tried again')
  assert.ok(await made.take())
})

test('one act that fails while what is owed is told, beside calls that go well, keeps nothing from being told', async () => {
  using made = setUp()
  made.line.cut = true
  await settle(await made.take(), 2_500_000)
  const held = Promise.withResolvers<void>()
  made.far.hold = held.promise
  // The first that is told, a call, and the second that is told.
  made.far.lostTakes.push(null, null, 'before')
  const asked = made.far.takes
  made.line.cut = false
  await until(() => made.far.takes > asked, 'it is being told')
  const call = made.take({ windows: [{ ...window, key: 'org-x/other' }], costs: [1], money: null })
  made.far.hold = null
  held.resolve()
  assert.ok(await call)
  await until(() => made.there.state().spent === 2_500_000 && (made.there.state().level ?? 0) > 0.5, 'all is told')
  assert.deepEqual(made.told, ['away', 'back'])
})

test('what comes to be owed while what is owed is told, is told too', async () => {
  using made = setUp()
  made.line.cut = true
  const [first, second] = [await made.take(), await made.take()]
  await settle(first, 1_000_000)
  const held = Promise.withResolvers<void>()
  made.far.hold = held.promise
  const asked = made.far.takes
  made.line.cut = false
  await until(() => made.far.takes > asked, 'it is being told')
  await settle(second, 2_000_000)
  made.far.hold = null
  held.resolve()
  await until(() => made.there.state().spent === 3_000_000, 'all is told')
})
