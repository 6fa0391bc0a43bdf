import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { databases } from '../../test/support/databases.ts'
import { openReported } from '../../test/support/report-db.ts'
import { usage as routes } from '../contract/usage.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { recordUsage, total } from '../db/usage.ts'
import { type Bounds, type ReportCall, report } from './usage-report.ts'

const HOUR = 3600
const DAY = 86_400
/** A Monday, 00:00 UTC. */
const start = 1_790_553_600
const organizationId = 'org-a'

type Result = { input_tokens: number } & Record<string, string | boolean | number | null>
type Group = 'api_key_id' | 'user_id' | 'model' | 'batch'
type Asked = {
  start_time: number
  end_time: number
  bucket_width: '1d' | '1h' | '1m'
  group_by: readonly Group[]
  limit: number
}
type Page = {
  object: string
  data: { start_time: number; end_time: number; results: Result[] }[]
  has_more: boolean
  next_page: string | null
}

const shape = {
  route: routes.completions,
  kind: 'completions',
  object: 'organization.usage.completions.result',
  select: { input_tokens: total('input_tokens') },
  // Only what is looked at here: the rest of a result does not decide where a page ends.
  view: (sums: { input_tokens: number }) => sums as never,
} as const

/** Names that JSON, a cursor or an order could stumble over. */
const models = ['m1', 'My Model "Q4".gguf', 'ü-模型', 'z\\', '']

