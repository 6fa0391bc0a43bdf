import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RedisCounters } from '../../../src/gateway/counters/redis/counters.ts'
import type { Source } from '../../../src/gateway/counters/redis/source.ts'
import type { Redis } from '../../../src/redis/connection.ts'
import { connectedRedis, startRedis, withoutRedis } from '../../support/redis.ts'

const quiet = { info() {}, warn() {} }
const cents = (amount: number) => amount * 10_000_000
const at = Date.now()
const LIMIT = 300
const organizationId = 'org-a'

/** A Redis with counters of one process. @param spent by each of some processes, of each project and of the organization */
async function open(spent: ReadonlyMap<string, number>) {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startRedis())
  const redis = stack.use(await connectedRedis({ config: server.config, log: quiet }))
  /** How many sums of processes each script had. */
  const told: number[] = []
  const send: Redis['send'] = (key, command) => {
    const asked = command.findLast((value) => value.startsWith('{'))
    told.push(asked === undefined ? 0 : JSON.parse(asked).spent.length)
    return redis.send(key, command)
  }
  const all = [...spent.values()].reduce((sum, nano) => sum + nano, 0)
  const rowsOf = (projectId: string) => [
    { projectId, writer: null, nano: BigInt(all), isHeld: false },
    ...Array.from(spent, ([writer, nano]) => ({ projectId, writer, nano: BigInt(nano), isHeld: false })),
  ]
  const source: Source = { writer: 'own', spent: async (_, ids) => ids.flatMap(rowsOf), days: async () => [] }
  const failures: unknown[] = []
  const counters = stack.use(
    new RedisCounters({
      redis: {
        isCluster: false,
        send,
        get connections() {
          return redis.connections
        },
        async [Symbol.asyncDispose]() {},
      },
      ...{ prefix: 'brought', source },
      failed: (error) => failures.push(error),
      options: { gatherMs: 200, beatMs: 20, denyMs: 0 },
    }),
  )
  const take = async (projectId: string, nano: number, project: number | null = LIMIT) => {
    const money = { organizationId, projectId, at, nano, limits: { project, organization: null } }
    return (await counters.take({ windows: [], costs: [], money })).taken
  }
  const rest = stack.move()
  return { server, told, failures, take, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

describe('what Redis is told of what processes have spent', { skip: withoutRedis }, () => {
  test('counts once where it has evicted who has spent it, and what is held stays', async () => {
    await using given = await open(new Map([['own', cents(100)]]))
    const { server, take } = given
    await (await take('proj_a', cents(100)))?.settle([], cents(100))
    const held = await take('proj_a', cents(50))
    assert.ok(held)
    const keys = server.cli('keys', '*').split('\n')
    const lost = keys.filter((key) => key.includes('}:c:'))
    assert.equal(lost.length, 2)
    server.cli('del', ...lost)
    // It tells of it as soon as it says something of the account.
    await (await take('proj_a', cents(10)))?.settle([], cents(10))
    assert.equal(await take('proj_a', cents(141)), null)
    await (await take('proj_a', cents(140)))?.settle([], 0)
    await held.settle([], 0)
    assert.equal(await take('proj_a', cents(191)), null)
    assert.ok(await take('proj_a', cents(190)))
  })

  test('goes in scripts of a bounded size, however many projects and processes there are', async () => {
    const processes = Array.from({ length: 60 }, (_, i): [string, number] => [`process-${i}`, cents(1)])
    await using given = await open(new Map(processes))
    const { server, take, told, failures } = given
    const projects = Array.from({ length: 250 }, (_, i) => `proj_${i}`)
    const spend = async (id: string) => (await take(id, 1, null))?.settle([], 1)
    await Promise.all(projects.map(spend))
    server.cli('flushall')
    told.length = 0
    await spend('proj_0')
    assert.equal(await take('proj_0', cents(240)), null)
    assert.ok(await take('proj_249', cents(240) - 1))
    assert.ok(told.reduce((sum, some) => sum + some, 0) > 15_000)
    assert.ok(Math.max(...told) <= 5250, `${Math.max(...told)} in one script`)
    assert.deepEqual(failures, [])
  })
})
