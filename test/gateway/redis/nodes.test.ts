import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MINUTE_MS } from '../../../src/core/limit.ts'
import type { RedisCounters } from '../../../src/gateway/counters/redis/counters.ts'
import { connectedRedis, startRedis, withoutRedis } from '../../support/redis.ts'
import { countersOn } from './counting.ts'

const ORGANIZATION = 'org-x'
const quiet = { info() {}, warn() {} }

/** Three nodes, each with a connection of its own, on one Redis. */
async function openNodes() {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startRedis())
  const nodes: RedisCounters[] = []
  for (let i = 0; i < 3; i++) {
    const redis = stack.use(await connectedRedis({ config: server.config, log: quiet }))
    nodes.push(stack.use(countersOn(redis, { prefix: 'shared', options: { gatherMs: 0, denyMs: 0 } })))
  }
  const calls = (server_: typeof server) => Number(/evalsha:calls=(\d+)/.exec(server_.cli('info', 'commandstats'))?.[1])
  const rest = stack.move()
  return { nodes, server, scripts: () => calls(server), [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

describe('several nodes on one Redis', { skip: withoutRedis }, () => {
  test('of 3,000 calls at once on three nodes as many are let in as a limit of 600 a minute has room for', async (t) => {
    await using three = await openNodes()
    const window = { key: `${ORGANIZATION}/w`, limit: 600, periodMs: MINUTE_MS }
    const take = (i: number) => three.nodes[i % 3]?.take({ windows: [window], costs: [1], money: null })
    await take(0)
    const begun = performance.now()
    const all = await Promise.all(Array.from({ length: 3000 }, (_, i) => take(i)))
    const refilled = ((performance.now() - begun) * 600) / MINUTE_MS
    const admitted = 1 + all.filter((decision) => decision?.taken).length
    t.diagnostic(`admitted ${admitted} of 600; ${three.scripts()} scripts for 3,001 calls`)
    assert.ok(admitted <= 600 + refilled, `${admitted}`)
    assert.ok(admitted >= 594, `${admitted}`)
    assert.ok(three.scripts() < 300)
  })

  test('of 300 calls at once on three nodes none goes over a hard limit of money', async (t) => {
    await using three = await openNodes()
    const nano = 70_000_000
    const limits = { project: 1000, organization: 700 }
    const money = { organizationId: ORGANIZATION, projectId: 'proj_1', at: Date.now(), nano, limits }
    const take = (i: number) => three.nodes[i % 3]?.take({ windows: [], costs: [], money })
    const all = await Promise.all(Array.from({ length: 300 }, (_, i) => take(i)))
    const taken = all.flatMap((decision) => (decision?.taken ? [decision.taken] : []))
    const over = Math.max(0, taken.length * nano - 7_000_000_000)
    t.diagnostic(`let in ${taken.length} of 100 that fit; over the limit: ${over}`)
    assert.equal(taken.length, 100)
    await Promise.all(taken.map((one) => one.settle([], nano)))
    const decision = await take(1)
    assert.deepEqual(decision, { taken: null, short: { of: 'organization', isSpent: true } })
  })
})
