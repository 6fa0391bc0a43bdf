import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { givenTime } from '../support/given-time.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { type LineMode, startSlowLine } from '../support/slow-line.ts'
import { adminOf, CENTS, DOLLARS, haveProjects, makeProject, spend, startCluster } from './cluster.ts'
import { seenThrough, statuses, Traffic } from './traffic.ts'

const AWAY_MS = 4000

/** What becomes of the line to Redis. */
const harms: Record<string, LineMode> = {
  'is refused': { kind: 'refuse' },
  'is reset': { kind: 'reset' },
  'swallows everything': { kind: 'drop' },
  'is slow': { kind: 'delay', least: 300, most: 1500 },
}

for (const [harm, mode] of Object.entries(harms)) {
  test(`a Redis whose line ${harm}: calls go on, none is refused for it, none waits long, and it is used again by itself`, {
    skip: withoutRedis,
  }, async (t) => {
    await using redis = await startRedis()
    await using line = await startSlowLine(redis.url)
    await using cluster = await startCluster({ nodes: 3, env: { GATEHOUSE_REDIS_URL: line.over(redis.url) } })
    const [node] = cluster.nodes
    assert.ok(node)
    const { key } = await makeProject(node, 'busy')
    await using traffic = new Traffic(cluster.nodes, key)
    await traffic.succeed(20)
    const from = traffic.made.length
    await line.become(mode)
    await sleep(AWAY_MS)
    await line.become({ kind: 'pass' })
    const back = givenTime()
    await traffic.succeed(20)
    const figures = await seenThrough(traffic, back)
    assert.deepEqual(Object.keys(statuses(traffic.made.slice(from))), ['200'], 'the policy is to count locally')
    t.diagnostic(figures)
    await haveProjects(cluster.nodes, traffic.acknowledged)
  })
}

test('a Redis that is killed and comes back empty resets nothing: what was spent is spent', {
  skip: withoutRedis,
}, async (t) => {
  await using redis = await startRedis()
  await using cluster = await startCluster({ nodes: 3, env: { GATEHOUSE_REDIS_URL: redis.url } })
  const [node] = cluster.nodes
  assert.ok(node)
  const paid = await makeProject(node, 'paid')
  const busy = await makeProject(node, 'busy')
  await adminOf(node).projects.spendLimit.update(paid.id, DOLLARS)
  assert.equal(await spend(cluster.nodes, paid.key, 60), 60 * CENTS)
  await using traffic = new Traffic(cluster.nodes, busy.key)
  await traffic.succeed(10)
  await redis.kill()
  await sleep(AWAY_MS)
  await redis.start()
  const back = givenTime()
  await traffic.succeed(10)
  t.diagnostic(await seenThrough(traffic, back))
  assert.equal(await spend(cluster.nodes, paid.key, 60), 40 * CENTS)
})
