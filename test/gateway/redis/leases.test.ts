import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DAY_MS, MINUTE_MS } from '../../../src/core/limit.ts'
import { givenTime } from '../../support/given-time.ts'
import { connectedRedis, startRedis, withoutRedis } from '../../support/redis.ts'
import { countersOn } from './counting.ts'

const ORGANIZATION = 'org-x'
/** Longer than a machine stands still now and then: a node that cannot say that it lives is dead. */
const LEASE_MS = 4000
const quiet = { info() {}, warn() {} }

const windows = [
  { key: `${ORGANIZATION}/minute`, limit: 1, periodMs: 100 * MINUTE_MS },
  { key: `${ORGANIZATION}/day`, limit: 10, periodMs: DAY_MS },
]
const limits = { project: 10, organization: null }
const money = { organizationId: ORGANIZATION, projectId: 'proj_1', at: Date.now(), nano: 100_000_000, limits }
const share = { windows, costs: [1, 4], money }

async function openTwo() {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startRedis())
  const connect = async () => stack.use(await connectedRedis({ config: server.config, log: quiet }))
  const options = { leaseMs: LEASE_MS, beatMs: 50, gatherMs: 0, denyMs: 0 }
  const node = async () => {
    const redis = await connect()
    return { redis, counters: stack.use(countersOn(redis, { prefix: 'shared', options })) }
  }
  const [first, second] = [await node(), await node()]
  const rest = stack.move()
  return { server, first, second, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

describe('what nodes have reserved in Redis', { skip: withoutRedis }, () => {
  test('comes back when its node is dead, and not before', async (t) => {
    await using two = await openTwo()
    assert.ok((await two.first.counters.take(share)).taken)
    // Alive it holds what it has for as long as it lives.
    const until = performance.now() + 1.5 * LEASE_MS
    while (performance.now() < until) {
      assert.equal((await two.second.counters.take(share)).taken, null)
      await sleep(50)
    }
    const died = givenTime()
    await two.first.redis[Symbol.asyncDispose]()
    let taken = null
    while (taken === null) {
      taken = (await two.second.counters.take(share)).taken
      await sleep(20)
    }
    const after = givenTime() - died
    t.diagnostic(`after ${(after / LEASE_MS).toFixed(2)} leases`)
    assert.ok(after < 1.5 * LEASE_MS + 1000, `${after}`)
    // All of it, and once.
    await taken.settle([0, 0], 0)
    const { levels } = { levels: [], ...(await two.second.counters.take({ ...share, costs: [0, 0], money: null })) }
    assert.deepEqual(levels, [0, 0])
    assert.equal(two.server.cli('hlen', `shared:{${ORGANIZATION}}:r:x`), '0')
  })

  test('a node that was thought dead settles what its calls used all the same, once', async () => {
    await using two = await openTwo()
    const { taken } = await two.first.counters.take(share)
    assert.ok(taken)
    // Whoever takes what it had for lost.
    const keys = two.server.cli('keys', '*:r:*')
    assert.equal(keys.split('\n').length, 1)
    two.server.cli('del', keys)
    for (let i = 0; i < 2; i++) await taken.settle([Number.NaN, 3], 60_000_000)
    const levels = async () => {
      const decision = await two.second.counters.take({ ...share, costs: [0, 0], money: null })
      return 'levels' in decision ? decision.levels.map(Math.ceil) : []
    }
    while ((await levels())[1] !== 7) await sleep(10)
    assert.deepEqual(await levels(), [2, 7])
  })
})