for (const database of databases) {
  describe(database, () => {
    let opened: Awaited<ReturnType<typeof openReported>>
    const entries: (UsageEntry & { input_tokens: number })[] = []
    before(async () => {
      opened = await openReported(database)
      let state = 11
      const chance = (below: number) => {
        state = (state * 48_271) % 2_147_483_647
        return state % below
      }
      for (let i = 0; i < 240; i++) {
        entries.push({
          organization_id: organizationId,
          kind: 'completions',
          // Most of it lies in few buckets, so that these are longer than a page.
          at: start + (chance(3) ? DAY + chance(2 * HOUR) : chance(4 * DAY)),
          api_key_id: `key_${chance(25)}`,
          user_id: `user-${chance(9)}`,
          model: models[chance(models.length)] ?? '',
          batch: chance(2),
          input_tokens: 1 + chance(1000),
        })
      }
      await recordUsage(opened.db, entries)
    })
    after(() => opened[Symbol.asyncDispose]())

    async function pageOf(query: ReportCall['query'], bounds: Bounds): Promise<{ page: Page; bytes: number }> {
      const call = { db: opened.reportDb, now: start + 9 * DAY, caller: { organizationId }, query }
      let text = ''
      for await (const part of report({ ...call, inTurn: (work) => work() }, shape, bounds)) text += part
      return { page: JSON.parse(text), bytes: Buffer.byteLength(text) }
    }

    test('whoever follows next_page adds up what one by one gives, however small the pages and the statements are', async () => {
      const moment = fc.integer({ min: start - HOUR, max: start + 4 * DAY + HOUR })
      const asked = fc.record({
        moments: fc.tuple(moment, moment),
        width: fc.constantFrom(['1d', DAY] as const, ['1h', HOUR] as const, ['1m', 60] as const),
        groups: fc.subarray(['api_key_id', 'user_id', 'model', 'batch'] as const),
        limit: fc.integer({ min: 1, max: 31 }),
        bounds: fc.record({
          groups: fc.integer({ min: 3, max: 40 }),
          enough: fc.integer({ min: 1, max: 6000 }),
          most: fc.integer({ min: 1000, max: 9000 }),
        }),
      })
      await fc.assert(
        fc.asyncProperty(asked, async ({ moments, width: [bucket_width, width], groups, limit, bounds }) => {
          const [start_time, latest] = [Math.min(...moments), Math.max(...moments)]
          // So many buckets that a test of them ends.
          const end_time = Math.min(latest, start_time + 30 * width)
          fc.pre(end_time > start_time)
          await check({ start_time, end_time, bucket_width, group_by: groups, limit }, width, bounds)
        }),
        { numRuns: 40 },
      )
    })

    /** Follows a report through its pages and compares it with a plain sum. */
    async function check(query: Asked, width: number, bounds: Bounds) {
      const { start_time: from, end_time: to, group_by: groups, limit } = query
      const sums = new Map<string, number>()
      const seen = new Map<number, number>()
      let last = -1
      for (let token: string | null = null, pages = 0; ; ) {
        const { page, bytes } = await pageOf({ ...query, page: token }, bounds)
        assert.ok(page.data.length > 0 && page.data.length <= limit)
        const largest = Math.max(0, ...page.data.flatMap(({ results }) => results.map((one) => bytesOf(one))))
        // A page ends at the first result beyond the bound; what is around the results is a few hundred bytes.
        const around = 300 + page.data.length * 100
        assert.ok(bytes <= Math.max(bounds.most, bounds.enough) + 2 * largest + around, `${bytes} bytes`)
        for (const { start_time, end_time, results } of page.data) {
          assert.ok(start_time >= last, 'buckets come in their order')
          last = start_time
          assert.equal(seen.get(start_time) ?? end_time, end_time)
          seen.set(start_time, end_time)
          for (const result of results) {
            const name = `${start_time} ${JSON.stringify(groups.map((group) => result[group]))}`
            assert.ok(!sums.has(name), `${name} comes twice`)
            sums.set(name, result.input_tokens)
          }
        }
        assert.equal(page.has_more, page.next_page !== null)
        assert.match(page.next_page ?? 'page_', /^page_[\w-]*$/)
        token = page.next_page
        if (token === null) break
        if (++pages > 2000) assert.fail('it has no end')
      }
      assert.deepEqual(
        [...seen].map(([from]) => from),
        edges(from, to, width),
      )
      assert.deepEqual(sums, plainSums([...seen], groups))
    }

    test('without groups too, where a statement finds fewer buckets than it is asked for', async () => {
      for (const [bucket_width, width] of [
        ['1d', DAY],
        ['1h', HOUR],
        ['1m', 60],
      ] as const) {
        const query = {
          start_time: start + DAY,
          end_time: start + DAY + 30 * width,
          bucket_width,
          group_by: [],
          limit: 31,
        }
        await check(query, width, { groups: 3, enough: 500, most: 1000 })
      }
    })

    /** Every entry, added to the bucket whose minutes it lies in. */
    function plainSums(buckets: [number, number][], groups: readonly Group[]) {
      const found: [string, number, unknown[]][] = []
      for (const [from, to] of buckets) {
        for (const entry of entries) {
          const minute = Math.floor(entry.at / 60) * 60
          if (minute < Math.floor(from / 60) * 60 || minute >= to) continue
          const values = groups.map((name) => (name === 'batch' ? entry.batch === 1 : entry[name] || null))
          found.push([`${from} ${JSON.stringify(values)}`, entry.input_tokens, values])
        }
      }
      const sums = new Map<string, number>()
      for (const [name, tokens] of found) sums.set(name, (sums.get(name) ?? 0) + tokens)
      return sums
    }

    test('a bucket is whole where it fits, and a page ends between buckets', async () => {
      const query = { start_time: start, end_time: start + 4 * DAY, group_by: ['api_key_id'], limit: 31 }
      const all = await pageOf(query, { groups: 10_000, enough: 1e9, most: 1e9 })
      assert.deepEqual([all.page.data.length, all.page.has_more], [4, false])
      const first = await pageOf(query, { groups: 10_000, enough: 1, most: 1e9 })
      assert.deepEqual(first.page.data, all.page.data.slice(0, 1))
      const second = await pageOf({ ...query, page: first.page.next_page }, { groups: 3, enough: 1, most: 1e9 })
      assert.deepEqual(second.page.data, all.page.data.slice(1, 2))
      const half = await pageOf(query, { groups: 10_000, enough: 1, most: all.bytes / 8 })
      const [begun] = half.page.data
      assert.ok(begun && begun.results.length > 0)
      assert.deepEqual(begun.results, all.page.data[0]?.results.slice(0, begun.results.length))
    })

    test('a cursor within a bucket goes on in the same query alone', async () => {
      const query = { start_time: start, end_time: start + 4 * DAY, group_by: ['api_key_id', 'model'], limit: 31 }
      const { page } = await pageOf(query, { groups: 10, enough: 1e9, most: 500 })
      assert.ok((page.next_page?.length ?? 0) > 60)
      const bounds = { groups: 10, enough: 1e9, most: 1e9 }
      const others = [
        { ...query, group_by: ['api_key_id'] },
        { ...query, group_by: ['api_key_id', 'user_id'] },
        { ...query, start_time: start + 60 },
        { ...query, bucket_width: '1h' as const },
      ]
      for (const other of others) {
        const asked = pageOf({ ...other, page: page.next_page }, bounds)
        await assert.rejects(asked, { code: 'invalid_value', param: 'page' })
      }
      assert.ok((await pageOf({ ...query, page: page.next_page }, bounds)).page.data.length === 4)
    })
  })
}

const bytesOf = (result: Result) => Buffer.byteLength(JSON.stringify(result))

function edges(from: number, to: number, width: number): number[] {
  const inner = []
  for (let at = (Math.floor(from / width) + 1) * width; at < to; at += width) inner.push(at)
  return [from, ...inner]
}
