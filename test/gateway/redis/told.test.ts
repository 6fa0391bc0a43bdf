import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { recordUsageOnce } from '../../../src/db/usage-batch.ts'
import { RedisCounters } from '../../../src/gateway/counters/redis/counters.ts'
import { databaseSource } from '../../../src/gateway/counters/redis/database.ts'
import { leaveRedis } from '../../../src/gateway/counters/redis/leaving.ts'
import { until } from '../../process/gatehouse.ts'
import { type DatabaseKind, databases } from '../../support/databases.ts'
import { connectedRedis, startRedis, withoutRedis } from '../../support/redis.ts'
import { openMoney } from '../money.ts'

const quiet = { info() {}, warn() {} }
const cents = (amount: number) => amount * 10_000_000
const LIMIT = 300
const options = { gatherMs: 200, beatMs: 20, denyMs: 0 }

/** A project whose money is counted in a Redis of the test's own, and a process that counts it there. */
async function open(database: DatabaseKind) {
  await using stack = new AsyncDisposableStack()
  const money = stack.use(await openMoney(database, Date.now()))
  const server = stack.use(await startRedis())
  const redis = stack.use(await connectedRedis({ config: server.config, log: quiet }))
  const organizationId = await money.organization()
  const projectId = await money.project(organizationId)
  const now = () => money.now
  const counters = (writer: string) => {
    const source = databaseSource({ db: money.db, writer, now })
    return new RedisCounters({ redis, prefix: 'told', source, now, failed() {}, options })
  }
  const asked = (nano: number) => ({
    ...{ organizationId, projectId, nano, at: money.now },
    limits: { project: LIMIT, organization: null },
  })
  const other = stack.use(counters('other'))
  const take = async (nano: number) => (await other.take({ windows: [], costs: [], money: asked(nano) })).taken
  const rest = stack.move()
  return {
    ...{ money, server, redis, counters, asked, other, take, project: { organizationId, projectId } },
    /** Whether so much could be spent now. */
    async hasRoom(nano: number) {
      const taken = await take(nano)
      await taken?.settle([], 0)
      return taken !== null
    },
    /** Has the database hear of what a process has spent. */
    write: (writer: string, batch: number, amount_nano: number) =>
      recordUsageOnce(money.db, { writer, batch, at: 0, byWriter: true }, [
        { organization_id: organizationId, project_id: projectId, kind: 'costs', at: money.now / 1000, amount_nano },
      ]),
    async reconnect() {
      server.cli('client', 'kill', 'type', 'normal')
      const { connections } = redis
      await until(() => redis.connections > connections, 'it is connected again')
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

describe('what a process has spent that Redis was not told', { skip: withoutRedis }, () => {
  for (const database of databases) {
    test(`${database}: is told by another, from the database, and counts once, whoever else tells it and whatever Redis loses`, async () => {
      await using given = await open(database)
      const { money, server, redis, asked, hasRoom, write, project } = given
      const isLeft = async (nano: number) => {
        assert.equal(await hasRoom(nano + 1), false, `more than ${nano}`)
        assert.equal(await hasRoom(nano), true, `less than ${nano}`)
      }
      await isLeft(cents(300))

      // A failure may have been an outage, in which somebody has told the database only.
      await write('gone', 1, cents(60))
      await write('gone', 2, cents(40))
      await given.reconnect()
      await isLeft(cents(200))

      server.cli('flushall')
      await isLeft(cents(200))

      // It was not gone: it says the same by itself, and then more.
      await using gone = given.counters('gone')
      gone.spend(asked(0), cents(100))
      await gone.load(project)
      await isLeft(cents(200))
      gone.spend(asked(0), cents(50))
      await until(async () => !(await hasRoom(cents(151))), 'what it has spent since is told')
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
    await using given = await open('sqlite')
    const { other, hasRoom, project } = given
    assert.equal(await hasRoom(cents(250)), true)
    await given.write('gone', 1, cents(100))
    // As the project's rules are loaded again.
    await until(async () => {
      await sleep(100)
      await other.load(project)
      return !(await hasRoom(cents(250)))
    }, 'what the database has heard is read')
  })

  test('holds up nobody where the database that would say it is away: what Redis has is good until then', async () => {
    await using given = await open('sqlite')
    const { money, take } = given
    await (await take(cents(200)))?.settle([], cents(200))
    await money.stopDatabase()
    await given.reconnect()
    assert.equal(await take(cents(101)), null)
    assert.ok(await take(cents(100)))
  })
})
