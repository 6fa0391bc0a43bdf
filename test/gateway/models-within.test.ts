import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { modelsFile } from '../support/models-file.ts'
import { checkSent, told } from './check/checking.ts'
import { metered } from './declared.ts'
import { makeKey, startGate, type TestGate } from './gate.ts'
import { json, until } from './upstream.ts'

const ids = ['m1', 'm2', 'plain', 'few', 'none', 'imaged', 'priced', 'free', 'pooled', 'pooled-too']
const price = { input: 1, output: 1 }

let file: Awaited<ReturnType<typeof modelsFile>>
let gate: TestGate
let projectId: string
let key: string
before(async () => {
  file = await modelsFile({
    m1: {
      ...{ max_output_tokens: 100, context_tokens: 1000 },
      price_per_million: price,
      organization_limits: { max_requests_per_1_minute: 1000 },
    },
    m2: { price_per_million: price },
    plain: {},
    few: { organization_limits: { max_requests_per_1_day: 1000 } },
    none: { organization_limits: { max_requests_per_1_minute: 0 } },
    imaged: { dimensions: ['images'], organization_limits: { max_images_per_1_minute: 1 } },
    priced: { price_per_million: price },
    free: { price_per_million: { input: 0, output: 0 } },
    pooled: { shared_pool: 'pool', organization_limits: { max_requests_per_1_day: 1000 } },
    'pooled-too': { shared_pool: 'pool' },
  })
  const models = ids.map((id) => ({ id, object: 'model' }))
  gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path }, models })
  gate.upstream.answer(json({ id: 'resp_1', output: [], data: [], usage: { input_tokens: 3, output_tokens: 2 } }))
})
after(async () => {
  await gate[Symbol.asyncDispose]()
  await file[Symbol.asyncDispose]()
})
beforeEach(async () => {
  const made = await makeKey(gate.app)
  projectId = made.projectId
  key = made.key
})

const projects = () => gate.app.admin().organization.projects
const draw = (model: string) => ({ type: 'image_generation', model })
const send = (path: string, fields: object) => gate.app.send('POST', path, { key, body: fields })
const respond = (...tools: object[]) => send('/v1/responses', { model: 'm1', input: 'x', tools })
const limit = (model: string, most: number) =>
  projects().rateLimits.updateRateLimit(`rl-${model}`, { project_id: projectId, max_requests_per_1_minute: most })

/** Every place of a body that can name a model, and how it is written there. */
const places: [param: string, path: string, with_: (model: string) => object][] = [
  ['tools[0].model', '/v1/responses', (model) => ({ input: 'x', tools: [draw(model)] })],
  [
    'tools[0].svg.model',
    '/v1/responses',
    (model) => ({ input: 'x', tools: [{ ...draw('plain'), model: null, svg: { model } }] }),
  ],
  [
    'tools[0].tools[0].model',
    '/v1/responses',
    (model) => ({ input: 'x', tools: [{ type: 'namespace', tools: [draw(model)] }] }),
  ],
  [
    'input[0].tools[0].model',
    '/v1/responses',
    (model) => ({ input: [{ type: 'additional_tools', tools: [draw(model)] }] }),
  ],
  ['moderation.model', '/v1/responses', (model) => ({ input: 'x', moderation: { model } })],
  ['moderation.model', '/v1/chat/completions', (model) => ({ messages: [], moderation: { model } })],
  ['tools[0].model', '/v1/chat/completions', (model) => ({ messages: [], tools: [draw(model)] })],
  ['svg.model', '/v1/images/generations', (model) => ({ prompt: 'x', svg: { model } })],
  [
    'tools[0].parameters.model',
    '/v1/chat/completions',
    (model) => ({ messages: [], tools: [{ type: 'openrouter:image_generation', parameters: { model } }] }),
  ],
  [
    'tools[0].agents[0].model',
    '/v1/chat/completions',
    (model) => ({ messages: [], tools: [{ type: 'function', function: { name: 'f' }, agents: [{ model }] }] }),
  ],
  [
    'tools[0].config[0][0].model',
    '/v1/responses',
    (model) => ({ input: 'x', tools: [{ type: 'x', config: [[{ model }]] }] }),
  ],
  [
    'tools[0].schema.model',
    '/v1/chat/completions',
    (model) => ({ messages: [], tools: [{ type: 'x', schema: { model } }] }),
  ],
  [
    'messages[0].tools[0].a[0].model',
    '/v1/chat/completions',
    (model) => ({ messages: [{ role: 'system', content: 'x', tools: [{ type: 'x', a: [{ model }] }] }] }),
  ],
  ['svg[0].model', '/v1/chat/completions', (model) => ({ messages: [], svg: [{ model }] })],
  ['svg.schema.model', '/v1/images/generations', (model) => ({ prompt: 'x', svg: { schema: { model } } })],
  ['moderation[0].model', '/v1/responses', (model) => ({ input: 'x', moderation: [{ model }] })],
  ['moderation.list[0].model', '/v1/responses', (model) => ({ input: 'x', moderation: { list: [{ model }] } })],
  ['tools[0].Model', '/v1/responses', (model) => ({ input: 'x', tools: [{ type: 'image_generation', Model: model }] })],
]

