import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { recordUsageOnce } from '../../../src/db/usage-batch.ts'
import { RedisCounters } from '../../../src/gateway/counters/redis/counters.ts'
import { databaseSource } from '../../../src/gateway/counters/redis/database.ts'
import { leaveRedis } from '../../../src/gateway/counters/redis/leaving.ts'
import { openRedis, type Redis } from '../../../src/redis/connection.ts'
import { until } from '../../process/gatehouse.ts'
import { databases } from '../../support/databases.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { openMoney } from '../money.ts'

const quiet = { info() {}, warn() {} }
const cents = (amount: number) => amount * 10_000_000
const LIMIT = 300
const options = { gatherMs: 200, beatMs: 20, denyMs: 0 }

describe('what a process has spent that Redis was not told', { skip: withoutRedis }, () => {
  for (const database of databases) {
    test(`${database}: is told by another, from the database, and counts once, whoever else tells it and whatever Redis loses`, async () => {
      await using money = await openMoney(database, Date.now())
      await using server = await startRedis()
      await using stack = new AsyncDisposableStack()
      const redis = stack.use(await openRedis({ config: server.config, log: quiet }))
      const organizationId = await money.organization()
      const projectId = await money.project(organizationId)
      const asked = (nano: number) => ({
        ...{ organizationId, projectId, nano, at: money.now },
        limits: { project: LIMIT, organization: null },
      })
      const counters = (writer: string, over: Redis) => {
        const source = databaseSource({ db: money.db, writer, now: () => money.now })
        return new RedisCounters({ redis: over, prefix: 'told', source, now: () => money.now, failed() {}, options })
      }
      const write = async (writer: string, batch: number, amount_nano: number) =>
        recordUsageOnce(money.db, { writer, batch, at: 0, byWriter: true }, [
          { organization_id: organizationId, project_id: projectId, kind: 'costs', at: money.now / 1000, amount_nano },
        ])
      const other = stack.use(counters('other', redis))
      const isLeft = async (nano: number) => {
        const take = async (one: number) => (await other.take({ windows: [], costs: [], money: asked(one) })).taken
        assert.equal(await take(nano + 1), null, `more than ${nano}`)
        const taken = await take(nano)
        assert.ok(taken, `less than ${nano}`)
        await taken.settle([], 0)
      }
      await isLeft(cents(300))

      // A failure may have been an outage, in which somebody has told the database only.
      await write('gone', 1, cents(60))
      await write('gone', 2, cents(40))
      server.cli('client', 'kill', 'type', 'normal')
      const connections = redis.connections
      await until(() => redis.connections > connections, 'it is connected again')
      await isLeft(cents(200))

      server.cli('flushall')
      await isLeft(cents(200))

      // It was not gone: it says the same by itself, and then more.
      const gone = stack.use(counters('gone', redis))
      gone.spend(asked(0), cents(100))
      await gone.load({ organizationId, projectId })
      await isLeft(cents(200))
      gone.spend(asked(0), cents(50))
      const told = async () => (await other.take({ windows: [], costs: [], money: asked(cents(151)) })).taken
      await until(async () => {
        const taken = await told()
        await taken?.settle([], 0)
        return taken === null
      }, 'what it has spent since is told')
      await isLeft(cents(150))

      // At its end all is told, and who has spent it is forgotten: it counts as it did.
      await gone[Symbol.asyncDispose]()
      await write('gone', 3, cents(70))
      await leaveRedis(redis, 'told', money.db, 'gone')
      assert.deepEqual(await money.db.selectFrom('spend_of_writer').select('writer').execute(), [])
      await isLeft(cents(130))
      server.cli('flushall')
      await isLeft(cents(130))
    })
  }

  test('is told by another within seconds, also where that has noticed no outage', async () => {
    await using money = await openMoney('sqlite', Date.now())
    await using server = await startRedis()
    await using stack = new AsyncDisposableStack()
    const redis = stack.use(await openRedis({ config: server.config, log: quiet }))
    const organizationId = await money.organization()
    const projectId = await money.project(organizationId)
    const source = databaseSource({ db: money.db, writer: 'other', now: () => money.now })
    const parts = { redis, prefix: 'told', source, now: () => money.now, failed() {}, options }
    const other = stack.use(new RedisCounters(parts))
    const [nano, limits] = [cents(250), { project: LIMIT, organization: null }]
    const take = () =>
      other.take({ windows: [], costs: [], money: { organizationId, projectId, at: money.now, nano, limits } })
    const first = await take()
    await first.taken?.settle([], 0)
    const costs = { kind: 'costs' as const, at: money.now / 1000, amount_nano: cents(100) }
    await recordUsageOnce(money.db, { writer: 'gone', batch: 1, at: 0, byWriter: true }, [
      { organization_id: organizationId, project_id: projectId, ...costs },
    ])
    // As the project's rules are loaded again.
    await until(async () => {
      await sleep(100)
      await other.load({ organizationId, projectId })
      const { taken } = await take()
      await taken?.settle([], 0)
      return taken === null
    }, 'what the database has heard is read')
  })

  test('holds up nobody where the database that would say it is away: what Redis has is good until then', async () => {
    await using money = await openMoney('sqlite', Date.now())
    await using server = await startRedis()
    await using stack = new AsyncDisposableStack()
    const redis = stack.use(await openRedis({ config: server.config, log: quiet }))
    const organizationId = await money.organization()
    const projectId = await money.project(organizationId)
    const source = databaseSource({ db: money.db, writer: 'other', now: () => money.now })
    const parts = { redis, prefix: 'told', source, now: () => money.now, failed() {}, options }
    const counters = stack.use(new RedisCounters(parts))
    const limits = { project: LIMIT, organization: null }
    const take = async (nano: number) =>
      (
        await counters.take({
          ...{ windows: [], costs: [] },
          money: { organizationId, projectId, at: money.now, nano, limits },
        })
      ).taken
    await (await take(cents(200)))?.settle([], cents(200))
    await money.stopDatabase()
    server.cli('client', 'kill', 'type', 'normal')
    const connections = redis.connections
    await until(() => redis.connections > connections, 'it is connected again')
    assert.equal(await take(cents(101)), null)
    assert.ok(await take(cents(100)))
  })
})
