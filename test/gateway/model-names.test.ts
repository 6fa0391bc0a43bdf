import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../support/databases.ts'
import { modelsFile } from '../support/models-file.ts'
import { checkChat, checkNamed } from './check/checking.ts'
import { CHAT, makeKey, startGate, type TestGate } from './gate.ts'
import { json, until } from './upstream.ts'

/** Names that model servers give: files, paths, other letters, and what means something in a URL, a list or a pattern. */
const named = [
  ...['plain', 'meta-llama/Llama-3.1-8B', 'llama3:8b', '/models/qwen.gguf', '../models/q.gguf', 'C:\\models\\q.gguf'],
  ...[
    'My Model (Q4).gguf',
    'a b',
    'a(b)',
    'a,b',
    'a#b',
    'a?b',
    'a%b',
    'a%2Fb',
    'a&b',
    'a+b',
    'a@b',
    'a=b',
    'a;b',
    'a|b',
  ],
  ...['a[b]', 'a{b}', 'a*b', 'a_b', "a'b", 'a"b', '<b>', '$b', 'a\\b', '..b', 'constructor', '__proto__', 'ft', 'rl-a'],
  ...[
    'ü-model',
    'u\u0308-model',
    '模型-7b',
    'модель',
    'نموذج',
    '🦙-3',
    '模'.repeat(200),
    'x'.repeat(200),
    'm, input_tokens',
  ],
]
/** What nothing can be called by. */
const nameless = [
  'a\u0000b',
  'a\nb',
  'a\u007fb',
  'a\u200bb',
  'a\u202eb',
  '\ud800',
  'a\udc00',
  ' a',
  'a ',
  '',
  '..',
  'x'.repeat(201),
]

const chat = (model: string) => ({ model, messages: [{ role: 'user', content: 'x' }], max_tokens: 5 })
const listed = named.map((id) => ({ id, object: 'model', created: 1 }))

async function call({ app }: TestGate, key: string, model: string, headers: Record<string, string> = {}) {
  const { status, body } = await app.send('POST', CHAT, { key, body: chat(model), headers })
  return status === 200 ? '200' : `${status} ${body.error.code}`
}

/** That two lists hold the same texts, in whatever order. */
function isSame(found: readonly string[], expected: readonly string[]) {
  assert.equal(found.length, expected.length)
  for (const one of expected) assert.ok(found.includes(one), one)
}

for (const database of databases) {
  test(`${database}: whatever a model is called, it is retrieved, limited, permitted, priced and reported`, async () => {
    const prices = Object.fromEntries(named.map((id) => [id, { price_per_million: { input: 1e6 } }]))
    // As a file has it, so that __proto__ is a name like others.
    await using file = await modelsFile(Object.assign(Object.create(null), prices))
    await using gate = await startGate({ database, models: listed, env: { GATEHOUSE_CONFIG: file.path } })
    gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } }))
    const { app, key, projectId } = gate
    const { projects } = app.admin().organization
    const rows = async (id: string) => (await projects.rateLimits.listRateLimits(id, { limit: 1000 })).data
    isSame(
      (await rows(projectId)).map(({ model }) => model),
      [...named, '*default'],
    )
    for (const id of named) {
      const { models } = app.client(key)
      assert.equal((await models.retrieve(id)).id, id)
      assert.equal(await call(gate, key, id), '200', id)
      const limited = await projects.rateLimits.updateRateLimit(`rl-${id}`, {
        ...{ project_id: projectId, max_requests_per_1_minute: 0 },
      })
      assert.deepEqual([limited.model, limited.max_requests_per_1_minute], [id, 0])
      assert.equal(await call(gate, key, id), '429 rate_limit_exceeded', id)
    }
    for (const mode of ['deny_list', 'allow_list'] as const) {
      const set = await projects.modelPermissions.update(projectId, { mode, model_ids: named })
      assert.deepEqual(set.model_ids, named)
      for (const id of named) {
        const status = mode === 'deny_list' ? '403 model_not_found' : '429 rate_limit_exceeded'
        assert.equal(await call(gate, key, id), status, id)
        const retrieved = await app.send('GET', `/v1/models/${encodeURIComponent(id)}`, { key })
        assert.equal(retrieved.status, mode === 'deny_list' ? 403 : 200, id)
      }
    }
    const start = Math.floor(Date.now() / 1000) - 3600
    const usage = async (query: string) => {
      const path = `/v1/organization/usage/completions?start_time=${start}&group_by=model&limit=2${query}`
      const { body } = await app.send('GET', path)
      const results: { model: string; input_tokens: number }[] = body.data.flatMap(
        ({ results }: { results: [] }) => results,
      )
      return Object.fromEntries(results.map(({ model, input_tokens }) => [model, input_tokens]))
    }
    await until(async () => Object.keys(await usage('')).length === named.length, 'the usage')
    assert.deepEqual(new Map(Object.entries(await usage(''))), new Map(named.map((id) => [id, 3])))
    for (const id of named)
      assert.deepEqual(Object.entries(await usage(`&models[]=${encodeURIComponent(id)}`)), [[id, 3]])
    const costs = await app.send('GET', `/v1/organization/costs?start_time=${start}&group_by=line_item&limit=2`)
    const items: { line_item: string }[] = costs.body.data.flatMap(({ results }: { results: [] }) => results)
    const paid = named.flatMap((id) => [`${id}, input_tokens`, `${id}, output_tokens`])
    isSame(
      items.map(({ line_item }) => line_item),
      paid,
    )
    const events = await app.send('GET', '/v1/organization/audit_logs?event_types[]=rate_limit.updated&limit=100')
    const changed = events.body.data.map((row: Record<string, { id: string }>) => row['rate_limit.updated']?.id)
    isSame(
      changed,
      named.map((id) => `rl-${id}`),
    )
  })
}

