import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisConfig } from '../../../src/config/redis.ts'
import { MINUTE_MS } from '../../../src/core/limit.ts'
import type { ChangeScope } from '../../../src/db/changed.ts'
import type { RedisCounters } from '../../../src/gateway/counters/redis/counters.ts'
import { openRedis } from '../../../src/redis/connection.ts'
import {
  connectedChanges,
  connectedRedis,
  startRedis,
  startRedisCluster,
  startSentinel,
  withoutRedis,
} from '../../support/redis.ts'
import { until } from '../../support/until.ts'
import { countersOn } from './counting.ts'

const log = { debug() {}, info() {}, warn() {} }
const LIMIT = 50

const shareOf = (organizationId: string) => ({
  windows: [{ key: `${organizationId}/w`, limit: LIMIT, periodMs: 1000 * MINUTE_MS }],
  costs: [1],
  money: {
    ...{ organizationId, projectId: 'proj_1', at: Date.now(), nano: 10_000_000 },
    limits: { project: 40, organization: null },
  },
})

async function openNodes(config: RedisConfig, count: number, open = connectedRedis) {
  await using stack = new AsyncDisposableStack()
  const nodes: RedisCounters[] = []
  for (let i = 0; i < count; i++) {
    const redis = stack.use(await open({ config, log }))
    // So long that a machine which stands still for a while takes nobody's turn to say what it holds.
    const options = { gatherMs: 2000, beatMs: 50, denyMs: 0 }
    nodes.push(stack.use(countersOn(redis, { prefix: 'shared', options, failed() {} })))
  }
  const rest = stack.move()
  return { nodes, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** How many of so many calls at once are let in. */
async function letIn(nodes: readonly RedisCounters[], organizationId: string, count: number): Promise<number> {
  const take = async (i: number) => (await nodes[i % nodes.length]?.take(shareOf(organizationId)))?.taken
  const all = await Promise.all(Array.from({ length: count }, (_, i) => take(i)))
  return all.filter(Boolean).length
}

/** The same while nodes may fail: until none does, and how many were let in by then. */
async function letInAtLast(nodes: readonly RedisCounters[], organizationId: string, count: number): Promise<number> {
  let admitted = 0
  for (;;) {
    const one = async (i: number) => nodes[i % nodes.length]?.take(shareOf(organizationId))
    const all = await Promise.allSettled(Array.from({ length: count }, (_, i) => one(i)))
    admitted += all.filter((each) => each.status === 'fulfilled' && each.value?.taken).length
    if (all.every(({ status }) => status === 'fulfilled')) return admitted
    await sleep(50)
  }
}

describe('several processes of Redis', { skip: withoutRedis }, () => {
  test('a Cluster counts each organization in one of its masters, and tells of changes; the loss of one is its own', async () => {
    await using cluster = await startRedisCluster()
    await using two = await openNodes(cluster.config, 2)
    const organizations = Array.from({ length: 12 }, (_, i) => `org-${i}`)
    const all = await Promise.all(organizations.map((id) => letIn(two.nodes, id, 60)))
    assert.deepEqual(
      all,
      organizations.map(() => 40),
    )
    const sizes = cluster.masters.map(({ cli }) => Number(cli('dbsize')))
    assert.ok(
      sizes.every((size) => size > 0),
      `${sizes}`,
    )

    await using stack = new AsyncDisposableStack()
    const heard: (ChangeScope | null)[] = []
    const changed = { publish: (scope: ChangeScope | null) => void heard.push(scope) }
    const { config } = cluster
    const redis = stack.use(await connectedRedis({ config, log }))
    const changes = stack.use(await connectedChanges({ config, redis, changed, log }))
    const others = stack.use(await connectedChanges({ config, redis, changed: { publish() {} }, log }))
    const scope = { organizationId: 'org-1', projectId: null }
    // Its own are known to it before they are told.
    changes.announce({ organizationId: 'org-2', projectId: null })
    others.announce(scope)
    await until(() => heard.length >= 2, 'what is heard')
    assert.deepEqual(heard, [null, scope])
    // While nobody hears anything may change.
    for (const { cli } of cluster.masters) cli('client', 'kill', 'type', 'pubsub')
    await until(() => heard.length >= 3, 'what is heard')
    for (let tries = 0; heard.length < 4; tries++) {
      assert.ok(tries < 1000, 'nothing is heard any more')
      others.announce(scope)
      await sleep(10)
    }
    assert.deepEqual(heard.slice(2, 4), [null, scope])

    // What is held is told again to the one that lost it, and nowhere else.
    cluster.masters[0]?.cli('flushall')
    for (const id of organizations) assert.equal(await letIn(two.nodes, id, 4), 0, id)
  })

  test('when the Sentinels make another one the master, it is found, has what was counted, and gets the scripts again', async (t) => {
    await using sentinel = await startSentinel()
    await using two = await openNodes(sentinel.config, 2)
    assert.equal(await letIn(two.nodes, 'org-x', 30), 30)
    while (sentinel.replica.cli('dbsize') !== sentinel.master.cli('dbsize')) await sleep(10)
    const killed = performance.now()
    await sentinel.master.kill()
    const more = await letInAtLast(two.nodes, 'org-x', 20)
    t.diagnostic(`counted again after ${Math.round(performance.now() - killed)} ms`)
    assert.ok(more <= 10, `${more}`)
    assert.equal(more + (await letIn(two.nodes, 'org-x', 20)), 10)
  })

  test('an ACL user of the rights that the documents name is enough, on a database with a number', async () => {
    const rights = ['~gatehouse:*', '~shared:*', '&gatehouse:*', '+@all', '-@dangerous']
    await using server = await startRedis('--user', 'gate', 'on', '>hunter2', ...rights, '--user', 'default', 'off')
    const config = { ...server.config, username: 'gate', password: 'hunter2', database: 3 }
    await using two = await openNodes(config, 2)
    assert.equal(await letIn(two.nodes, 'org-x', 60), 40)
    await using stranger = await openNodes({ ...config, password: 'wrong' }, 1, openRedis)
    await assert.rejects(async () => stranger.nodes[0]?.take(shareOf('org-x')), /Redis is not connected/)
  })
})
