import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Let, neverBelowExact, neverOver, played, type Step, step } from '../../../test/gateway/buckets.ts'
import { ApiError } from '../../contract/error.ts'
import { DAY_MS, drained, drainMs, fits, MINUTE_MS, mostOwed, used } from '../../core/limit.ts'
import type { LimitsTaken, Window } from './limiter.ts'
import { MemoryLimiter } from './memory.ts'

const window = (key: string, limit: number, periodMs = MINUTE_MS): Window => ({ key, limit, periodMs })

/** A limiter on a clock that the test moves. */
function setUp(options: { most?: number; start?: number } = {}) {
  const time = { ms: options.start ?? 0 }
  const limiter = new MemoryLimiter({ ...options, clock: () => time.ms })
  const levelOf = (one: Window) => limiter.take([one], [0]).levels[0] ?? assert.fail()
  return { limiter, time, levelOf }
}

/** Plays the steps against one window, and gives what was let in. */
function play(limit: number, steps: readonly Step[]) {
  const { limiter, time, levelOf } = setUp({ start: 12_345.678 })
  const one = window('w', limit)
  const calls: Let[] = []
  const open: { due: number; taken: LimitsTaken; actual: number }[] = []
  const settle = (now: number) => {
    for (const { taken, actual } of open.filter(({ due }) => due === now)) taken.settle([actual])
  }
  for (const [i, { afterMs, cost, share, settleAfter }] of steps.entries()) {
    time.ms += afterMs
    const { taken, levels } = limiter.take([one], [cost])
    if (taken) {
      const actual = Math.floor(cost * share)
      calls.push({ at: time.ms, actual, level: levels[0] ?? assert.fail() })
      open.push({ due: i + settleAfter, taken, actual })
    }
    settle(i)
  }
  for (let i = 0; i < 8; i++) settle(steps.length + i)
  return { calls, level: levelOf(one), now: time.ms }
}

test('over any time, what was let in is at most the limit and what has drained in that time', () => {
  fc.assert(
    fc.property(played, ({ limit, steps }) => {
      neverOver(limit, play(limit, steps).calls)
    }),
    { numRuns: 500 },
  )
})

test('giving back never goes below an exact bucket that knew all costs from the start, which stays within the limit', () => {
  fc.assert(
    fc.property(played, ({ limit, steps }) => {
      const { calls, level, now } = play(limit, steps)
      neverBelowExact(limit, calls, level, now)
    }),
    { numRuns: 1000 },
  )
})

test('without anything given back, the level is that of the exact bucket', () => {
  fc.assert(
    fc.property(played, ({ limit, steps }) => {
      const { calls } = play(
        limit,
        steps.map((one) => ({ ...one, share: 1 })),
      )
      let [exact, at] = [0, 0]
      for (const call of calls) {
        exact = drained(exact, call.at - at, limit, MINUTE_MS) + call.actual
        at = call.at
        assert.ok(Math.abs(exact - call.level) < 1e-6)
      }
    }),
  )
})

test('of calls that overlap, all that was not used is given back, in whatever order they end', () => {
  const overlapping = fc.array(fc.record({ cost: fc.nat(60), share: fc.double({ min: 0, max: 2, noNaN: true }) }), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(
      overlapping.chain((calls) => fc.tuple(fc.constant(calls), fc.shuffledSubarray([...calls.keys()]))),
      ([calls, order]) => {
        const { limiter, levelOf } = setUp()
        const one = window('w', 10_000)
        const open = calls.map(({ cost }) => limiter.take([one], [cost]).taken)
        const used = ({ cost, share }: (typeof calls)[number]) => Math.floor(cost * share)
        for (const i of order) open[i]?.settle([used(calls[i] ?? assert.fail())])
        const rest = calls.map((call, i) => (order.includes(i) ? used(call) : call.cost))
        assert.equal(
          levelOf(one),
          rest.reduce((sum, each) => sum + each, 0),
        )
      },
    ),
  )
})

test('giving back never leaves more than a bucket holds into which each call came when it ended', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { limiter, time, levelOf } = setUp()
      const one = window('w', 100)
      let [late, open, at] = [0, 0, 0]
      const ends: { due: number; cost: number; actual: number; taken: LimitsTaken }[] = []
      for (const [i, { afterMs, cost, share, settleAfter }] of steps.entries()) {
        time.ms += afterMs
        late = drained(late, time.ms - at, 100, MINUTE_MS)
        at = time.ms
        const { taken } = limiter.take([one], [cost])
        if (taken) {
          open += cost
          ends.push({ due: i + settleAfter, cost, actual: Math.floor(cost * share), taken })
        }
        for (const ended of ends.filter(({ due }) => due === i)) {
          ended.taken.settle([ended.actual])
          open -= ended.cost
          late += ended.actual
        }
        assert.ok(levelOf(one) <= late + open + 1e-6, `${levelOf(one)} of ${late} and ${open}`)
      }
    }),
    { numRuns: 500 },
  )
})

