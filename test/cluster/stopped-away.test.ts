import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../process/gatehouse.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { startSlowLine } from '../support/slow-line.ts'
import { adminOf, CENTS, DOLLARS, makeProject, spend, startCluster } from './cluster.ts'

test('what a node has spent while Redis was away, and stopped before it was back, counts again when the keys there are deleted', {
  skip: withoutRedis,
}, async () => {
  await using redis = await startRedis()
  await using line = await startSlowLine(redis.url)
  await using cluster = await startCluster({ nodes: 2, env: { GATEHOUSE_REDIS_URL: line.over(redis.url) } })
  const [first, second] = cluster.nodes
  assert.ok(first && second)
  const paid = await makeProject(first, 'paid')
  await adminOf(first).projects.spendLimit.update(paid.id, DOLLARS)
  assert.equal(await spend(cluster.nodes, paid.key, 20), 20 * CENTS)
  await line.become({ kind: 'refuse' })
  assert.equal(await spend([first], paid.key, 30), 30 * CENTS)
  // In good order: what it used is in the database then.
  first.server.signal('SIGTERM')
  await first.server.ended
  await line.become({ kind: 'pass' })
  const standing = async () => (await (await fetch(`${second.url}/readyz`)).json()) as { redis: string }
  await until(async () => (await standing()).redis === 'ok', 'Redis is there again')
  const keys = redis.cli('--scan', '--pattern', 'gatehouse:*').split('\n')
  redis.cli('del', ...keys)
  assert.equal(await spend([second], paid.key, 100), 50 * CENTS)
})