test('a model that is named within a call is judged, limited and priced wherever it is named, or refused', async () => {
  await projects().modelPermissions.update(projectId, { mode: 'deny_list', model_ids: ['m2'] })
  for (const [param, path, with_] of places) {
    const ask = async (model: string) => told(await send(path, { model: 'm1', ...with_(model) }))
    const before = gate.upstream.calls.length
    assert.equal(await ask('m2'), `403 model_not_found ${param}`, `${path} denied`)
    assert.equal(await ask('none'), '429 rate_limit_exceeded null', `${path} limit of 0`)
    assert.equal(await ask('imaged'), `400 not_offered ${param}`, `${path} limit of images`)
    assert.equal(await ask('priced'), `400 not_offered ${param}`, `${path} priced`)
    assert.equal(gate.upstream.calls.length, before, `${param} reached the model server`)
    assert.equal(await ask('plain'), '200', path)
    assert.equal(await ask('free'), '200', path)
    assert.equal(gate.upstream.calls.length, before + 2, `${param} did not reach the model server`)
  }
  const parameters = { type: 'object', properties: { model: { enum: ['m2'] }, url: { type: 'string' } }, model: 'm2' }
  const called = { messages: [], tools: [{ type: 'function', function: { name: 'f', parameters } }] }
  assert.equal(told(await send('/v1/chat/completions', { model: 'm1', ...called })), '200')
  const form = new FormData()
  for (const [name, value] of Object.entries({ model: 'm1', prompt: 'x', 'svg[model]': 'priced' }))
    form.append(name, value)
  form.append('image', new Blob(['x']), 'a.png')
  const headers = { authorization: `Bearer ${key}` }
  const reply = await fetch(`${gate.app.url}/v1/images/edits`, { method: 'POST', headers, body: form })
  assert.equal(reply.status, 400)
  const { error } = (await reply.json()) as { error: { param: string; message: string } }
  assert.equal(error.param, 'svg[model]')
  assert.match(
    error.message,
    /'priced': it has a price, and what it uses within the call of another model could not be/,
  )
})

test('each naming is a request of that model, in the words for it, and all or nothing', async () => {
  await limit('few', 3)
  const before = gate.upstream.calls.length
  assert.equal((await respond(draw('few'), draw('few'))).status, 200)
  const refused = await respond(draw('few'), draw('few'))
  assert.equal(told(refused), '429 rate_limit_exceeded null')
  assert.match(refused.body.error.message, /requests per min \(RPM\): Limit 3, Used 2, Requested 2\./)
  assert.equal(refused.headers.get('x-ratelimit-limit-requests'), '3')
  // Nothing of the refused call was taken.
  assert.equal((await respond(draw('few'))).status, 200)
  assert.equal(told(await send('/v1/responses', { model: 'few', input: 'x' })), '429 rate_limit_exceeded null')
  assert.equal(gate.upstream.calls.length - before, 2)
  // What the call tells of limits is about its own model.
  const told1 = await respond(draw('plain'))
  assert.equal(told1.headers.get('x-ratelimit-limit-requests'), '1000')
})

test('the model of the call and those within it may share a limit', async () => {
  await limit('m1', 3)
  const free = await respond(draw('plain'))
  assert.equal(free.status, 200)
  const named = await send('/v1/responses', {
    model: 'pooled',
    input: 'x',
    tools: [draw('pooled'), draw('pooled-too')],
  })
  assert.equal(named.status, 200, named.text)
  assert.equal(named.headers.get('x-ratelimit-remaining-requests'), '997')
})

test('where a spend limit holds, a model within needs a price as any other does, and one that costs is refused', async () => {
  await projects().spendLimit.update(projectId, { currency: 'USD', interval: 'month', threshold_amount: 100 })
  const unpriced = await respond(draw('plain'))
  assert.equal(told(unpriced), '400 model_price_unknown model')
  assert.equal(told(await respond(draw('priced'))), '400 not_offered tools[0].model')
  assert.equal(told(await respond(draw('free'))), '200')
})

test('the check door reads the same', async () => {
  await limit('few', 1)
  const check = async (model: string) =>
    told(
      await checkSent(gate.app, 'POST', '/v1/responses', {
        key,
        body: { model: 'm1', input: 'x', tools: [draw(model)] },
      }),
    )
  assert.equal(await check('few'), '200')
  assert.equal(await check('few'), '429 rate_limit_exceeded null')
  assert.equal(await check('priced'), '400 not_offered tools[0].model')
  assert.equal(await check('imaged'), '400 not_offered tools[0].model')
})

test('its requests are in the report under its own name; where nothing runs, nothing is counted', async () => {
  const count = { model: 'm1', input: 'x', tools: [draw('priced')] }
  assert.equal((await send('/v1/responses/input_tokens', count)).status, 200)
  assert.equal((await respond(draw('plain'), draw('plain'))).status, 200)
  const rows = () => metered(gate, { projectId })
  await until(async () => (await rows()).length > 0, 'a row of the usage')
  const found = (await rows()).filter(({ kind }) => kind === 'completions')
  assert.deepEqual(found.map((row) => [row.model, row.num_model_requests, row.input_tokens]).sort(), [
    ['m1', 1, 3],
    ['plain', 2, 0],
  ])
})