test('a call is taken from all of its windows or from none', () => {
  const costs = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(fc.array(fc.record({ afterMs: fc.nat(20_000), costs }), { maxLength: 40 }), (calls) => {
      const { limiter, time } = setUp()
      const windows = [window('a', 10), window('b', 20), window('c', 5, DAY_MS)]
      for (const { afterMs, costs } of calls) {
        time.ms += afterMs
        const before = limiter.take(windows, [0, 0, 0]).levels
        const room = windows.every(({ limit }, i) => fits(before[i] ?? 0, costs[i] ?? 0, limit))
        const { taken, levels } = limiter.take(windows, costs)
        assert.equal(taken !== null, room)
        const after = limiter.take(windows, [0, 0, 0]).levels
        assert.deepEqual(after, taken ? before.map((level, i) => level + (costs[i] ?? 0)) : before)
        assert.deepEqual(levels, after)
      }
    }),
  )
})

test('whoever waits for as long as was said, to the next millisecond, is let in when nothing else happened', () => {
  const arbitrary = fc.record({
    limit: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2_000_000_000 })),
    start: fc.double({ min: 0, max: 1e10, noNaN: true }),
    periodMs: fc.constantFrom(MINUTE_MS, DAY_MS),
    shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 20 }),
    afterMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
  })
  fc.assert(
    fc.property(arbitrary, ({ limit, start, periodMs, shares, afterMs }) => {
      const { limiter, time } = setUp({ start })
      const one = window('w', limit, periodMs)
      for (const share of shares) {
        time.ms += afterMs
        const cost = Math.max(1, Math.floor(limit * share))
        const decision = limiter.take([one], [cost])
        if (decision.taken) continue
        const [level = 0, pace = 0] = [decision.levels[0], decision.paces[0]]
        const wait = drainMs(used(level, limit) + cost - limit, pace, periodMs)
        assert.ok(wait - drainMs(level + cost - limit, pace, periodMs) <= periodMs / limit + 1e-3, 'much too long')
        time.ms += Math.ceil(wait)
        assert.ok(limiter.take([one], [cost]).taken, `refused after ${wait} ms`)
      }
    }),
    { numRuns: 500 },
  )
})

test('what was used more than was taken counts, beyond the limit too, and is waited for', () => {
  const { limiter, time, levelOf } = setUp()
  const one = window('w', 60)
  limiter.take([one], [10]).taken?.settle([100])
  assert.equal(levelOf(one), 100)
  assert.equal(limiter.take([one], [1]).taken, null)
  time.ms += 41_000
  assert.ok(limiter.take([one], [1]).taken)
})

test('no window owes more than two of its periods beyond its maximum, whatever was used and of however many calls', () => {
  const call = fc.record({ cost: fc.integer({ min: 1, max: 20 }), actual: fc.oneof(fc.nat(100), fc.nat(1e9)) })
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 30 }), ([...calls]) => {
      const { limiter, time, levelOf } = setUp()
      const one = window('w', 60)
      const open = calls.map(({ cost, actual }) => ({ taken: limiter.take([one], [cost]).taken, actual }))
      for (const { taken, actual } of open) taken?.settle([actual])
      assert.ok(levelOf(one) <= 180)
      time.ms += 2 * MINUTE_MS
      assert.ok(levelOf(one) <= 60)
      time.ms += MINUTE_MS
      const next = limiter.take([one], [60])
      assert.ok(next.taken)
      next.taken.settle([20])
      assert.equal(levelOf(one), 20)
    }),
  )
})

test('a debt under a limit that was lowered since is bounded by the higher one, which it drains with', () => {
  const { limiter, levelOf } = setUp()
  const { taken } = limiter.take([window('w', 1000)], [500])
  limiter.take([window('w', 10)], [0])
  taken?.settle([1e9])
  assert.equal(levelOf(window('w', 10)), 3000)
})

