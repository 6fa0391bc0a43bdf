import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { DAY_MS, MINUTE_MS } from '../../src/core/limit.ts'
import type { Counters, Share, Taken } from '../../src/gateway/counters/counters.ts'
import type { GuardedCounters } from '../../src/gateway/counters/guarded.ts'
import { type Let, neverBelowExact, neverOver, played, type Step } from './buckets.ts'
import { guard, type Loss } from './counting.ts'

/** Counters on a clock that the test moves, which know that the organization and its projects have spent nothing. */
export type Made = {
  counters: Counters
  time: { ms: number }
  /** Loses the next acts, in order, where these counters can fail; the guard tries a settlement again. */
  lose: (operation: 'take' | 'settle', losses: readonly (Loss | null)[]) => void
}

export const ORGANIZATION = 'org-x'
export const PROJECTS = ['proj_1', 'proj_2'] as const

/** Nano-dollars of so many cents. */
const nano = (cents: number) => cents * 10_000_000
const LIMITS = [10, 12, null] as const
const WHOLE = 15

const windows = [
  { key: `${ORGANIZATION}/a`, limit: 30, periodMs: MINUTE_MS },
  { key: `${ORGANIZATION}/b`, limit: 60, periodMs: MINUTE_MS },
  { key: `${ORGANIZATION}/c`, limit: 15, periodMs: DAY_MS },
]

const moneyOf = (project: number, amount: number) => ({
  organizationId: ORGANIZATION,
  projectId: PROJECTS[project] ?? assert.fail(),
  at: 0,
  nano: amount,
  limits: { project: LIMITS[project] ?? null, organization: WHOLE },
})

/** The decision, or that there was none. */
async function ask(guarded: GuardedCounters, share: Share) {
  try {
    return (await guarded.take(share)) ?? assert.fail('let pass uncounted')
  } catch (error) {
    if ((error as { status?: number }).status === 503) return null
    throw error
  }
}

async function take(guarded: GuardedCounters, share: Share): Promise<Taken | null> {
  return (await ask(guarded, share))?.taken ?? null
}

async function levelsOf({ counters }: Made): Promise<readonly number[]> {
  const decision = await counters.take({ windows, costs: windows.map(() => 0), money: null })
  return decision.taken ? decision.levels : assert.fail('what costs nothing was refused')
}

/** That a project can spend just so much, beside what is spent and held. */
async function hasLeft({ counters }: Made, project: number, amount: number): Promise<void> {
  const share = (more: number) => ({ windows: [], costs: [], money: moneyOf(project, amount + more) })
  assert.equal((await counters.take(share(1))).taken, null)
  if (amount === 0) return
  const { taken } = await counters.take(share(0))
  assert.ok(taken, `${amount} of project ${project} does not fit`)
  await taken.settle([], 0)
}

const loss = fc.constantFrom<Loss | null>(null, null, 'before', 'after')
const acts = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('take' as const),
      project: fc.nat(1),
      costs: fc.tuple(fc.nat(12), fc.nat(12), fc.nat(4)),
      amount: fc.nat(nano(4)),
      loss,
    }),
    fc.record({
      kind: fc.constant('settle' as const),
      which: fc.nat(20),
      share: fc.integer({ min: 0, max: 120 }),
      losses: fc.array(loss, { maxLength: 2 }),
    }),
  ),
  { maxLength: 40 },
)

