import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply, TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { checkSent, told } from './check/checking.ts'
import { makeKey, startGate, type TestGate } from './gate.ts'
import { json, until } from './upstream.ts'

type Way = {
  path: string
  /** What calls of this kind mean here. */
  model: string
  /** What its model server calls that. */
  upstreamName: string
  report: 'moderations' | 'images'
  /** As JSON, or as the fields of a form with one picture. */
  body?: Record<string, unknown>
  form?: Record<string, string>
}
const moderation = { model: 'mod', upstreamName: 'mod', report: 'moderations' } as const
const picture = { model: 'draw', upstreamName: 'real/draw', report: 'images' } as const
const link = { image_url: 'data:image/png;base64,QUJD' }
const ways: Record<string, Way> = {
  'a moderation': { ...moderation, path: '/v1/moderations', body: { input: 'x' } },
  'a picture': { ...picture, path: '/v1/images/generations', body: { prompt: 'x' } },
  'an edit as JSON': { ...picture, path: '/v1/images/edits', body: { prompt: 'x', images: [link] } },
  'an edit as a form': { ...picture, path: '/v1/images/edits', form: { prompt: 'x' } },
  'a variation': { ...picture, path: '/v1/images/variations', form: { n: '1' } },
}

const files = () =>
  modelsFile(
    { mod: { price_per_million: { input: 1 } }, draw: { name_upstream: 'real/draw', price_per_million: { input: 1 } } },
    { default_models: { moderations: 'mod', images: 'draw' } },
  )

async function send({ app }: TestGate, key: string, { path, body, form }: Way, more: Record<string, unknown> = {}) {
  if (body) return app.send('POST', path, { key, body: { ...body, ...more } })
  const sent = new FormData()
  for (const [name, value] of Object.entries({ ...form, ...more })) sent.append(name, String(value))
  sent.append('image', new Blob(['x']), 'a.png')
  return sendForm(app, key, path, sent)
}

async function sendForm(
  app: TestApp,
  key: string,
  path: string,
  form: FormData,
): Promise<Pick<Reply, 'status' | 'body' | 'text'>> {
  const headers = { authorization: `Bearer ${key}` }
  const reply = await fetch(app.url + path, { method: 'POST', headers, body: form })
  const text = await reply.text()
  return { status: reply.status, text, body: JSON.parse(text) }
}

for (const [what, way] of Object.entries(ways)) {
  test(`${what} without a model is governed as the configured one, and sent with it`, async () => {
    await using file = await files()
    const listed = ['mod', 'real/draw', 'other'].map((id) => ({ id, object: 'model' }))
    await using gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path }, models: listed })
    const { app, upstream } = gate
    const { projects } = app.admin().organization
    upstream.answer(json({ data: [{}], results: [], usage: { input_tokens: 1_000_000, output_tokens: 0 } }))
    assert.equal((await send(gate, gate.key, way)).status, 200)
    const call = upstream.calls.at(-1)
    const written = call?.body.toString() ?? ''
    if (way.body) assert.deepEqual(JSON.parse(written), { ...way.body, model: way.upstreamName })
    else assert.match(written, new RegExp(`name="model"\\r\\n\\r\\n${way.upstreamName}\\r\\n`))
    if (way.body) assert.equal((await send(gate, gate.key, way, { model: null })).status, 200)
    // Who names another gets that one, and what is no name is no word for the default.
    assert.equal((await send(gate, gate.key, way, { model: 'other' })).status, 200)
    assert.match(upstream.calls.at(-1)?.body.toString() ?? '', /other/)
    const before = upstream.calls.length
    for (const model of ['nope', '']) assert.equal((await send(gate, gate.key, way, { model })).status, 404)
    if (way.body) assert.equal((await send(gate, gate.key, way, { model: 5 })).body.error.code, 'invalid_type')

    const limited = await makeKey(app)
    const { projectId: project_id } = limited
    await projects.rateLimits.updateRateLimit(`rl-${way.model}`, { project_id, max_requests_per_1_minute: 0 })
    assert.equal((await send(gate, limited.key, way)).status, 429)
    const denied = await makeKey(app)
    await projects.modelPermissions.update(denied.projectId, { mode: 'deny_list', model_ids: [way.model] })
    assert.equal((await send(gate, denied.key, way)).body.error.message.includes(`\`${way.model}\``), true)
    assert.equal((await send(gate, denied.key, way)).status, 403)
    assert.equal(upstream.calls.length, before)

    const start = Math.floor(Date.now() / 1000) - 3600
    const models = async () => {
      const path = `/v1/organization/usage/${way.report}?start_time=${start}&group_by=model&limit=2`
      const { body } = await app.send('GET', path)
      const results: { model: string }[] = body.data.flatMap(({ results }: { results: [] }) => results)
      return results.map(({ model }) => model).sort()
    }
    await until(async () => (await models()).length === 2, 'the usage')
    assert.deepEqual(await models(), ['other', way.model].sort())
    const costs = await app.send('GET', `/v1/organization/costs?start_time=${start}&group_by=line_item&limit=2`)
    assert.match(costs.text, new RegExp(`"${way.model}, input_tokens"`))
  })
}

