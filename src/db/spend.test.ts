import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Migrator } from 'kysely/migration'
import { databases, openTestDatabase } from '../../test/support/databases.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { openDb } from './open.ts'
import { findSpent, spendOf } from './spend.ts'
import { recordUsage } from './usage.ts'

const november = Date.UTC(2026, 10, 1) / 1000
const december = Date.UTC(2026, 11, 1) / 1000
const MOST = Number.MAX_SAFE_INTEGER

const cost = (project_id: string, at: number, amount_nano: number): UsageEntry => ({
  organization_id: 'org-a',
  project_id,
  kind: 'costs',
  at,
  amount_nano,
})

test('a cost counts to its project and to its organization, in the month of its time, exactly', () => {
  const entry = fc.record({
    organization_id: fc.constantFrom('org-a', 'org-b'),
    project_id: fc.constantFrom('', 'proj_1', 'proj_2'),
    kind: fc.constantFrom('costs' as const, 'completions' as const),
    at: fc.constantFrom(november - 1, november, december - 1, december),
    amount_nano: fc.maxSafeNat(),
  })
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const costs = entries.filter(({ kind }) => kind === 'costs')
      const sum = (some: typeof entries) => some.reduce((total, { amount_nano }) => total + BigInt(amount_nano), 0n)
      const totals = spendOf(entries)
      for (const { organization_id, project_id, month, amount_nano } of totals) {
        const own = costs.filter((one) => {
          const inMonth = new Date(one.at * 1000).toISOString().startsWith(month)
          return inMonth && one.organization_id === organization_id && ['', one.project_id].includes(project_id)
        })
        assert.equal(amount_nano, sum(own))
      }
      const wholes = totals.filter(({ project_id }) => project_id === '')
      assert.equal(
        wholes.reduce((total, { amount_nano }) => total + amount_nano, 0n),
        sum(costs),
      )
      const order = totals.map((one) => [one.organization_id, one.project_id, one.month].join('\n'))
      assert.deepEqual(order, [...order].sort())
    }),
  )
})

for (const kind of databases) {
  test(`${kind}: two nodes that write costs at the same time lose nothing and do not deadlock, beyond 2^53 too`, async () => {
    await using database = await openTestDatabase(kind)
    const db = await openDb(database.url, { connections: 4 })
    const other = await openDb(database.url, { connections: 4 })
    try {
      await migrate(db)
      const projects = Array.from({ length: 150 }, (_, i) => `proj_${i}`)
      const entries = projects.flatMap((id) => [cost(id, november, 7), cost(id, december, 1)])
      const turns = Array.from({ length: 12 }, (_, i) => (i % 2 ? entries : entries.toReversed()))
      const big = Array.from({ length: 3 }, () => recordUsage(other, [cost('proj_0', november, MOST)]))
      await Promise.all([...big, ...turns.map((some, i) => recordUsage(i % 2 ? other : db, some))])
      const spent = await findSpent(db, 'org-a', ['', 'proj_0', 'proj_149', 'proj_none'], '2026-11')
      assert.deepEqual(
        new Map([...spent].sort()),
        new Map([
          ['', 12n * 150n * 7n + 3n * BigInt(MOST)],
          ['proj_0', 84n + 3n * BigInt(MOST)],
          ['proj_149', 84n],
        ]),
      )
      assert.deepEqual(await findSpent(db, 'org-a', ['proj_7'], '2026-12'), new Map([['proj_7', 12n]]))
      assert.deepEqual(await findSpent(db, 'org-b', ['', 'proj_7'], '2026-12'), new Map())
    } finally {
      await db.destroy()
      await other.destroy()
    }
  })

  test(`${kind}: what was spent before the totals were kept is in them after the migration`, async () => {
    await using database = await openTestDatabase(kind)
    const db = await openDb(database.url)
    try {
      const { '0040-spend': spend, ...rest } = migrations
      const before = Object.fromEntries(Object.entries(rest).filter(([name]) => name < '0040'))
      assert.ok(spend)
      await new Migrator({ db, provider: { getMigrations: async () => before } }).migrateToLatest()
      for (const id of ['org-a', 'org-idle']) {
        const row = { id, name: id, default_project_id: 'proj_0', created_at: 0 }
        await db.insertInto('organization').values(row).execute()
      }
      const blank = {
        user_id: '',
        model: '',
        quantity_unit: '',
        service_tier: '',
        api_source: '',
        size: '',
        source: '',
      }
      const none = { context_level: '', vector_store_id: '', batch: 0, num_model_requests: 0, units: 0 }
      const inputs = { input_tokens: 0, input_cached_tokens: 0, input_audio_tokens: 0, input_image_tokens: 0 }
      const cached = { input_cached_audio_tokens: 0, input_cached_image_tokens: 0, input_cache_write_30m_tokens: 0 }
      const outputs = {
        output_tokens: 0,
        output_audio_tokens: 0,
        output_image_tokens: 0,
        input_cache_write_12h_tokens: 0,
      }
      const row = { ...blank, ...none, ...inputs, ...cached, ...outputs, organization_id: 'org-a' }
      let item = 0
      const add = (project_id: string, time: number, amount_nano: number, grain: 60 | 86_400 = 86_400) =>
        db
          .insertInto('usage_rollup')
          .values({
            ...row,
            api_key_id: `key_${item++}`,
            line_item: '',
            kind: 'costs',
            grain,
            time,
            project_id,
            amount_nano,
          })
          .execute()
      for (let i = 0; i < 3; i++) await add('proj_1', november, MOST)
      await add('proj_1', december - 86_400, 5)
      await add('proj_1', december, 9)
      await add('proj_2', november + 86_400, 1)
      await add('', november, 2)
      await add('proj_1', november, 1000, 60)
      await add('proj_3', Date.UTC(2025, 0, 31) / 1000, 4)

      await migrate(db)
      const ids = ['', 'proj_1', 'proj_2', 'proj_3']
      const of = async (month: string) => Object.fromEntries(await findSpent(db, 'org-a', ids, month))
      const most = 3n * BigInt(MOST)
      assert.deepEqual(await of('2026-11'), { '': most + 8n, proj_1: most + 5n, proj_2: 1n })
      assert.deepEqual(await of('2026-12'), { '': 9n, proj_1: 9n })
      assert.deepEqual(await of('2025-01'), { '': 4n, proj_3: 4n })
      assert.deepEqual(await of('2025-02'), {})
      const rows = await db.selectFrom('spend_total').select('organization_id').execute()
      assert.ok(rows.every(({ organization_id }) => organization_id === 'org-a'))
    } finally {
      await db.destroy()
    }
  })
}
