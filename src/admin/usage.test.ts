import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type OpenAI from 'openai'
import { withoutPublished } from '../../test/openapi/published.ts'
import { publishedErrors } from '../../test/openapi/schemas.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { run } from '../cli/index.ts'
import { idSource } from '../core/id.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { recordUsage } from '../db/usage.ts'
import { createOrganization } from './organization.ts'

const DAY = 86_400
/** A Monday, 00:00 UTC. */
const start = 1_790_553_600
type Usage = OpenAI['admin']['organization']['usage']
type Report = { data: { start_time: number; end_time: number; results: object[] }[] }

for (const database of databases) {
  describe(database, () => {
    let app: TestApp
    let organization: string
    before(async () => {
      app = await startTestApp({ database })
      organization = (await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()).id
    })
    after(() => app[Symbol.asyncDispose]())

    const reports = () => app.admin().organization.usage
    type Given = Omit<UsageEntry, 'organization_id'>
    const record = (...entries: Given[]) =>
      recordUsage(
        app.db,
        entries.map((entry) => ({ ...entry, organization_id: organization })),
      )
    /** All results of a report, wherever they are. */
    const results = (report: Report) => report.data.flatMap((bucket) => bucket.results)
    const nulls = (...names: string[]) => Object.fromEntries(names.map((name) => [name, null]))
    const owner = ['project_id', 'user_id', 'api_key_id']
    const model = [...owner, 'model']
    const job = [...model, 'batch', 'service_tier', 'api_source']
    const of = { project_id: 'proj_a', user_id: 'user-a', api_key_id: 'key_a' }
    /** A day of a test's own. */
    let days = 0
    const ownDay = () => start + 10 * DAY * days++

    const jobUse = {
      input_tokens: 1000,
      input_cached_tokens: 300,
      input_cache_write_30m_tokens: 40,
      input_cache_write_12h_tokens: 10,
      input_audio_tokens: 20,
      input_image_tokens: 30,
      input_cached_audio_tokens: 5,
      input_cached_image_tokens: 6,
      output_tokens: 100,
      output_audio_tokens: 7,
      output_image_tokens: 8,
      num_model_requests: 2,
    }
    const jobResult = {
      ...jobUse,
      input_cache_write_tokens: 50,
      input_uncached_tokens: 650,
      input_text_tokens: 600,
      input_cached_text_tokens: 289,
      output_text_tokens: 85,
    }
    const kinds: [keyof Usage, Omit<Given, 'at'>, string, object, string[]][] = [
      ['completions', { kind: 'completions', ...jobUse }, 'usage.completions', jobResult, job],
      ['decisions', { kind: 'decisions', ...jobUse }, 'usage.decisions', jobResult, job],
      ...(['embeddings', 'moderations'] as const).map((kind): (typeof kinds)[number] => [
        kind,
        { kind, input_tokens: 5, num_model_requests: 1 },
        `usage.${kind}`,
        { input_tokens: 5, num_model_requests: 1 },
        model,
      ]),
      [
        'images',
        { kind: 'images', units: 3, num_model_requests: 1 },
        'usage.images',
        { images: 3, num_model_requests: 1 },
        [...model, 'size', 'source'],
      ],
      [
        'audioSpeeches',
        { kind: 'audio_speeches', units: 70, num_model_requests: 1 },
        'usage.audio_speeches',
        { characters: 70, num_model_requests: 1 },
        model,
      ],
      [
        'audioTranscriptions',
        { kind: 'audio_transcriptions', units: 9, num_model_requests: 1 },
        'usage.audio_transcriptions',
        { seconds: 9, num_model_requests: 1 },
        model,
      ],
      [
        'vectorStores',
        { kind: 'vector_stores', units: 1024 },
        'usage.vector_stores',
        { usage_bytes: 1024 },
        ['project_id'],
      ],
      [
        'codeInterpreterSessions',
        { kind: 'code_interpreter_sessions', units: 4 },
        'usage.code_interpreter_sessions',
        { num_sessions: 4 },
        ['project_id'],
      ],
      [
        'fileSearchCalls',
        { kind: 'file_search_calls', units: 2 },
        'usage.file_searches',
        { num_requests: 2 },
        [...owner, 'vector_store_id'],
      ],
      [
        'webSearchCalls',
        { kind: 'web_search_calls', units: 2, num_model_requests: 1 },
        'usage.web_searches',
        { num_requests: 2, num_model_requests: 1 },
        [...model, 'context_level', 'api_source'],
      ],
      [
        'costs',
        { kind: 'costs', units: 400, quantity_unit: 'tokens', line_item: 'm1, input_tokens', amount_nano: 60_000_001 },
        'costs',
        { amount: { value: 0.060000001, currency: 'usd' }, quantity: null, quantity_unit: null },
        [...owner, 'line_item', 'api_source'],
      ],
    ]

    test('every report has its own result, with every dimension null when it is not grouped', async () => {
      const at = ownDay()
      await record(...kinds.map(([, entry]) => ({ ...of, model: 'm1', ...entry, at })))
      for (const [name, , object, measures, dimensions] of kinds) {
        const report = (await reports()[name]({ start_time: at, end_time: at + 2 * DAY })) as Report
        const result = { object: `organization.${object}.result`, ...measures, ...nulls(...dimensions) }
        assert.deepEqual(
          report.data,
          [
            { object: 'bucket', start_time: at, end_time: at + DAY, results: [result] },
            { object: 'bucket', start_time: at + DAY, end_time: at + 2 * DAY, results: [] },
          ],
          name,
        )
        if (!withoutPublished && name !== 'decisions')
          assert.deepEqual(publishedErrors('UsageResponse', report), [], name)
      }
    })

    test('grouped, a result names what it is of; what has no value is null, and no published source is unlabeled', async () => {
      const at = ownDay()
      const use = { kind: 'completions', at, num_model_requests: 1 } as const
      await record(
        { ...use, ...of, model: 'm2', batch: 1, service_tier: 'flex', api_source: 'agents_api', input_tokens: 1 },
        { ...use, ...of, model: 'm1', input_tokens: 2 },
        { ...use, ...of, at: at + 70, model: 'm1', input_tokens: 3 },
        { ...use, project_id: 'proj_b', model: 'm1', input_tokens: 4 },
      )
      const grouped = async (...group_by: OpenAI.Admin.Organization.UsageCompletionsParams['group_by'] & string[]) =>
        results(await reports().completions({ start_time: at, end_time: at + DAY, group_by })) as Record<
          string,
          unknown
        >[]
      const pick = (rows: Record<string, unknown>[], ...names: string[]) =>
        rows.map((row) => names.map((name) => row[name]))
      assert.deepEqual(pick(await grouped('model'), 'model', 'input_tokens', 'project_id'), [
        ['m1', 9, null],
        ['m2', 1, null],
      ])
      assert.deepEqual(
        pick(await grouped('project_id', 'user_id'), 'project_id', 'user_id', 'input_tokens'),
        [
          ['proj_b', null, 4],
          ['proj_a', 'user-a', 6],
        ].sort(),
      )
      assert.deepEqual(
        pick(
          await grouped('batch', 'service_tier', 'api_source'),
          'batch',
          'service_tier',
          'api_source',
          'input_tokens',
        ),
        [
          [false, null, 'unlabeled', 9],
          [true, 'flex', 'agents_api', 1],
        ],
      )
      assert.equal((await grouped('model', 'model')).length, 2)
      const all = await grouped('project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier', 'api_source')
      assert.equal(all.length, 3)
    })

    test('every filter keeps what is one of its values; filters of other reports are ignored', async () => {
      const at = ownDay()
      const odd = { project_id: 'proj_b', user_id: 'user-b', api_key_id: 'key_b', model: 'm2', batch: 1 }
      const even = { ...of, model: 'm1', batch: 0 }
      const both = (kind: UsageEntry['kind'], a: Partial<UsageEntry>, b: Partial<UsageEntry>) =>
        record(
          { kind, at, units: 1, input_tokens: 1, ...even, ...a },
          { kind, at, units: 10, input_tokens: 10, ...odd, ...b },
        )
      await both('completions', {}, {})
      await both('images', { size: '256x256', source: 'image.edit' }, { size: '512x512', source: 'image.generation' })
      await both('web_search_calls', { context_level: 'low' }, { context_level: 'high' })
      await both('file_search_calls', { vector_store_id: 'vs_a' }, { vector_store_id: 'vs_b' })
      await both('costs', { line_item: 'm1, a', amount_nano: 1e9 }, { line_item: 'm1, b', amount_nano: 1e10 })
      const window = { start_time: at, end_time: at + DAY }
      const count = async (name: keyof Usage, query: object, measure: string) => {
        const report = (await reports()[name]({ ...window, ...query } as never)) as Report
        const [row] = results(report) as ({ amount: { value: number } } & Record<string, unknown>)[]
        return measure === 'amount' ? row?.amount.value : row?.[measure]
      }
      const cases: [keyof Usage, object, string, number][] = [
        ['completions', { project_ids: ['proj_a'] }, 'input_tokens', 1],
        ['completions', { project_ids: ['proj_b', 'proj_a'] }, 'input_tokens', 11],
        ['completions', { user_ids: ['user-b'] }, 'input_tokens', 10],
        ['completions', { api_key_ids: ['key_b'] }, 'input_tokens', 10],
        ['completions', { models: ['m1'] }, 'input_tokens', 1],
        ['completions', { batch: true }, 'input_tokens', 10],
        ['completions', { batch: false }, 'input_tokens', 1],
        ['completions', { batch: false, models: ['m1', 'm2'], user_ids: ['user-a'] }, 'input_tokens', 1],
        ['images', { sizes: ['512x512'] }, 'images', 10],
        ['images', { sources: ['image.edit', 'image.variation'] }, 'images', 1],
        ['webSearchCalls', { context_levels: ['low', 'medium'] }, 'num_requests', 1],
        ['fileSearchCalls', { vector_store_ids: ['vs_b'] }, 'num_requests', 10],
        ['fileSearchCalls', { models: ['m1'] }, 'num_requests', 11],
        ['costs', { line_items: ['m1, b'] }, 'amount', 10],
        ['costs', { project_ids: ['proj_a'], api_key_ids: ['key_a'] }, 'amount', 1],
        ['costs', { user_ids: ['user-a'] }, 'amount', 11],
      ]
      for (const [name, query, measure, expected] of cases) {
        assert.equal(await count(name, query, measure), expected, `${name} ${JSON.stringify(query)}`)
      }
      assert.equal(await count('completions', { models: ['m1'], batch: true }, 'input_tokens'), undefined)
    })

    test('costs are summed exactly, also beyond 2^53 nano-dollars; a quantity is shown by line item alone', async () => {
      const at = ownDay()
      const cost = { kind: 'costs', at, quantity_unit: 'tokens', line_item: 'm1, input_tokens' } as const
      await record(
        ...Array.from({ length: 10 }, (_, i) => ({ ...cost, at: at + i * 3600, units: 7, amount_nano: 100_000_000 })),
        { ...cost, line_item: 'big', amount_nano: Number.MAX_SAFE_INTEGER, quantity_unit: 'images', units: 1 },
        { ...cost, line_item: 'big', amount_nano: Number.MAX_SAFE_INTEGER, quantity_unit: 'characters', units: 1 },
        { ...cost, line_item: 'web_search', amount_nano: 1, quantity_unit: '', units: 2 },
      )
      const report = await reports().costs({ start_time: at, end_time: at + DAY, group_by: ['line_item'] })
      const rows = results(report) as OpenAI.Admin.Organization.UsageCostsResponse.Data.OrganizationCostsResult[]
      assert.deepEqual(
        rows.map((row) => [row.line_item, row.amount?.value, row.quantity, row.quantity_unit]),
        [
          ['big', Number('18014398.509481982'), 2, null],
          ['m1, input_tokens', 1, 70, 'tokens'],
          ['web_search', 1e-9, 2, null],
        ],
      )
      if (!withoutPublished) assert.deepEqual(publishedErrors('UsageResponse', report), [])
      const { text } = await app.send('GET', `/v1/organization/costs?start_time=${at}&end_time=${at + DAY}`)
      assert.match(text, /"amount":\{"value":18014399\.509481984?,"currency":"usd"\}/)
    })

    test('decisions take null for everything that can be left out', async () => {
      const report = await reports().decisions({
        start_time: start - DAY,
        end_time: null,
        limit: null,
        page: null,
        bucket_width: null,
        batch: null,
        group_by: null,
        models: null,
        project_ids: null,
      })
      assert.equal(report.data[0]?.end_time, start)
    })

    test('it takes api.usage.read, which another key does not have', async () => {
      const { id } = await app.db.selectFrom('organization_user').select('id').executeTakeFirstOrThrow()
      const keyWith = async (scopes: string) => {
        let value = ''
        const output = {
          line() {},
          note: assert.fail,
          json: (json: unknown) => (value = (json as { value: string }).value),
        }
        const args = ['admin-key', 'create', '--user', id, '--scopes', scopes, '--json']
        assert.equal(await run(args, { GATEHOUSE_DATABASE_URL: app.databaseUrl }, output), 0)
        return app.admin(value).organization.usage
      }
      const reader = await keyWith('api.usage.read')
      const manager = await keyWith('api.management.read,api.management.write')
      for (const [name] of kinds) {
        await reader[name]({ start_time: start })
        await assert.rejects(() => manager[name]({ start_time: start }), {
          status: 401,
          message: /Missing scopes: api\.usage\.read/,
        })
      }
    })

    test("no organization sees another's use", async () => {
      const at = ownDay()
      const app2 = { db: app.db, newId: idSource(Date.now) }
      const { organization } = await createOrganization(app2, { name: 'Other', ownerEmail: 'o@other' }, at)
      await recordUsage(app.db, [{ ...of, organization_id: organization.id, kind: 'embeddings', at, input_tokens: 1 }])
      const seen = await reports().embeddings({ start_time: at, end_time: at + DAY, api_key_ids: [of.api_key_id] })
      assert.deepEqual(results(seen), [])
    })
  })
}
