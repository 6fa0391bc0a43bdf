import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type OpenAI from 'openai'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { Recorder } from '../../test/support/recorder.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { recordUsage } from '../db/usage.ts'

const DAY = 86_400
/** A Monday, 00:00 UTC. */
const start = 1_790_553_600
const widths = [
  ['1d', DAY],
  ['1h', 3600],
  ['1m', 60],
] as const

for (const database of databases) {
  describe(database, () => {
    let app: TestApp
    let organization: string
    const recorder = new Recorder(database)
    before(async () => {
      app = await startTestApp({ database, plugins: [recorder] })
      organization = (await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()).id
    })
    after(() => app[Symbol.asyncDispose]())

    const reports = () => app.admin().organization.usage
    const record = (...entries: Omit<UsageEntry, 'organization_id'>[]) =>
      recordUsage(
        app.db,
        entries.map((entry) => ({ ...entry, organization_id: organization })),
      )

    test('without an end the report goes on to the end of the bucket that is now', async () => {
      const now = Math.floor(Date.now() / 1000)
      await record({ kind: 'embeddings', at: now, input_tokens: 8 })
      for (const [bucket_width, width] of widths) {
        const { data, has_more } = await reports().embeddings({ start_time: now - width, bucket_width })
        assert.ok(data.length === 2 || data.length === 3)
        const last = data.findLast((bucket) => bucket.results.length > 0)
        assert.deepEqual([has_more, (last?.end_time ?? 1) % width], [false, 0])
        assert.deepEqual((last?.results as { input_tokens: number }[] | undefined)?.[0]?.input_tokens, 8)
      }
      assert.deepEqual((await reports().embeddings({ start_time: now + 3 * DAY })).data, [])
    })

    test('pages have the size that was asked for, or the preset of their width, and follow one another', async () => {
      const at = start
      const query = { start_time: at + 100, end_time: at + 200 * DAY }
      for (const [bucket_width, preset, most] of [
        ['1d', 7, 31],
        ['1h', 24, 168],
        ['1m', 60, 1440],
      ] as const) {
        assert.equal((await reports().moderations({ ...query, bucket_width })).data.length, preset)
        assert.equal((await reports().moderations({ ...query, bucket_width, limit: most })).data.length, most)
        await assert.rejects(reports().moderations({ ...query, bucket_width, limit: most + 1 }), {
          status: 400,
          code: 'integer_above_max_value',
          param: 'limit',
        })
      }
      assert.equal((await reports().costs(query)).data.length, 7)
      assert.equal((await reports().costs({ ...query, limit: 180 })).data.length, 180)
      await record({ kind: 'moderations', at: at + 2 * DAY + 5, input_tokens: 1 })
      const whole = await reports().moderations({ ...query, limit: 20 })
      const parts: unknown[] = []
      let page: string | null = null
      do {
        const part = await reports().moderations({ ...query, end_time: at + 20 * DAY, limit: 3, ...(page && { page }) })
        parts.push(...part.data)
        page = part.next_page
        if (page) assert.match(page, /^page_[\w-]+$/)
        assert.equal(part.has_more, page !== null)
      } while (page)
      assert.deepEqual(parts, whole.data)
      const { next_page } = await reports().moderations({ ...query, limit: 1 })
      for (const padding of ['', '%3D', '%3D%3D', '%253D']) {
        const path = `/v1/organization/usage/moderations?start_time=${at + 100}&limit=1&page=${next_page}${padding}`
        const { status, body } = await app.send('GET', path)
        assert.deepEqual([status, body.data[0].start_time], [200, at + DAY])
      }
    })

    test('what makes no sense is refused as what it is', async () => {
      const refused = async (path: string, code: string, param: string) => {
        const { status, body } = await app.send('GET', `/v1/organization/${path}`)
        assert.deepEqual([status, body.error.code, body.error.param], [400, code, param], path)
      }
      const other = await reports().images({ start_time: start, end_time: start + 9 * DAY })
      await refused('usage/images', 'missing_required_parameter', 'start_time')
      await refused('usage/images?start_time=5&end_time=5', 'invalid_value', 'end_time')
      await refused(`costs?start_time=${start}&end_time=${start - 1}`, 'invalid_value', 'end_time')
      await refused('usage/images?start_time=-1', 'integer_below_min_value', 'start_time')
      await refused('usage/images?start_time=1790553600000', 'integer_above_max_value', 'start_time')
      await refused('usage/images?start_time=yesterday', 'invalid_type', 'start_time')
      await refused('usage/images?start_time=1&group_by=batch', 'invalid_value', 'group_by[0]')
      await refused(
        'usage/vector_stores?start_time=1&group_by[]=project_id&group_by[]=model',
        'invalid_value',
        'group_by[1]',
      )
      await refused('costs?start_time=1&group_by[]=model', 'invalid_value', 'group_by[0]')
      await refused('costs?start_time=1&bucket_width=1h', 'invalid_value', 'bucket_width')
      await refused('costs?start_time=1&limit=181', 'integer_above_max_value', 'limit')
      await refused('usage/images?start_time=1&bucket_width=1w', 'invalid_value', 'bucket_width')
      await refused('usage/images?start_time=1&limit=0', 'integer_below_min_value', 'limit')
      await refused('usage/images?start_time=1&models[]=%00', 'invalid_value', 'models[0]')
      await refused('usage/images?start_time=1&sizes[]=1x1', 'invalid_value', 'sizes[0]')
      await refused('usage/images?start_time=1&page=page_nonsense', 'invalid_value', 'page')
      await refused(`usage/images?start_time=${start}&bucket_width=1h&page=${other.next_page}`, 'invalid_value', 'page')
    })

    test('a report says what adding up the entries one by one says', async () => {
      const at = start + 400 * DAY
      let state = 7
      const chance = (below: number) => {
        state = (state * 48_271) % 2_147_483_647
        return state % below
      }
      const entries = Array.from({ length: 400 }, () => ({
        kind: 'embeddings' as const,
        at: at + chance(3 * DAY),
        api_key_id: `key_${chance(3)}`,
        model: chance(2) ? 'm1' : 'm2',
        input_tokens: 1 + chance(1000),
      }))
      await record(...entries)
      type Result = OpenAI.Admin.Organization.UsageEmbeddingsResponse.Data.OrganizationUsageEmbeddingsResult

      /** Whether a bucket counts an entry: whole buckets by time, those that the window clips by the minutes they touch. */
      const counts = (bucket: { start_time: number; end_time: number }, entry: (typeof entries)[number]) => {
        const minute = Math.floor(entry.at / 60) * 60
        return minute >= Math.floor(bucket.start_time / 60) * 60 && minute < bucket.end_time
      }
      const moment = fc.integer({ min: at - 3600, max: at + 3 * DAY + 3600 })
      const groups = fc.subarray(['api_key_id', 'model'] as const)
      const key = fc.constantFrom(undefined, 'key_0')
      const query = fc.record({ moments: fc.tuple(moment, moment), width: fc.constantFrom(...widths), groups, key })
      await fc.assert(
        fc.asyncProperty(query, async ({ moments, width: [bucket_width, width], groups, key }) => {
          const [start_time, end_time] = [Math.min(...moments), Math.max(...moments)]
          fc.pre(end_time > start_time)
          const asked = { start_time, end_time, bucket_width, group_by: groups, limit: 31 }
          const report = await reports().embeddings({ ...asked, ...(key && { api_key_ids: [key] }) })
          const most = Math.ceil(end_time / width) - Math.floor(start_time / width)
          assert.equal(report.data.length, Math.min(31, most))
          for (const bucket of report.data) {
            const expected = new Map<string, number>()
            for (const entry of entries) {
              if ((key !== undefined && entry.api_key_id !== key) || !counts(bucket, entry)) continue
              const name = groups.map((group) => entry[group]).join()
              expected.set(name, (expected.get(name) ?? 0) + entry.input_tokens)
            }
            const got = (bucket.results as Result[]).map(
              (row) => [groups.map((group) => row[group]).join(), row.input_tokens] as const,
            )
            assert.deepEqual(
              got,
              [...expected].sort(([a], [b]) => (a < b ? -1 : 1)),
            )
          }
        }),
        { numRuns: 60 },
      )
    })

    test('a report asks the database a few times, however many buckets and results it has', async () => {
      const asked = async (limit: number) => {
        // What a server writes by itself meanwhile is no part of it. Each is seen when it is put together, and when it is run.
        const before = recorder.times('usage_rollup')
        const window = {
          start_time: start + 400 * DAY + 5,
          end_time: start + 403 * DAY - 5,
          bucket_width: '1m' as const,
        }
        await reports().embeddings({ ...window, limit, group_by: ['api_key_id', 'model'] })
        return recorder.times('usage_rollup') - before
      }
      await asked(1)
      assert.ok((await asked(1440)) <= (await asked(1)) + 2 * 9)
    })
  })
}
