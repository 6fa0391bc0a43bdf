import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketsOf, readsOf } from '../../src/core/usage.ts'
import type { UsageEntry } from '../../src/core/usage-entry.ts'
import { migrate } from '../../src/db/migrate.ts'
import { minutesKeptFrom } from '../../src/db/minutes-kept.ts'
import { openDb, openGateDb } from '../../src/db/open.ts'
import { recordRetention } from '../../src/db/retention-record.ts'
import { addSpendOfWriter } from '../../src/db/spend-of-writer.ts'
import type { Db } from '../../src/db/tables.ts'
import { recordUsage, sumUsage, total } from '../../src/db/usage.ts'
import { Retention } from '../../src/ledger/retention.ts'
import { databases, openTestDatabase } from '../support/databases.ts'

const HOUR = 3600
const DAY = 86_400
/** 00:00 UTC. */
const start = 1_790_553_600

const log = { info: () => {}, warn: (fields: object) => assert.fail(String((fields as { err?: unknown }).err)) }
const countOf = async (db: Db, grain: 60 | 3600 | 86_400) =>
  (await db.selectFrom('usage_rollup').select('time').where('grain', '=', grain).orderBy('time').execute()).map(
    ({ time }) => time,
  )

/** What a report says for a window, in buckets of a width. */
async function reportOf(db: Db, from: number, to: number, width: 60 | 3600 | 86_400) {
  const of = { organizationId: 'org-a', kind: 'completions' as const, groupBy: [], filters: [] }
  const minutesFrom = await minutesKeptFrom(db, of.organizationId, of.kind)
  let sum = 0
  for (const { ranges } of readsOf(bucketsOf({ from, to }, width, 1440), width, minutesFrom)) {
    const select = { requests: total('num_model_requests') }
    for (const row of await sumUsage(db, { ...of, ranges, byTime: false, select })) sum += Number(row.requests)
  }
  return sum
}

