import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, until } from '../gateway/upstream.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { startSlowLine } from '../support/slow-line.ts'
import { CALLS, flood, holdAll, kill, limitMoney, paid, priced, usage } from './calls.ts'
import { startThreads } from './served.ts'

const LIMIT = 100
const skip = withoutRedis
const dayOf = { m1: { organization_limits: { max_requests_per_1_day: LIMIT } } }
/** What a dead thread had reserved is there again within this. */
const RETURNED_MS = 30_000

test('while Redis is away the threads of a node together give its share and no more, which is said once for all of them', {
  skip,
}, async () => {
  await using redis = await startRedis()
  await using line = await startSlowLine(redis.url)
  const env = { GATEHOUSE_REDIS_URL: line.over(redis.url) }
  await using gate = await startThreads(dayOf, { redis: { local_share: 0.5 } }, env)
  gate.upstream.answer(json({ choices: [] }))
  const ready = async () => (await gate.app.send('GET', '/readyz', { key: null })).body
  const up = () => gate.app.metric('gatehouse_dependency_up{dependency="redis"}')
  assert.deepEqual(await flood(gate, 20), { 200: 20 })
  assert.deepEqual([(await ready()).redis, await up()], ['ok', 1])

  await line.become({ kind: 'refuse' })
  assert.deepEqual(await flood(gate, 2 * LIMIT), { 200: LIMIT / 2, 429: 1.5 * LIMIT })
  const { status, redis: standing } = await ready()
  assert.deepEqual([status, standing, await up()], ['degraded', 'degraded', 0])

  await line.become({ kind: 'pass' })
  await until(async () => (await ready()).redis === 'ok', 'it is there again')
  // Each thread tells of what it has counted meanwhile.
  const used = async () => Number(redis.cli('eval', LEVEL, '0'))
  await until(async () => (await used()) > 20 + LIMIT / 2 - 1, 'what was used without it is counted there')
  assert.deepEqual(await flood(gate, LIMIT), { 200: LIMIT / 2 - 20, 429: LIMIT / 2 + 20 })
  // On a machine that has much to do it may seem away once more: each time is told once, for all threads.
  const told = gate.log.flatMap(({ msg }) => /^Redis is (away|there again)/.exec(String(msg))?.[1] ?? [])
  assert.deepEqual(
    told,
    told.map((_, i) => (i % 2 === 0 ? 'away' : 'there again')),
  )
  assert.equal(told.at(-1), 'there again')
})

test('threads begin and are replaced while Redis is away, which is told once; it is there again when it is', {
  skip,
}, async () => {
  await using redis = await startRedis()
  await using line = await startSlowLine(redis.url)
  await line.become({ kind: 'refuse' })
  await using gate = await startThreads(dayOf, {}, { GATEHOUSE_REDIS_URL: line.over(redis.url) })
  const standing = async () => (await gate.app.send('GET', '/readyz', { key: null })).body.redis
  const told = () =>
    [/Redis is away/, /Redis is there again/].map((what) => {
      return gate.log.filter(({ msg }) => what.test(String(msg))).length
    })
  assert.equal(await standing(), 'degraded')
  // At once: then nobody is left who says that it is away.
  await Promise.all([kill(gate, 0), kill(gate, 1)])
  assert.deepEqual([await standing(), told()], ['degraded', [1, 0]])
  await line.become({ kind: 'pass' })
  await until(async () => (await standing()) === 'ok', 'it is there again')
  assert.deepEqual(told(), [1, 1])
})

/** Nano-dollars that are held, of the only project there is. */
const HELD = `local a = redis.call('KEYS', '*:a:*:proj_*')[1]
local _, _, dollars, nano = struct.unpack('>dddd', redis.call('GET', a))
return tostring(dollars * 1e9 + nano)`
/** The level of the only window there is. */
const LEVEL =
  "local w = redis.call('KEYS', '*:w:*')[1] return tostring(({struct.unpack('>dd', redis.call('GET', w))})[2])"

test('a Redis that loses everything after a thread has died gives back nothing of what that thread had spent, nor of a day', {
  skip,
}, async () => {
  await using redis = await startRedis()
  const m1 = { ...priced.m1, ...dayOf.m1 }
  await using gate = await startThreads({ m1 }, {}, { GATEHOUSE_REDIS_URL: redis.url })
  gate.upstream.answer(json({ choices: [], usage }))
  await limitMoney(gate)
  assert.deepEqual(await flood(gate, 30, paid), { 200: 30 })
  await until(() => Number(redis.cli('eval', HELD, '0')) === 0, 'all of it is settled')
  await kill(gate, 1)
  // The database has the levels of days half a second after they changed.
  const saved = async () => {
    const row = await gate.app.db.selectFrom('limit_level').select('level').executeTakeFirst()
    return (row?.level ?? 0) > 29
  }
  await until(saved, 'the level of the day is saved')
  redis.cli('flushall')
  assert.deepEqual(await flood(gate, 30, paid), { 200: CALLS - 30, 429: 30 - (CALLS - 30) })
  await gate.app.admin().organization.projects.spendLimit.delete(gate.projectId)
  assert.deepEqual(await flood(gate, LIMIT, paid), { 200: LIMIT - CALLS, 429: CALLS })
})

test('what the calls of a thread had reserved in Redis that died can be spent within thirty seconds, and not more than once', {
  skip,
}, async (t) => {
  await using redis = await startRedis()
  await using gate = await startThreads(priced, {}, { GATEHOUSE_REDIS_URL: redis.url })
  const finish = await holdAll(gate)
  await kill(gate, 1)
  const cut = await finish()
  const killed = performance.now()
  let again = 0
  const some = async () => {
    again += (await flood(gate, 5, paid))['200'] ?? 0
    return again
  }
  await until(async () => (await some()) > 0, 'it is there again', RETURNED_MS)
  t.diagnostic(
    `${cut} of ${CALLS} were cut; their money was there again ${((performance.now() - killed) / 1000).toFixed(1)} s later`,
  )
  // What a thread was refused it remembers for a tenth of a second.
  await until(async () => (await some()) >= cut, 'all of it is there again')
  assert.deepEqual(await flood(gate, CALLS, paid), { 429: CALLS })
  assert.equal(again, cut)
})
