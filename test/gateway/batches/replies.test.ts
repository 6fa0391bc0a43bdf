import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../support/databases.ts'
import { modelsFile } from '../../support/models-file.ts'
import { until } from '../../support/until.ts'
import { create, jsonl, startStage } from './stage.ts'

/*
 * What the results of each endpoint say of its use is read as the reply to a live call is.
 */

type Row = {
  endpoint: string
  body: object
  reply: object
  kind: string
  used: Record<string, number>
}

const rows: readonly Row[] = [
  {
    endpoint: '/v1/responses',
    body: { input: 'hello', max_output_tokens: 9 },
    reply: {
      ...{ id: 'resp_1', object: 'response', status: 'completed', output: [{ type: 'web_search_call', id: 'ws_1' }] },
      usage: { input_tokens: 7, input_tokens_details: { cached_tokens: 2 }, output_tokens: 3, total_tokens: 10 },
    },
    kind: 'completions',
    used: { num_model_requests: 1, input_tokens: 7, input_cached_tokens: 2, output_tokens: 3 },
  },
  {
    endpoint: '/v1/completions',
    body: { prompt: 'hello', max_tokens: 9 },
    reply: { object: 'text_completion', choices: [{ text: 'x' }], usage: { prompt_tokens: 6, completion_tokens: 2 } },
    kind: 'completions',
    used: { num_model_requests: 1, input_tokens: 6, input_cached_tokens: 0, output_tokens: 2 },
  },
  {
    endpoint: '/v1/chat/completions',
    body: { messages: [{ role: 'user', content: 'hello' }], max_completion_tokens: 4 },
    // More than can have been said is not charged.
    reply: { object: 'chat.completion', choices: [], usage: { prompt_tokens: 5, completion_tokens: 5000 } },
    kind: 'completions',
    used: { num_model_requests: 1, input_tokens: 5, input_cached_tokens: 0, output_tokens: 4 },
  },
  {
    endpoint: '/v1/embeddings',
    body: { input: 'hello' },
    reply: { object: 'list', data: [{ embedding: [0.5] }], usage: { prompt_tokens: 4, total_tokens: 4 } },
    kind: 'embeddings',
    used: { num_model_requests: 1, input_tokens: 4, output_tokens: 0 },
  },
  {
    endpoint: '/v1/moderations',
    body: { input: 'x'.repeat(40) },
    // What nobody reports is what was estimated.
    reply: { id: 'modr-1', results: [{ flagged: false }] },
    kind: 'moderations',
    used: { num_model_requests: 1, input_tokens: 10 },
  },
  {
    endpoint: '/v1/images/generations',
    body: { prompt: 'a cat', n: 2 },
    reply: { created: 1, data: [{ b64_json: 'eA==' }, { b64_json: 'eA==' }, { b64_json: 'eA==' }] },
    kind: 'images',
    used: { num_model_requests: 1, units: 2 },
  },
]

for (const database of databases) {
  test(`${database}: the results of each endpoint feed its report, as far as its lines can have used so much`, async (t) => {
    await using file = await modelsFile({ m1: { price_per_million: { input: 1 } } })
    await using it = await startStage({ database, env: { GATEHOUSE_CONFIG: file.path } })
    for (const { endpoint, body, reply, kind, used } of rows) {
      await t.test(endpoint, async () => {
        const line = { custom_id: 'a', method: 'POST', url: endpoint, body: { model: 'm1', ...body } }
        const { id } = await create(it.a.client, jsonl([line]), { endpoint })
        const sent = await it.sent(id)
        it.account.move(sent.id, 'completed', { answer: () => ({ status_code: 200, body: reply }) })
        await it.app.db.deleteFrom('usage_rollup').where('organization_id', '!=', '').execute()
        it.later()
        await it.reach(it.a.client, id, 'completed')
        const rows = () =>
          it.app.db
            .selectFrom('usage_rollup')
            .selectAll()
            .where('organization_id', '!=', '')
            .where('grain', '=', 60)
            .where('kind', '!=', 'costs')
            .where('kind', '!=', 'web_search_calls')
            .execute()
        await until(async () => (await rows()).length > 0, 'what was used')
        const [row, ...others] = await rows()
        assert.ok(row && others.length === 0)
        assert.deepEqual([row.kind, row.batch, row.project_id, row.model], [kind, 1, it.a.projectId, 'm1'])
        assert.deepEqual(Object.fromEntries(Object.keys(used).map((name) => [name, row[name as 'units']])), used)
      })
    }
  })
}