for (const kind of databases) {
  test(`${kind}: sums by the minute go after their time, those by the hour and the day stay, and reports use them`, async () => {
    await using own = await openTestDatabase(kind)
    const db = await openDb(own.url)
    const gate = openGateDb(own.url, db)
    try {
      await migrate(db)
      const use = (at: number, more: Partial<UsageEntry> = {}): UsageEntry => ({
        organization_id: 'org-a',
        kind: 'completions',
        at,
        num_model_requests: 1,
        ...more,
      })
      // Day 0 is old: one request in each minute of two hours. Day 40 is today.
      const old = Array.from({ length: 120 }, (_, i) => use(start + i * 60))
      const many = Array.from({ length: 1500 }, (_, i) =>
        use(start + i * 30, { kind: 'embeddings', api_key_id: `${i}` }),
      )
      const others = [use(start, { organization_id: 'org-b' }), use(start + 40 * DAY, { organization_id: 'org-b' })]
      await recordUsage(db, [...old, ...many, ...others, use(start + 40 * DAY), use(start + 10 * DAY + HOUR)])
      // Silent since the first of a month of 31 days, and on its last one it may still say what it has spent in it.
      const writers = { 'long-gone': start, silent: start + 9 * DAY }
      for (const [writer, written_at] of Object.entries(writers)) {
        await db.insertInto('usage_writer').values({ id: writer, batch: 3, written_at }).execute()
        const spent = { organization_id: 'org-a', project_id: '', month: '2026-09', writer, amount_nano: 5n }
        await db.insertInto('spend_of_writer').values(spent).execute()
      }
      const [hours, days] = [await countOf(db, HOUR), await countOf(db, DAY)]
      assert.equal(await reportOf(db, start + 90, start + 7200, HOUR), 119)

      const now = (start + 40 * DAY + 1234) * 1000
      const retention = new Retention({
        db: gate,
        log,
        now: () => now,
        responsesDays: 30,
        usageMinutesDays: 30,
        auditDays: null,
      })
      await retention.run()
      assert.deepEqual(await countOf(db, 60), [start + 10 * DAY + HOUR, start + 40 * DAY, start + 40 * DAY])
      assert.deepEqual(await countOf(db, HOUR), hours)
      assert.deepEqual(await countOf(db, DAY), days)
      assert.deepEqual(await db.selectFrom('usage_writer').select('id').execute(), [{ id: 'silent' }])
      assert.deepEqual(await db.selectFrom('spend_of_writer').select('writer').execute(), [{ writer: 'silent' }])
      await retention.run()
      assert.equal((await countOf(db, 60)).length, 3)
      await retention.close()

      // Whole hours and days are as they were; a window that ends within one counts it whole; minutes are gone.
      assert.equal(await reportOf(db, start, start + 7200, HOUR), 120)
      assert.equal(await reportOf(db, start, start + 41 * DAY, DAY), 122)
      assert.equal(await reportOf(db, start + 90, start + 7200, HOUR), 120)
      assert.equal(await reportOf(db, start + 90, start + 100, DAY), 60)
      assert.equal(await reportOf(db, start, start + 7200, 60), 0)
      assert.equal(await reportOf(db, start + 40 * DAY, start + 40 * DAY + 60, 60), 1)
      assert.equal(await reportOf(db, start + 40 * DAY + 60, start + 40 * DAY + 120, HOUR), 0)
    } finally {
      await gate.destroy()
      await db.destroy()
    }
  })

  test(`${kind}: a run that ends while it forgets a writer leaves it to the next one, with what is left of it`, async () => {
    await using own = await openTestDatabase(kind)
    const now = () => (start + 41 * DAY) * 1000
    const db = await openDb(own.url, {
      onQuery({ query }) {
        if (query.sql.startsWith('delete from "spend_of_writer"')) void ended.close()
      },
    })
    const parts = { db, log, now, responsesDays: 30, usageMinutesDays: 30, auditDays: null }
    const ended: Retention = new Retention(parts)
    const left = async () => [
      (await db.selectFrom('usage_writer').select('id').execute()).length,
      (await db.selectFrom('spend_of_writer').select('writer').where('organization_id', '=', 'org-a').execute()).length,
    ]
    try {
      await migrate(db)
      await recordRetention(db, now())
      await db.insertInto('usage_writer').values({ id: 'long-gone', batch: 1, written_at: start }).execute()
      const of = { organization_id: 'org-a', month: '2026-09', amount_nano: 5n }
      const spent = Array.from({ length: 1001 }, (_, i) => ({ ...of, project_id: `proj_${i}` }))
      await addSpendOfWriter(db, 'long-gone', spent)
      await ended.run()
      assert.deepEqual(await left(), [1, 1])
      const next = new Retention(parts)
      await next.run()
      await next.close()
      assert.deepEqual(await left(), [0, 0])
    } finally {
      await db.destroy()
    }
  })
}

test('a run is due a minute after the start and then every hour, however often it is asked for', async () => {
  await using own = await openTestDatabase('sqlite')
  let [statements, now] = [0, start * 1000]
  const db = await openDb(own.url, { onQuery: () => statements++ })
  try {
    await migrate(db)
    const retention = new Retention({
      db,
      log,
      now: () => now,
      responsesDays: 30,
      usageMinutesDays: 30,
      auditDays: null,
    })
    const runs = async () => {
      const before = statements
      for (let i = 0; i < 5; i++) await retention.write()
      // What was begun is over when it is closed; asking again begins nothing.
      await retention.idle()
      return statements - before
    }
    assert.equal(await runs(), 0)
    now += 60_000
    const one = await runs()
    assert.ok(one > 0)
    assert.equal(await runs(), 0)
    now += HOUR * 1000
    assert.equal(await runs(), one)
    now += HOUR * 1000
    await retention.close()
    assert.equal(await runs(), 0)
  } finally {
    await db.destroy()
  }
})
