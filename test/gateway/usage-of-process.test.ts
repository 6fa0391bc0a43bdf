import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import type { Db } from '../../src/db/tables.ts'
import { RedisCounters } from '../../src/gateway/counters/redis/counters.ts'
import { databaseSource } from '../../src/gateway/counters/redis/database.ts'
import { until } from '../process/gatehouse.ts'
import { databases } from '../support/databases.ts'
import { connectedRedis, startRedis, withoutRedis } from '../support/redis.ts'
import { at, entry, openUsage } from './usage-writer.ts'

const cents = (amount: number) => amount * 10_000_000
const own = { organization_id: 'org-a', project_id: 'proj_a' }
const cost = (amount_nano: number, api_key_id = 'key_a') => entry({ ...own, kind: 'costs', amount_nano, api_key_id })
const options = { gatherMs: 200, beatMs: 20, denyMs: 0 }

/** What each process has brought to the project's total, in cents. */
async function broughtTo(db: Db): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('spend_of_writer')
    .select(['writer', sql<number>`amount_nano / 10000000`.as('cents')])
    .where('organization_id', '=', 'org-a')
    .where('project_id', '=', 'proj_a')
    .execute()
  return Object.fromEntries(rows.map(({ writer, cents }) => [writer, Number(cents)]))
}

/** More than one batch. */
const MANY = 700
const quiet = { info() {}, warn() {} }

describe('what a process has spent is known under one name, however it was written', () => {
  test('sqlite: what went by way of the disk, and what the next start finds there', async () => {
    await using given = await openUsage('sqlite')
    const usage = given.start({ spilling: true, byWriter: true })
    await sql`alter table usage_writer rename to elsewhere`.execute(given.db)
    for (let i = 0; i < MANY; i++) usage.record([cost(cents(1), `key_${i}`)])
    assert.equal(await usage.close(), false)
    await sql`alter table elsewhere rename to usage_writer`.execute(given.db)
    const next = given.start({ spilling: true, byWriter: true })
    next.record([cost(cents(5))])
    await until(() => next.buffered === 0, 'it is written')
    assert.equal(await next.close(), true)
    assert.deepEqual(await broughtTo(given.db), { [usage.writer]: MANY, [next.writer]: 5 })
    const known = await given.db.selectFrom('usage_writer').select('id').where('id', '=', usage.writer).execute()
    assert.equal(known.length, 1)
  })

  for (const kind of databases) {
    test(`${kind}: what lay in one batch with a row that the database refuses counts once in Redis`, {
      skip: withoutRedis,
    }, async () => {
      await using given = await openUsage(kind)
      await using server = await startRedis()
      await using stack = new AsyncDisposableStack()
      const redis = stack.use(await connectedRedis({ config: server.config, log: quiet }))
      const usage = given.start({ byWriter: true })
      if (kind === 'postgres') await sql`alter table usage_rollup add check (model <> 'poison')`.execute(given.db)
      else {
        await sql`create trigger poison before insert on usage_rollup when new.model = 'poison'
          begin select raise(abort, 'poison'); end`.execute(given.db)
      }
      const countersOf = (writer: string) => {
        const source = databaseSource({ db: given.db, writer, now: () => at * 1000 })
        return stack.use(new RedisCounters({ redis, prefix: 'whose', source, failed() {}, options }))
      }
      const [own, other] = [countersOf(usage.writer), countersOf('other')]
      const asked = (nano: number) => ({
        ...{ organizationId: 'org-a', projectId: 'proj_a', at: at * 1000, nano },
        limits: { project: 300, organization: null },
      })
      const take = async (counters: RedisCounters, nano: number) =>
        (await counters.take({ windows: [], costs: [], money: asked(nano) })).taken
      const taken = await take(own, cents(100))
      await taken?.settle([], cents(100))
      usage.record([cost(cents(60)), cost(cents(40), 'key_b'), entry({ model: 'poison' })])
      await usage.flush()
      assert.equal(await take(other, cents(201)), null)
      assert.ok(await take(other, cents(200)))
      assert.deepEqual([given.dropped(), await broughtTo(given.db)], [1, { [usage.writer]: 100 }])
      await usage.close()
    })
  }
})
