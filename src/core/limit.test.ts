import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { duration } from './duration.ts'
import { corrected, DAY_MS, drained, drainMs, fits, MINUTE_MS, used } from './limit.ts'

/** Published replies of the original (behaviour reference, 6): the deficit, the limit, its period, and the time it names. */
const captures: [what: string, deficit: number, limit: number, periodMs: number, shown: string][] = [
  ['tokens a minute', 29_196 + 2065 - 30_000, 30_000, MINUTE_MS, '2.522s'],
  ['tokens a minute', 25_502 + 18_592 - 40_000, 40_000, MINUTE_MS, '6.141s'],
  ["a project's tokens a minute", 23_255 + 5872 - 25_000, 25_000, MINUTE_MS, '9.904s'],
  ['requests a day', 1, 200, DAY_MS, '7m12s'],
  ['requests a day', 1, 50, DAY_MS, '28m48s'],
  ['requests a day', 1, 2000, DAY_MS, '43.2s'],
  ['images a minute', 1, 5, MINUTE_MS, '12s'],
  ['images a minute', 1, 250, MINUTE_MS, '240ms'],
  ['images a minute', 1, 4000, MINUTE_MS, '15ms'],
  ['reset of requests a day', 1, 10_000, DAY_MS, '8.64s'],
  ['reset of requests a minute', 1, 200, MINUTE_MS, '300ms'],
  ['reset of requests a minute', 1, 30_000, MINUTE_MS, '2ms'],
  ['reset of tokens a minute', 22, 200_000, MINUTE_MS, '6ms'],
  ['reset of tokens a minute', 27, 10_000, MINUTE_MS, '162ms'],
]

for (const [what, deficit, limit, periodMs, shown] of captures) {
  test(`${what}: ${deficit} too many of ${limit} are over in ${shown}, as in the original`, () => {
    assert.equal(duration(drainMs(deficit, limit, periodMs)), shown)
  })
}

test('times are written as Go writes them, truncated to milliseconds', () => {
  const written: [ms: number, text: string][] = [
    [0, '0s'],
    [0.999, '0s'],
    [1, '1ms'],
    [2.9, '2ms'],
    [999.99, '999ms'],
    [1000, '1s'],
    [8640, '8.64s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
    [360_000, '6m0s'],
    [3_599_999, '59m59.999s'],
    [3_600_000, '1h0m0s'],
    [3_723_500, '1h2m3.5s'],
    [90_000_001, '25h0m0.001s'],
  ]
  for (const [ms, text] of written) assert.equal(duration(ms), text)
})

test('a written time says its milliseconds, whatever it is', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (ms) => {
      const [, h = 0, m = 0, s = 0, rest = 0] =
        /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:(\d+)ms)?$/.exec(duration(ms)) ?? assert.fail(duration(ms))
      const total = Number(h) * 3_600_000 + Number(m) * 60_000 + Math.round(Number(s) * 1000) + Number(rest)
      assert.equal(total, Math.floor(ms))
    }),
  )
})

test('a level drains by the limit in a period, evenly, and never below nothing', () => {
  assert.equal(drained(100, 15_000, 200, MINUTE_MS), 50)
  assert.equal(drained(100, 60_000, 200, MINUTE_MS), 0)
  assert.equal(drained(100, 60_000, 0, MINUTE_MS), 100)
})

test('a cost fits up to the limit itself; nothing fits a limit of 0 but what costs nothing', () => {
  assert.ok(fits(99, 1, 100))
  assert.ok(!fits(99.001, 1, 100))
  assert.ok(!fits(0, 1, 0))
  assert.ok(fits(0, 0, 0))
  assert.ok(fits(500, 0, 100))
})

test('what is begun is used, and rounding is no use', () => {
  assert.equal(used(2.01, 100), 3)
  assert.equal(used(2 + 1e-12, 100), 2)
  assert.equal(used(0, 0), 0)
})

const event = fc.record({
  afterMs: fc.integer({ min: 0, max: 60_000 }),
  cost: fc.integer({ min: 0, max: 100 }),
})

test('what is given back never leaves less than a bucket holds that knew the true cost from the start', () => {
  const arbitrary = fc.record({
    level: fc.integer({ min: 0, max: 100 }),
    taken: fc.integer({ min: 0, max: 100 }),
    share: fc.double({ min: 0, max: 2, noNaN: true }),
    later: fc.array(event, { maxLength: 12 }),
  })
  fc.assert(
    fc.property(arbitrary, ({ level, taken, share, later }) => {
      const actual = Math.round(taken * share)
      let [charged, exact, since] = [level + taken, level + actual, 0]
      for (const { afterMs, cost } of later) {
        charged = drained(charged, afterMs, 100, MINUTE_MS) + cost
        exact = drained(exact, afterMs, 100, MINUTE_MS) + cost
        since += cost
      }
      const settled = corrected(charged, taken, actual, since)
      assert.ok(settled >= exact - 1e-9, `${settled} is less than ${exact}`)
      if (actual <= taken) assert.ok(settled <= charged, 'a refund raised the level')
    }),
    { numRuns: 2000 },
  )
})

test('what is given back at once is given back whole', () => {
  assert.equal(corrected(80, 50, 20, 0), 50)
  assert.equal(corrected(80, 50, 60, 0), 90)
})
