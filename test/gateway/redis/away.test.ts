import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../process/gatehouse.ts'
import { givenTime } from '../../support/given-time.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { type LineMode, startSlowLine } from '../../support/slow-line.ts'
import { LIMIT, startCounting } from './gate.ts'

/** The longest that a call may take: what Redis has to answer, and a tenth of a second. */
const MOST_MS = 3000
const BACK_MS = 5000

/** What drains of the whole limit from then on. */
const drainedSince = (begun: number) => ((performance.now() - begun) * LIMIT) / 60_000

const of = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length

const outages: LineMode[] = [
  { kind: 'refuse' },
  { kind: 'reset' },
  { kind: 'drop' },
  { kind: 'delay', least: 2000, most: 3000 },
]

for (const outage of outages) {
  test(`while the line to Redis will ${outage.kind}, half of each limit is given here, and what was used is counted there afterwards`, {
    skip: withoutRedis,
  }, async (t) => {
    await using redis = await startRedis()
    await using line = await startSlowLine(redis.url)
    await using gate = await startCounting({ down: 'local', local_share: 0.5 }, line.over(redis.url))
    assert.deepEqual(await gate.statuses(4), [200, 200, 200, 200])
    assert.equal((await gate.ready()).redis, 'ok')

    await line.become(outage)
    gate.took.length = 0
    const begun = performance.now()
    const during = await gate.statuses(LIMIT)
    const refilled = drainedSince(begun)
    // A bucket refills meanwhile: half of the limit, and what half of it drains in this time.
    const let_in = of(during, 200)
    assert.ok(let_in >= LIMIT / 2 && let_in <= (LIMIT + refilled) / 2 + 1, `${let_in} of ${during}`)
    assert.equal(let_in + of(during, 429), LIMIT)
    const ready = await gate.ready()
    assert.deepEqual([ready.status, ready.redis], ['degraded', 'degraded'])
    assert.equal(await gate.app.metric('gatehouse_dependency_up{dependency="redis"}'), 0)
    const longest = Math.max(...gate.took)
    assert.ok(longest < MOST_MS, `${longest} ms`)

    await line.become({ kind: 'pass' })
    const back = givenTime()
    await until(() => gate.told(/Redis is there again/) === 1, 'Redis is there again', BACK_MS)
    const backMs = Math.round(givenTime() - back)
    // What was used before and meanwhile counts: never more than the limit, and what drained of it.
    let after = { remaining: LIMIT, status: 0 }
    await until(async () => {
      const { status, headers } = await gate.call()
      after = { status, remaining: Number(headers.get('x-ratelimit-remaining-requests')) }
      return status === 200 && after.remaining <= LIMIT - let_in + drainedSince(begun)
    }, 'what was used while it was away is counted there')
    assert.deepEqual([gate.told(/Redis is away/), gate.told(/Redis is there again/)], [1, 1])
    await until(async () => (await gate.ready()).status === 'ready', 'all of it is there again')
    t.diagnostic(
      `${outage.kind}: ${let_in} of ${LIMIT} let in, the longest ${longest} ms, back after ${backMs} ms, then ${after.remaining} left`,
    )
  })
}

test('where Redis away means to refuse, calls are 503 with retry-after and never 429, and the node is not ready', {
  skip: withoutRedis,
}, async () => {
  await using redis = await startRedis()
  await using line = await startSlowLine(redis.url)
  await using gate = await startCounting({ down: 'deny' }, line.over(redis.url))
  assert.deepEqual(await gate.statuses(1), [200])
  await line.become({ kind: 'drop' })
  for (let round = 0; round < 3; round++) {
    const { status, headers } = await gate.call()
    assert.deepEqual([status, headers.get('retry-after')], [503, '1'])
  }
  assert.equal(of(await gate.statuses(LIMIT * 2), 503), LIMIT * 2)
  const ready = await gate.app.send('GET', '/readyz', { key: null })
  assert.deepEqual([ready.status, ready.body.redis], [503, 'unavailable'])
  await line.become({ kind: 'pass' })
  await until(async () => (await gate.call()).status === 200, 'calls are served again', BACK_MS)
  await until(async () => (await gate.ready()).status === 'ready', 'all of it is there again')
})

test('where Redis away means to let pass, all calls go on, without a word of limits, and are counted when it is back', {
  skip: withoutRedis,
}, async () => {
  await using redis = await startRedis()
  await using line = await startSlowLine(redis.url)
  await using gate = await startCounting({ down: 'allow' }, line.over(redis.url))
  assert.deepEqual(await gate.statuses(1), [200])
  await line.become({ kind: 'reset' })
  assert.equal(of(await gate.statuses(LIMIT * 2), 200), LIMIT * 2)
  assert.equal((await gate.call()).headers.get('x-ratelimit-remaining-requests'), null)
  assert.equal((await gate.ready()).redis, 'degraded')
  await line.become({ kind: 'pass' })
  await until(async () => (await gate.call()).status === 429, 'what was used while it was away is counted there')
  assert.equal(gate.told(/the counters of limits and money failed/) <= 1, true)
})