test('where nothing is configured, moderations take the original default if that is there, and nothing else has any', async () => {
  const of = (...ids: string[]) => startGate({ models: ids.map((id) => ({ id, object: 'model' })) })
  await using without = await of('m1')
  await using beside = await of('m1', 'omni-moderation-latest')
  for (const gate of [without, beside]) {
    gate.upstream.answer(json({ data: [], results: [] }))
    for (const way of Object.values(ways)) {
      const isThere = gate === beside && way.report === 'moderations'
      const reply = await send(gate, gate.key, way)
      assert.equal(reply.status, isThere ? 200 : 400, reply.text)
      if (!isThere)
        assert.deepEqual([reply.body.error.code, reply.body.error.param], ['missing_required_parameter', 'model'])
    }
  }
  const sent = beside.upstream.calls.map(({ body }) => JSON.parse(body.toString()))
  assert.deepEqual(sent, [{ input: 'x', model: 'omni-moderation-latest' }])
  // An upstream without a list is asked for what is named, not for what nobody said that it has.
  await using unlisted = await startGate()
  assert.equal((await send(unlisted, unlisted.key, ways['a moderation'] as Way)).status, 400)
})

test('no other call can leave its model out', async () => {
  await using file = await files()
  await using gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  for (const [path, body] of [
    ['/v1/chat/completions', { messages: [] }],
    ['/v1/completions', { prompt: 'x' }],
    ['/v1/embeddings', { input: 'x' }],
    ['/v1/responses', { input: 'x' }],
    ['/v1/audio/speech', { input: 'x', voice: 'a' }],
  ] as const) {
    const { status, body: reply } = await gate.app.send('POST', path, { key: gate.key, body })
    assert.deepEqual([status, reply.error.code], [400, 'missing_required_parameter'], path)
  }
  const form = new FormData()
  form.append('file', new Blob(['x']), 'a.wav')
  assert.equal((await sendForm(gate.app, gate.key, '/v1/audio/translations', form)).status, 400)
  assert.equal(gate.upstream.calls.length, 0)
})

test('a default that no model server lists is told once they were asked, and calls that mean it are 404', async () => {
  await using file = await modelsFile([], { default_models: { images: 'gone' } })
  const lines: string[] = []
  const models = [{ id: 'm1', object: 'model' }]
  await using gate = await startGate({
    ...{ env: { GATEHOUSE_CONFIG: file.path }, models },
    log: (line) => void lines.push(line),
  })
  const isTold = (line: string) =>
    JSON.parse(line).msg === 'default_models.images names a model that no model server lists'
  await until(() => lines.some(isTold), 'the line')
  const { status, body } = await send(gate, gate.key, ways['a picture'] as Way)
  assert.deepEqual([status, body.error.code], [404, 'model_not_found'])
  assert.match(body.error.message, /`gone`/)
})

test('at the check door, what was left out has to be said: the proxy sends on what it has', async () => {
  await using file = await modelsFile(['mod'], { default_models: { moderations: 'mod' } })
  await using gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  const { app, key } = gate
  const asked = await checkSent(app, 'POST', '/v1/moderations', { key, body: { input: 'x' } })
  assert.equal(told(asked), '400 invalid_value model')
  assert.match(asked.body.error.message, /Send "model": "mod"\./)
  assert.equal(
    told(await checkSent(app, 'POST', '/v1/moderations', { key, body: { input: 'x', model: 'mod' } })),
    '200',
  )
})
