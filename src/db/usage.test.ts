import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../../test/support/databases.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { migrate } from './migrate.ts'
import { openDb } from './open.ts'
import { recordUsage } from './usage.ts'

const start = 1_790_553_600

for (const kind of databases) {
  test(`${kind}: writers that add to the same rows at the same time lose nothing and do not deadlock`, async () => {
    await using database = await openTestDatabase(kind)
    const db = await openDb(database.url, { connections: 4 })
    const other = await openDb(database.url, { connections: 4 })
    try {
      await migrate(db)
      const entries = Array.from({ length: 40 }, (_, i): UsageEntry => {
        return {
          organization_id: 'org-a',
          kind: 'embeddings',
          at: start + (i % 4) * 60,
          api_key_id: `key_${i % 10}`,
          units: 1,
        }
      })
      const turns = Array.from({ length: 20 }, (_, i) => (i % 2 ? entries : entries.toReversed()))
      await Promise.all(turns.map((some, i) => recordUsage(i % 2 ? other : db, some)))
      const sums = await db
        .selectFrom('usage_rollup')
        .select((eb) => ['grain', eb.fn.sum<number>('units').as('units'), eb.fn.countAll<number>().as('rows')])
        .groupBy('grain')
        .orderBy('grain')
        .execute()
      assert.deepEqual(
        sums.map(({ grain, units, rows }) => [grain, Number(units), rows]),
        [
          [60, 800, 20],
          [3600, 800, 10],
          [86_400, 800, 10],
        ],
      )
    } finally {
      await db.destroy()
      await other.destroy()
    }
  })

  test(`${kind}: what is recorded in a transaction comes and goes with it, and a part of a number is never added`, async () => {
    await using database = await openTestDatabase(kind)
    const db = await openDb(database.url)
    try {
      await migrate(db)
      const entry: UsageEntry = { organization_id: 'org-a', kind: 'costs', at: start, amount_nano: 5 }
      const undone = db.transaction().execute(async (tx) => {
        await recordUsage(tx, [entry])
        throw new Error('undone')
      })
      await assert.rejects(undone, /undone/)
      for (const amount_nano of [0.5, -1, Number.NaN, 2 ** 53]) {
        await assert.rejects(recordUsage(db, [entry, { ...entry, amount_nano }]), /not a whole amount/)
      }
      await recordUsage(db, [])
      assert.deepEqual(await db.selectFrom('usage_rollup').selectAll().execute(), [])
    } finally {
      await db.destroy()
    }
  })
}