test('a form, a header and the check door name a model by any name', async () => {
  await using gate = await startGate({ models: listed })
  const { app, key } = gate
  const { projectId, key: denied } = await makeKey(app)
  gate.upstream.answer(json({ text: 'x', data: [] }))
  await app.admin().organization.projects.modelPermissions.update(projectId, { mode: 'deny_list', model_ids: named })
  for (const id of named) {
    const form = () => {
      const sent = new FormData()
      sent.append('model', id)
      sent.append('file', new Blob(['x']), 'a.wav')
      return sent
    }
    for (const [who, status] of [
      [key, 200],
      [denied, 403],
    ] as const) {
      const headers = { authorization: `Bearer ${who}` }
      const transcribed = await fetch(`${app.url}/v1/audio/transcriptions`, { method: 'POST', headers, body: form() })
      assert.equal(transcribed.status, status, id)
      const bytes = Buffer.from(id).toString('latin1')
      const checks = [
        await checkChat(app, { key: who, body: chat(id) }),
        // `fetch` sends the bytes of a header as they are.
        await checkNamed(app, 'POST', CHAT, { key: who, headers: { 'x-gatehouse-model': bytes } }),
      ]
      for (const { status: decided, text } of checks) assert.equal(decided, status, `${id}: ${text}`)
      const shown = await checkNamed(app, 'GET', `/v1/models/${encodeURIComponent(id)}`, { key: who })
      // What the proxy's server might read as another path is not vouched for.
      assert.equal(shown.status, id.startsWith('../') ? 404 : status, id)
    }
  }
  assert.equal(
    (await checkNamed(app, 'POST', CHAT, { key: denied, headers: { 'x-gatehouse-model': 'ü-model' } })).status,
    403,
  )
})

test('what no model can be called is no model anywhere: not listed, not called, not limited, not permitted, not configured', async () => {
  const models = [...nameless, 'm1'].map((id) => ({ id, object: 'model', created: 1 }))
  // An upstream without a list is asked for any model but these.
  for (const offer of [{ models }, {}]) {
    await using gate = await startGate(offer)
    const { app, key, projectId } = gate
    const path = `/v1/organization/projects/${projectId}`
    for (const id of nameless.slice(0, -1)) {
      const written = id.isWellFormed() ? encodeURIComponent(id) : 'a%ED%A0%80'
      const replies = [
        await app.send('POST', CHAT, { key, body: chat(id) }),
        await app.send('GET', `/v1/models/${written}`, { key }),
        await app.send('POST', `${path}/rate_limits/rl-${written}`, { body: { max_requests_per_1_minute: 0 } }),
        await app.send('POST', `${path}/model_permissions`, { body: { mode: 'deny_list', model_ids: [id] } }),
      ]
      for (const { status } of replies) assert.ok(status === 404 || status === 400 || (id === '' && status === 405), id)
    }
    assert.equal(gate.upstream.calls.length, 0)
  }
  for (const id of [...nameless.filter((id) => id !== ''), '*default']) {
    await using file = await modelsFile({ [id]: {} })
    await assert.rejects(startGate({ env: { GATEHOUSE_CONFIG: file.path } }), /models names/, JSON.stringify(id))
  }
})