/** What must be true of counters, wherever they are, behind the guard that the gate has before them. */
export function countersSuite(name: string, make: () => Made | Promise<Made>, runs: number): void {
  describe(`counters ${name}`, () => {
    test('a call takes its share of all limits and its money, or nothing; what is settled is what was used, exactly', async () => {
      const property = fc.asyncProperty(acts, async (steps) => {
        const made = await make()
        const { guarded, settled } = guard(made.counters)
        type Open = { project: number; taken: Taken; costs: readonly number[]; amount: number }
        const open: Open[] = []
        const levels = [0, 0, 0]
        const spent = [0, 0]
        const held = (project: number) => open.reduce((sum, one) => sum + (one.project === project ? one.amount : 0), 0)
        const used = (project: number) => (spent[project] ?? 0) + held(project)
        const hasMoney = (project: number, amount: number) => {
          const most = nano(LIMITS[project] ?? assert.fail())
          const isFree = (spent[project] ?? 0) < most && (spent[0] ?? 0) + (spent[1] ?? 0) < nano(WHOLE)
          return isFree && used(project) + amount <= most && used(0) + used(1) + amount <= nano(WHOLE)
        }
        for (const one of steps) {
          if (one.kind === 'take') {
            const { project, costs, amount } = one
            made.lose('take', [one.loss])
            const decision = await ask(guarded, { windows, costs, money: moneyOf(project, amount) })
            if (decision === null) assert.notEqual(one.loss, null)
            else if (!hasMoney(project, amount)) assert.ok(decision.taken === null && 'short' in decision)
            else {
              const fits = windows.every(
                ({ limit }, i) => costs[i] === 0 || (levels[i] ?? 0) + (costs[i] ?? 0) <= limit,
              )
              assert.equal(decision.taken !== null, fits)
              if (decision.taken) {
                for (const [i, cost] of costs.entries()) levels[i] = (levels[i] ?? 0) + cost
                open.push({ project, taken: decision.taken, costs, amount })
              }
              assert.ok('levels' in decision)
              assert.deepEqual(decision.levels, levels)
            }
          } else if (open.length > 0) {
            const [done] = open.splice(one.which % open.length, 1)
            if (!done) continue
            const actual = done.costs.map((cost) => Math.floor((cost * one.share) / 100))
            const cost = Math.floor((done.amount * one.share) / 100)
            made.lose('settle', one.losses)
            guarded.settle(done.taken, actual, cost)
            await settled()
            made.lose('settle', [])
            for (const [i, each] of actual.entries()) levels[i] = (levels[i] ?? 0) + each - (done.costs[i] ?? 0)
            spent[done.project] = (spent[done.project] ?? 0) + cost
          }
          assert.deepEqual(await levelsOf(made), levels)
        }
        for (const one of open.splice(0))
          guarded.settle(
            one.taken,
            one.costs.map(() => 0),
            0,
          )
        await settled()
        const whole = nano(WHOLE) - (spent[0] ?? 0) - (spent[1] ?? 0)
        for (const project of [0, 1]) {
          const own = nano(LIMITS[project] ?? assert.fail()) - (spent[project] ?? 0)
          await hasLeft(made, project, Math.max(0, Math.min(own, whole)))
        }
      })
      await fc.assert(property, { numRuns: runs })
    })

    test('over any time, what was let in is within the limit, and giving back late is never giving back too much', async () => {
      const property = fc.asyncProperty(played, async ({ limit, steps }) => {
        const { calls, level, now } = await play(await make(), limit, steps)
        neverOver(limit, calls)
        neverBelowExact(limit, calls, level, now)
      })
      await fc.assert(property, { numRuns: runs })
    })

    test('of many calls at once, as many are let in as have room, and the others hold nothing', async () => {
      const made = await make()
      const { guarded, settled } = guard(made.counters)
      const share = { windows, costs: [1, 2, 1], money: moneyOf(0, nano(0.8)) }
      const all = await Promise.all(Array.from({ length: 40 }, () => take(guarded, share)))
      const taken = all.filter((one) => one !== null)
      assert.equal(taken.length, 12)
      assert.deepEqual(await levelsOf(made), [12, 24, 12])
      for (const one of taken) guarded.settle(one, [0, 0, 0], 0)
      await settled()
      assert.deepEqual(await levelsOf(made), [0, 0, 0])
      await hasLeft(made, 0, nano(10))
    })

    test('of many calls that are lost on their way, none holds anything', async () => {
      const made = await make()
      const { guarded, settled } = guard(made.counters)
      const share = { windows, costs: [1, 1, 0], money: moneyOf(0, nano(0.1)) }
      made.lose(
        'take',
        Array.from({ length: 20 }, (_, i) => ([null, 'before', 'after'] as const)[i % 3] ?? null),
      )
      const all = await Promise.all(Array.from({ length: 20 }, () => take(guarded, share)))
      const taken = all.filter((one) => one !== null)
      assert.deepEqual(await levelsOf(made), [taken.length, taken.length, 0])
      made.lose('settle', ['before', 'after', 'after'])
      for (const one of taken) guarded.settle(one, [0, 0, 0], nano(0.1))
      await settled()
      assert.deepEqual(await levelsOf(made), [0, 0, 0])
      await hasLeft(made, 0, nano(10) - taken.length * nano(0.1))
    })

    test('no window owes more than two of its periods beyond its maximum, whatever is settled', async () => {
      const made = await make()
      const { guarded, settled } = guard(made.counters)
      const taken = await Promise.all([1, 2].map(() => take(guarded, { windows, costs: [1, 1, 1], money: null })))
      for (const one of taken) guarded.settle(one ?? assert.fail(), [1e9, 100, 1e9], 0)
      await settled()
      assert.deepEqual(await levelsOf(made), [90, 180, 45])
    })

    test('what is settled twice counts once', async () => {
      const made = await make()
      const { guarded } = guard(made.counters)
      const taken = await take(guarded, { windows, costs: [10, 20, 5], money: moneyOf(0, nano(10)) })
      assert.ok(taken)
      for (let i = 0; i < 3; i++) await taken.settle([4, 8, 2], nano(3))
      assert.deepEqual(await levelsOf(made), [4, 8, 2])
      await hasLeft(made, 0, nano(7))
    })
  })
}

/** Plays calls against one window; what is settled arrives when it does, while time goes on. */
async function play(made: Made, limit: number, steps: readonly Step[]) {
  const { guarded, settled } = guard(made.counters)
  const one = { key: `${ORGANIZATION}/w`, limit, periodMs: MINUTE_MS }
  made.lose('settle', [null, 'before', null, 'after'])
  const calls: Let[] = []
  const open: { due: number; taken: Taken; actual: number }[] = []
  const settle = (now: number) => {
    for (const { taken, actual } of open.filter(({ due }) => due === now)) guarded.settle(taken, [actual], 0)
  }
  for (const [i, { afterMs, cost, share, settleAfter }] of steps.entries()) {
    made.time.ms += afterMs
    const decision = await made.counters.take({ windows: [one], costs: [cost], money: null })
    if (decision.taken) {
      const actual = Math.floor(cost * share)
      calls.push({ at: made.time.ms, actual, level: decision.levels[0] ?? assert.fail() })
      open.push({ due: i + settleAfter, taken: decision.taken, actual })
    }
    settle(i)
  }
  for (let i = 0; i < 8; i++) settle(steps.length + i)
  await settled()
  const { taken, ...last } = await made.counters.take({ windows: [one], costs: [0], money: null })
  return {
    calls,
    level: taken && 'levels' in last ? (last.levels[0] ?? assert.fail()) : assert.fail(),
    now: made.time.ms,
  }
}
