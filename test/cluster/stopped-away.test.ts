import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../process/gatehouse.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { startSlowLine } from '../support/slow-line.ts'
import { adminOf, CENTS, DOLLARS, makeProject, type Node, spend, startCluster } from './cluster.ts'

/** Entries of usage that a node has not written yet. */
const unwritten = async ({ url }: Node) =>
  Number(/^gatehouse_usage_buffered (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1])

const ends = {
  'stopped in good order': async (node: Node) => {
    node.server.signal('SIGTERM')
    await node.server.ended
  },
  'killed when that was written': async (node: Node) => {
    await until(async () => (await unwritten(node)) === 0, 'its usage is in the database')
    await node.kill()
  },
}

for (const [how, end] of Object.entries(ends)) {
  test(`what a node has spent while Redis was away, ${how} before it was back, counts there by itself`, {
    skip: withoutRedis,
  }, async () => {
    await using redis = await startRedis()
    await using line = await startSlowLine(redis.url)
    const env = { GATEHOUSE_REDIS_URL: line.over(redis.url) }
    await using cluster = await startCluster({ nodes: 2, env })
    const [first, second] = cluster.nodes
    assert.ok(first && second)
    const paid = await makeProject(first, 'paid')
    await adminOf(first).projects.spendLimit.update(paid.id, DOLLARS)
    assert.equal(await spend(cluster.nodes, paid.key, 20), 20 * CENTS)
    await until(() => redis.cli('--scan', '--pattern', 'gatehouse:*:r:*') === '', 'what these calls held is settled')
    await line.become({ kind: 'refuse' })
    assert.equal(await spend([first], paid.key, 30), 30 * CENTS)
    await end(first)
    await line.become({ kind: 'pass' })
    const standing = async () => (await (await fetch(`${second.url}/readyz`)).json()) as { redis: string }
    await until(async () => (await standing()).redis === 'ok', 'Redis is there again')
    assert.equal(await spend([second], paid.key, 100), 50 * CENTS)
  })
}
