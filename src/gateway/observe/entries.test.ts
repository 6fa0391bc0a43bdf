import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { asks } from '../../../test/gateway/asked.ts'
import { databases } from '../../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../../test/support/harness.ts'
import { recordUsage } from '../../db/usage.ts'
import { type RouteName, routes } from '../routes/table.ts'
import { NOTHING_USED, type Used } from '../use.ts'
import { type UsedCall, usageEntries } from './entries.ts'

const at = 1_790_553_600_999
const call = (route: RouteName, used: Partial<Used>, more: Partial<UsedCall> = {}): UsedCall => ({
  grant: { keyId: 'key_a', ownerId: 'svc_acct_a', rules: { organizationId: 'org-a', projectId: 'proj_a' } },
  route: routes[route],
  at,
  asked: asks({ characters: 12, size: '1024x1024', serviceTier: 'auto' }),
  used: { ...NOTHING_USED, ...used },
  ...more,
})

const project = { organization_id: 'org-a', at: 1_790_553_600, project_id: 'proj_a' }
const owner = { ...project, user_id: 'svc_acct_a', api_key_id: 'key_a' }
const model = { ...owner, model: 'm1', num_model_requests: 1 }
const text = {
  input_tokens: 0,
  input_cached_tokens: 0,
  input_audio_tokens: 0,
  input_image_tokens: 0,
  output_tokens: 0,
  output_audio_tokens: 0,
  output_image_tokens: 0,
}

test('a call is an entry of the report it belongs to', () => {
  const completion = { ...model, ...text, kind: 'completions', input_tokens: 5, output_tokens: 7 }
  const rows: [UsedCall, object[]][] = [
    [
      call('chat.completions.create', { inputTokens: 5, outputTokens: 7, serviceTier: 'default' }),
      [{ ...completion, service_tier: 'default' }],
    ],
    [call('completions.create', { inputTokens: 5, outputTokens: 7 }), [{ ...completion, service_tier: '' }]],
    [
      call('responses.create', { webSearchCalls: 2, fileSearchCalls: 3, codeInterpreterSessions: 1 }),
      [
        { ...model, ...text, kind: 'completions', service_tier: '' },
        { ...model, kind: 'web_search_calls', units: 2 },
        { ...owner, kind: 'file_search_calls', units: 3 },
        { ...project, kind: 'code_interpreter_sessions', units: 1 },
      ],
    ],
    [call('embeddings.create', { inputTokens: 5 }), [{ ...model, kind: 'embeddings', input_tokens: 5 }]],
    [call('moderations.create', { inputTokens: 5 }), [{ ...model, kind: 'moderations', input_tokens: 5 }]],
    ...(
      [
        ['images.generate', 'generation'],
        ['images.edit', 'edit'],
        ['images.createVariation', 'variation'],
      ] as const
    ).map(([route, source]): [UsedCall, object[]] => {
      const image = { ...model, kind: 'images', units: 2, size: '1024x1024', source: `image.${source}` }
      return [call(route, { images: 2 }), [image]]
    }),
    [call('audio.speech.create', {}), [{ ...model, kind: 'audio_speeches', units: 12 }]],
    [call('audio.transcriptions.create', { seconds: 9 }), [{ ...model, kind: 'audio_transcriptions', units: 9 }]],
    [call('audio.translations.create', { seconds: 9 }), [{ ...model, kind: 'audio_transcriptions', units: 9 }]],
    [call('responses.retrieve', {}), []],
    [call('models.list', {}), []],
  ]
  for (const [used, entries] of rows) assert.deepEqual(usageEntries(used), entries, used.route.report.kind)
})

test("a client's own words become a dimension only where they can be one", () => {
  for (const size of ['1x1\nx', 'x'.repeat(1000), '', null]) {
    const [entry] = usageEntries(call('images.generate', {}, { asked: asks({ size }) }))
    assert.equal(entry?.size, '')
  }
  for (const serviceTier of ['a\nb', 'x'.repeat(65), 'auto', null]) {
    const [entry] = usageEntries(call('completions.create', {}, { asked: asks({ serviceTier }) }))
    assert.equal(entry?.service_tier, '')
  }
})

for (const database of databases) {
  describe(database, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    test('cached audio does not make the reported text negative', async () => {
      const organization = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
      const grant = {
        keyId: 'key_a',
        ownerId: 'user-a',
        rules: { organizationId: organization.id, projectId: 'proj_a' },
      }
      const used = {
        inputTokens: 100,
        cachedInputTokens: 80,
        inputAudioTokens: 50,
        inputImageTokens: 30,
        outputTokens: 9,
      }
      await recordUsage(app.db, usageEntries(call('chat.completions.create', used, { grant })))
      const start_time = Math.floor(at / 1000)
      const report = await app.admin().organization.usage.completions({ start_time, end_time: start_time + 60 })
      const [result] = report.data.flatMap(({ results }) => results)
      assert.ok(result?.object === 'organization.usage.completions.result')
      const { input_tokens, input_cached_tokens, input_audio_tokens, output_tokens, num_model_requests } = result
      assert.deepEqual(
        { input_tokens, input_cached_tokens, input_audio_tokens, output_tokens, num_model_requests },
        { input_tokens: 100, input_cached_tokens: 80, input_audio_tokens: 20, output_tokens: 9, num_model_requests: 1 },
      )
      const { input_text_tokens, input_image_tokens } = result as unknown as Record<string, number>
      assert.deepEqual([input_text_tokens, input_image_tokens], [0, 0])
    })
  })
}
