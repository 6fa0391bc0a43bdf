import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KyselyPlugin, LogEvent } from 'kysely'
import { migrate } from '../../src/db/migrate.ts'
import { openDb } from '../../src/db/open.ts'
import { recordRetention } from '../../src/db/retention-record.ts'
import type { Db, Tables } from '../../src/db/tables.ts'
import { recordUsage } from '../../src/db/usage.ts'
import { DailyLevels } from '../../src/gateway/limits/daily.ts'
import type { SavedLevel } from '../../src/gateway/limits/memory.ts'
import { Retention } from '../../src/ledger/retention.ts'
import { databases, openTestDatabase } from '../support/databases.ts'

const DAY = 86_400
/** 00:00 UTC; a long time ago on the day on which it is deleted. */
const start = 1_790_553_600
const now = start + 40 * DAY
const PART = { organization_id: 'org-a', kind: 'completions' } as const

const rows = <T>(count: number, row: (i: number) => T) => Array.from({ length: count }, (_, i) => row(i))
const countOf = async (db: Db, table: keyof Tables) =>
  (
    await db
      .selectFrom(table)
      .select('organization_id' as never)
      .execute()
  ).length
const inserted = async <T>(all: readonly T[], insert: (some: T[]) => Promise<unknown>) => {
  for (let i = 0; i < all.length; i += 500) await insert(all.slice(i, i + 500))
}

for (const kind of databases) {
  test(`${kind}: what has had its time goes a thousand rows at a time, in whatever minute they are, and others write in between`, async () => {
    await using own = await openTestDatabase(kind)
    const [db, other] = [await openDb(own.url, { connections: 1 }), await openDb(own.url, { connections: 1 })]
    try {
      await migrate(db)
      // All in one minute, by so many keys; and as many that stay.
      const use = (at: number) => (i: number) => ({ ...PART, at, num_model_requests: 1, api_key_id: `key-${i}` })
      await recordUsage(db, [...rows(2500, use(start)), ...rows(3, use(now - 60))])
      const owned = { kind: 'response', organization_id: 'org-a', project_id: 'p', upstream: 'u' } as const
      await inserted(
        rows(2503, (i) => ({ ...owned, id: `resp_${i}`, response_id: null, expires_at: i < 2500 ? start : now + 1 })),
        (some) => db.insertInto('owned').values(some).execute(),
      )
      await inserted(
        rows(2503, (i) => ({ id: `writer-${i}`, batch: 1, written_at: i < 2500 ? start - DAY : now })),
        (some) => db.insertInto('usage_writer').values(some).execute(),
      )
      const minutes = async () =>
        (await other.selectFrom('usage_rollup').select('time').where('grain', '=', 60).execute()).length
      const writers = async () => (await other.selectFrom('usage_writer').select('id').execute()).length
      const all = async () => [await minutes(), await countOf(other, 'owned'), await writers()]
      const seen: number[][] = []
      const between: KyselyPlugin = {
        transformQuery: ({ node }) => node,
        async transformResult({ result }) {
          if (result.numAffectedRows === undefined || result.numAffectedRows === 0n) return result
          // It would wait for whoever had kept a lock.
          await other
            .insertInto('meta')
            .values({ key: `step ${seen.length}`, value: '' })
            .execute()
          seen.push(await all())
          return result
        },
      }
      const log = { info: () => {}, warn: (fields: object) => assert.fail(String((fields as { err?: unknown }).err)) }
      await recordRetention(db, now * 1000)
      const retention = new Retention({
        db: db.withPlugin(between),
        log,
        now: () => now * 1000,
        responsesDays: 30,
        usageMinutesDays: 30,
        auditDays: null,
      })
      await retention.run()
      await retention.close()
      assert.deepEqual(seen, [
        // It says what will be gone.
        [2503, 2503, 2503],
        ...[1503, 503, 3].map((left) => [left, 2503, 2503]),
        ...[1503, 503, 3].map((left) => [3, left, 2503]),
        ...[1503, 503, 3].map((left) => [3, 3, left]),
        // It notes that it ran.
        [3, 3, 3],
      ])
    } finally {
      await other.destroy()
      await db.destroy()
    }
  })

  test(`${kind}: levels that have drained go a page at a time at a start, and all others are taken up`, async () => {
    await using own = await openTestDatabase(kind)
    let deletionsMade = 0
    const onQuery = ({ query }: LogEvent) => {
      if (query.sql.startsWith('delete from "limit_level"')) deletionsMade++
    }
    const db = await openDb(own.url, { connections: 1, onQuery })
    try {
      await migrate(db)
      const level = (i: number) => {
        const isDrained = i % 2 === 0 && i < 2000
        return {
          organization_id: 'org-a',
          key: `org-a ${i}`,
          level: isDrained ? 10 : 1e6,
          maximum: 10,
          at_ms: start * 1000,
        }
      }
      await inserted(rows(4001, level), (some) => db.insertInto('limit_level').values(some).execute())
      const restored: SavedLevel[] = []
      const restoreDays = (saved: readonly SavedLevel[]) => void restored.push(...saved)
      const days = { daysChanged: false, changedDays: () => [], restoreDays }
      await new DailyLevels(days, () => (start + DAY) * 1000).load(db)
      assert.equal(await countOf(db, 'limit_level'), 3001)
      assert.equal(restored.length, 3001)
      assert.ok(deletionsMade > 1, `${deletionsMade} deletions`)
    } finally {
      await db.destroy()
    }
  })
}