test('a call is settled once, and nonsense leaves it as it was taken', () => {
  const { limiter, levelOf } = setUp()
  const one = window('w', 100)
  const { taken } = limiter.take([one], [50])
  taken?.settle([20])
  taken?.settle([0])
  assert.equal(levelOf(one), 20)
  for (const nonsense of [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300]) {
    limiter.take([one], [1]).taken?.settle([nonsense])
  }
  assert.equal(levelOf(one), 24)
})

test('a changed limit keeps what was used; a lowered one does not shut for longer than the old one would have', () => {
  const { limiter, time, levelOf } = setUp()
  limiter.take([window('w', 1000, DAY_MS)], [500])
  const lowered = window('w', 10, DAY_MS)
  assert.equal(levelOf(lowered), 500)
  const refused = limiter.take([lowered], [1])
  assert.ok(refused.taken === null)
  time.ms += drainMs(500 + 1 - 10, refused.paces[0] ?? 0, DAY_MS)
  assert.ok(time.ms < DAY_MS / 2)
  assert.ok(limiter.take([lowered], [1]).taken)
  assert.equal(limiter.take([lowered], [1]).taken, null)
  assert.ok(limiter.take([window('w', 20, DAY_MS)], [1]).taken)
})

test('freeing drained windows changes no decision: all are as with counters that are never freed', () => {
  const call = fc.record({
    afterMs: fc.oneof(fc.nat(500), fc.nat(70_000)),
    key: fc.nat(40),
    cost: fc.integer({ min: 1, max: 12 }),
    actual: fc.integer({ min: 0, max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(call, { maxLength: 150 }), (calls) => {
      const { limiter, time } = setUp()
      const kept = new Map<string, { level: number; at: number; taken: number }>()
      const later: (() => void)[] = []
      for (const { afterMs, key, cost, actual } of calls) {
        time.ms += afterMs
        const one = window(`key ${key}`, 10)
        const count = kept.get(one.key) ?? { level: 0, at: 0, taken: 0 }
        kept.set(one.key, count)
        const touch = () => {
          count.level = drained(count.level, time.ms - count.at, 10, MINUTE_MS)
          count.at = time.ms
        }
        touch()
        const { taken, levels } = limiter.take([one], [cost])
        assert.equal(taken !== null, fits(count.level, cost, 10))
        if (taken) {
          count.level += cost
          later.push(() => {
            touch()
            taken.settle([Math.max(cost, actual)])
            count.level = Math.min(count.level + Math.max(cost, actual) - cost, mostOwed(10))
          })
        }
        assert.ok(Math.abs((levels[0] ?? 0) - count.level) < 1e-6)
        if (later.length > 3) later.shift()?.()
      }
    }),
    { numRuns: 300 },
  )
})

test('windows that nobody uses any more make room: a stream of new ones needs no more than are in use at once', () => {
  const { limiter, time } = setUp()
  for (let i = 0; i < 100_000; i++) {
    time.ms += 600
    assert.ok(limiter.take([window(`key ${i}`, 1)], [1]).taken)
  }
  assert.ok(limiter.size < 1000, `${limiter.size}`)
})

test('refused calls and looks take no room', () => {
  const { limiter } = setUp()
  for (let i = 0; i < 1000; i++) {
    limiter.take([window(`key ${i}`, 10)], [0])
    limiter.take([window(`key ${i}`, 10), window(`other ${i}`, 1)], [1, 2])
  }
  assert.equal(limiter.size, 0)
})

test('where there is no room for more windows, calls that need one are refused with a 503 until some have drained', () => {
  const { limiter, time } = setUp({ most: 10 })
  for (let i = 0; i < 10; i++) limiter.take([window(`key ${i}`, 1)], [1])
  const more = () => limiter.take([window('more', 1)], [1])
  assert.throws(
    more,
    (error) => error instanceof ApiError && error.status === 503 && error.headers['retry-after'] === '1',
  )
  assert.equal(limiter.take([window('key 1', 2)], [1]).levels[0], 2)
  time.ms += MINUTE_MS
  assert.ok(more().taken)
  assert.ok(limiter.size <= 10)
})

test('what is settled late touches no other window that has the place by then', () => {
  const { limiter, time, levelOf } = setUp({ most: 1 })
  const [first, second] = [window('first', 10), window('second', 10)]
  const early = limiter.take([first], [10]).taken
  time.ms += MINUTE_MS
  limiter.take([second], [8])
  early?.settle([0])
  assert.deepEqual([levelOf(first), levelOf(second)], [0, 8])
  assert.equal(limiter.size, 1)
})
