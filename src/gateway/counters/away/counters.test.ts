import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inMemory, FarCounters as LineCounters } from '../../../../test/gateway/counting.ts'
import { until } from '../../../../test/gateway/upstream.ts'
import { Dependency } from '../../../core/dependency.ts'
import { MINUTE_MS } from '../../../core/limit.ts'
import type { Money } from '../../spend/money.ts'
import type { Counters, Decision, Share, Taken } from '../counters.ts'
import type { FarCounters } from '../make.ts'
import { AwayCounters, type WhenAway } from './counters.ts'
import { unlimited } from './share.ts'

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

/** Counters that remember what they could not be told, and are told it when the line is there again. */
class Remembering implements FarCounters, Disposable {
  readonly #line: LineCounters
  readonly #there: Counters
  readonly #owed: (() => unknown)[] = []
  readonly #beat: NodeJS.Timeout

  constructor(line: LineCounters, there: Counters, isCut: () => boolean) {
    this.#line = line
    this.#there = there
    this.#beat = setInterval(() => {
      while (!isCut() && this.#owed.length > 0) this.#owed.shift()?.()
    }, 5)
  }

  load = async () => {}

  async take(one: Share): Promise<Decision> {
    const decision = await this.#line.take(one)
    const { taken } = decision
    if (taken === null) return decision
    const settle: Taken['settle'] = async (costs, nano) => {
      const again = async () => taken.settle(costs, nano)
      await again().catch((error) => {
        this.#owed.push(again)
        throw error
      })
    }
    return { ...decision, taken: { settle } }
  }

  spend(spent: Money, nano: number): void {
    const free = { windows: [], costs: [], money: unlimited({ ...spent, nano: 0 }) }
    this.#owed.push(async () => (await this.#there.take(free)).taken?.settle([], nano))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat)
  }
}

/** Far counters on a line that the test cuts, with near ones beside. */
function setUp(down: WhenAway = 'local', localShare = 1) {
  const [there, here] = [known(), known()]
  const line = { cut: false }
  const far = new LineCounters(there.counters, async () => {
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
  const remembering = new Remembering(far, there.counters, () => line.cut)
  const counters = new AwayCounters({
    ...{ far: remembering, near, down, localShare, dependency, ask, timeoutMs: 200 },
  })
  const take = async (one = share) => (await counters.take(one)).taken
  const end = async () => {
    await counters[Symbol.asyncDispose]()
    remembering[Symbol.dispose]()
  }
  return { counters, take, line, far, there, here, told, [Symbol.asyncDispose]: end }
}

const settle = (taken: Taken | null, nano: number) => taken?.settle([Number.NaN], nano)

test('what was spent far away is known here when they go, and what is spent here is known there when they are back', async () => {
  await using made = setUp()
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
  const isTold = () => made.there.state().spent === 6_500_000 && (made.there.state().level ?? 0) > 2.8
  await until(isTold, 'all is told')
  const { level, held } = made.there.state()
  assert.ok(held === 0 && level !== undefined && level <= 3, `${held} ${level}`)
  assert.deepEqual(made.told, ['away', 'back'])
})

test('of each limit and of the money that is left, the share is given; what it does not give counts as used', async () => {
  await using made = setUp('local', 0.5)
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
  await using made = setUp('local', 0.1)
  made.line.cut = true
  const large: Share = { windows: [{ ...window, key: 'org-x/tpm' }], costs: [8], money: null }
  assert.ok(await made.take(large))
  assert.equal(await made.take(large), null)
})

test('what is taken far away, but too late to be of use, is given back', async () => {
  await using made = setUp('allow')
  const held = Promise.withResolvers<void>()
  made.far.hold = held.promise
  await assert.rejects(made.take(), { name: 'Error' })
  made.far.hold = null
  held.resolve()
  await until(() => made.far.running === 0, 'the end of the act')
  assert.deepEqual(made.there.state(), { level: 0, held: 0, spent: 0 })
})

test('acts that fail while a question is answered open it too, once they are five in a row', async () => {
  await using made = setUp('deny')
  made.far.lostTakes.push(...Array.from({ length: 5 }, () => 'before' as const))
  for (let i = 0; i < 5; i++) await assert.rejects(made.take(), { status: 503 })
  const asked = made.far.takes
  await assert.rejects(made.take(), { status: 503 })
  assert.deepEqual([made.far.takes - asked, made.told], [0, ['away']])
  await until(() => made.told.length === 2, 'it is tried again')
  assert.ok(await made.take())
})

const other = { windows: [{ ...window, key: 'org-x/other' }], costs: [1], money: null }

test('one act that fails while what is owed is told, beside calls that go well, keeps nothing from being told', async () => {
  await using made = setUp()
  made.line.cut = true
  await settle(await made.take(other), 0)
  await settle(await made.take(), 2_500_000)
  const held = Promise.withResolvers<void>()
  made.far.hold = held.promise
  // The first that is told, a call, and the second that is told.
  made.far.lostTakes.push(null, null, 'before')
  const asked = made.far.takes
  made.line.cut = false
  await until(() => made.far.takes > asked, 'it is being told')
  const call = made.take({ ...other, windows: [{ ...window, key: 'org-x/third' }] })
  made.far.hold = null
  held.resolve()
  assert.ok(await call)
  await until(() => made.there.state().spent === 2_500_000 && (made.there.state().level ?? 0) > 0.5, 'all is told')
  assert.deepEqual(made.told, ['away', 'back'])
})

test('what comes to be owed while what is owed is told, is told too', async () => {
  await using made = setUp()
  made.line.cut = true
  const [first, second] = [await made.take(other), await made.take()]
  await settle(first, 0)
  const held = Promise.withResolvers<void>()
  made.far.hold = held.promise
  const asked = made.far.takes
  made.line.cut = false
  await until(() => made.far.takes > asked, 'it is being told')
  await settle(second, 2_000_000)
  made.far.hold = null
  held.resolve()
  await until(() => made.there.state().spent === 2_000_000 && (made.there.state().level ?? 0) > 0.5, 'all is told')
})

test('what is owed is told at the end, where they have come back and nobody has asked yet', async () => {
  await using made = setUp()
  made.line.cut = true
  await settle(await made.take(), 0)
  await until(() => made.told.length === 1, 'they are away')
  made.line.cut = false
  await made.counters[Symbol.asyncDispose]()
  assert.ok((made.there.state().level ?? 0) > 0.5)
})
