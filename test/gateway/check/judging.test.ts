import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { recordUsage } from '../../../src/db/usage.ts'
import { makeCertificate, makeClient } from '../../support/certificates.ts'
import { modelsFile } from '../../support/models-file.ts'
import { CHAT, makeKey, question, startGate, type TestGate } from '../gate.ts'
import { json } from '../upstream.ts'
import { checkChat, checkNamed, checkSent, told } from './checking.ts'

let file: Awaited<ReturnType<typeof modelsFile>>
let gate: TestGate
let projectId: string
let key: string
before(async () => {
  file = await modelsFile({
    m1: { price_per_million: { input: 1, output: 1 } },
    m2: {},
    alias: { name_upstream: 'real' },
  })
  const models = ['m1', 'm2', 'real'].map((id) => ({ id, object: 'model' }))
  gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path }, models })
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
const chat = (fields: object = {}) => checkChat(gate.app, { key, body: { ...question, ...fields } })
const unseen = (path = CHAT, model?: string) =>
  checkSent(gate.app, 'POST', path, { key, ...(model && { headers: { 'x-gatehouse-model': model } }) })
const respond = (fields: object) =>
  checkSent(gate.app, 'POST', '/v1/responses', { key, body: { model: 'm1', input: 'hello', ...fields } })

/** Routes that can carry no tool, no tier and nothing to store. */
const plain = ['/v1/embeddings', '/v1/moderations', '/v1/images/generations', '/v1/audio/transcriptions']
const asking = [CHAT, '/v1/completions', '/v1/responses', '/v1/responses/compact']

test('a model policy holds for the model of the body, or the one that the proxy names, and needs one of them', async () => {
  await projects().modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['m1'] })
  const forbidden = '403 model_not_found null'
  assert.equal(told(await chat()), '200')
  assert.equal(told(await chat({ model: 'm2' })), forbidden)
  assert.equal(told(await unseen(CHAT, 'm1')), '200')
  assert.equal(told(await unseen(CHAT, 'm2')), forbidden)
  for (const path of [...asking, ...plain]) {
    const refused = await unseen(path)
    assert.equal(told(refused), forbidden)
    assert.match(
      refused.body.error.message,
      /does not have access to every model.*send the body along or name the model/,
    )
  }
  // What the proxy names does not stand against what is sent.
  const body = { ...question, model: 'm2' }
  assert.equal(told(await checkChat(gate.app, { key, body, headers: { 'x-gatehouse-model': 'm1' } })), forbidden)
  // Tools of responses name models too.
  assert.equal(told(await unseen('/v1/responses', 'm1')), '403 body_not_seen null')
  const tools = [{ type: 'image_generation', model: 'm2' }]
  assert.equal(told(await respond({ tools })), '403 model_not_found tools[0].model')
  const get = (path: string) => checkNamed(gate.app, 'GET', path, { key })
  assert.equal(told(await get('/v1/models/m1')), '200')
  assert.equal(told(await get('/v1/models/m2')), forbidden)
  assert.equal(told(await get('/v1/models')), forbidden)
  await projects().modelPermissions.delete(projectId)
  assert.equal(told(await get('/v1/models')), '200')
  assert.equal(told(await get('/v1/models/m2')), '200')
  assert.equal(told(await unseen()), '200')
  assert.equal(told(await unseen(CHAT, 'nobodys')), '404 model_not_found null')
})

/** What only a body can break, and what refuses a body that does. */
const rules: [what: string, set: () => PromiseLike<unknown>, says: RegExp][] = [
  [
    'a hosted tool is disabled',
    () => projects().hostedToolPermissions.update(projectId, { web_search: { enabled: false } }),
    /does not have access to `web_search`, and this request is judged without its body/,
  ],
  [
    'service tiers are restricted',
    () => projects().serviceTierSettings.update(projectId, { enabled_tiers: ['fast'] }),
    /has settings for service tiers/,
  ],
  [
    'nothing may be stored',
    () => projects().dataRetention.update(projectId, { retention_type: 'zero_data_retention' }),
    /may store nothing/,
  ],
]
for (const [what, set, says] of rules) {
  test(`where ${what}, a request that could break it is refused unless its body is there`, async () => {
    for (const path of [...asking, ...plain]) assert.equal(told(await unseen(path, 'm1')), '200')
    await set()
    for (const path of asking) {
      const refused = await unseen(path, 'm1')
      assert.equal(told(refused), '403 body_not_seen null', path)
      assert.match(refused.body.error.message, says)
    }
    for (const path of plain) assert.equal(told(await unseen(path, 'm1')), '200', path)
    assert.equal(told(await checkNamed(gate.app, 'GET', '/v1/models', { key })), '200')
    const sent = { service_tier: 'default', store: false, tools: [{ type: 'function', function: { name: 'f' } }] }
    assert.equal(told(await chat(sent)), '200')
    assert.equal(told(await respond({ ...sent, tools: [{ type: 'function', name: 'f' }] })), '200')
  })
}

test('a body is judged as the gate judges it', async () => {
  const { app, upstream } = gate
  upstream.answer(json({ id: 'chatcmpl-1', choices: [] }))
  const { hostedToolPermissions, serviceTierSettings } = projects()
  await hostedToolPermissions.update(projectId, { code_interpreter: { enabled: false }, mcp: { enabled: false } })
  await serviceTierSettings.update(projectId, { default: 'standard', enabled_tiers: ['fast'] })
  const bodies: [path: string, body: unknown, verdict: string][] = [
    [CHAT, { ...question, service_tier: 'flex' }, '400 null service_tier'],
    [CHAT, { ...question, service_tier: 'priority', stream: true }, '200'],
    [CHAT, { messages: [] }, '400 missing_required_parameter model'],
    [CHAT, { ...question, model: 'nobodys' }, '404 model_not_found null'],
    [CHAT, '{"model":"m1"', '400 null null'],
    [CHAT, '{"model":"m1","model":"m2"}', '400 duplicate_parameter model'],
    [CHAT, { ...question, n: 1000 }, '400 integer_above_max_value n'],
    [CHAT, { ...question, messages: [{ audio: { id: 'a' } }] }, '400 not_offered messages[0].audio.id'],
    ['/v1/responses', { model: 'm1', input: 'x', conversation: 'conv_1' }, '400 not_offered conversation'],
    [
      '/v1/responses',
      { model: 'm1', input: 'x', tools: [{ type: 'mcp' }] },
      '403 hosted_tool_not_allowed tools[0].type',
    ],
  ]
  for (const [path, body, verdict] of bodies) {
    const direct = await app.send('POST', path, { key, body })
    const checked = await checkSent(app, 'POST', path, { key, body })
    assert.equal(told(checked), verdict, JSON.stringify(body))
    if (verdict !== '200') assert.deepEqual(checked.body, direct.body)
  }
  const previous = await respond({ service_tier: 'default', previous_response_id: 'resp_of_others' })
  assert.equal(told(previous), '404 previous_response_not_found previous_response_id')
})

test('what the gate would write into a body, the client must send itself', async () => {
  const { serviceTierSettings, dataRetention } = projects()
  const says = async (reply: ReturnType<typeof chat>, verdict: string, words: RegExp) => {
    const refused = await reply
    assert.equal(told(refused), verdict)
    assert.match(refused.body.error.message, words)
  }
  const stream = { stream: true }
  assert.equal(told(await chat(stream)), '200')
  assert.equal(told(await respond({ tools: [{ type: 'web_search' }] })), '200')
  await says(chat({ model: 'alias' }), '400 invalid_value model', /calls 'alias' by another name.*to the gate itself/)
  const tools = [{ type: 'image_generation', model: 'alias' }]
  await says(respond({ tools }), '400 invalid_value model', /by another name/)
  await dataRetention.update(projectId, { retention_type: 'zero_data_retention' })
  await says(respond({}), '400 invalid_value store', /Send "store": false\./)
  await says(chat({ store: true }), '400 invalid_value store', /Send "store": false\./)
  assert.equal(told(await respond({ store: false })), '200')
  await serviceTierSettings.update(projectId, { default: 'fast' })
  await says(chat(), '400 invalid_value service_tier', /Send "service_tier": "priority"\./)
  assert.equal(told(await chat({ service_tier: 'priority' })), '200')
})

test('a form is judged too, and how large its audio is costs nothing', async () => {
  const { app } = gate
  await projects().modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['m1', 'alias'] })
  await projects().rateLimits.updateRateLimit('rl-m1', { project_id: projectId, max_requests_per_1_minute: 1 })
  const send = async (...models: string[]) => {
    const body = new FormData()
    body.append('file', new Blob(['x'.repeat(2_000_000)]), 'a.wav')
    for (const model of models) body.append('model', model)
    const headers = { authorization: `Bearer ${key}` }
    const reply = await fetch(`${app.url}/check/v1/audio/transcriptions`, { method: 'POST', headers, body })
    const text = await reply.text()
    const { error } = text === '' ? { error: {} } : JSON.parse(text)
    return text === '' ? `${reply.status}` : `${reply.status} ${error.code} ${error.param}`
  }
  assert.equal(await send('m2'), '403 model_not_found null')
  assert.equal(await send('m1', 'm2'), '400 duplicate_parameter model')
  assert.equal(await send('alias'), '400 invalid_value model')
  assert.equal(await send(), '400 missing_required_parameter model')
  assert.equal(await send('m1'), '200')
  assert.equal(await send('m1'), '429 rate_limit_exceeded null')
  assert.equal(await app.metric('gatehouse_body_bytes'), 0)
})

test('a part of a body cannot be judged', async () => {
  const headers = { 'x-envoy-auth-partial-body': 'true' }
  const body = question
  const refused = await checkChat(gate.app, { key, body, headers })
  assert.equal(told(refused), '413 null null')
  assert.match(refused.body.error.message, /max_request_bytes/)
  assert.equal(told(await checkChat(gate.app, { key, body, headers: { 'x-envoy-auth-partial-body': 'false' } })), '200')
})

test('a spend limit that is reached refuses, with or without a model; one that is not lets by what it can price', async () => {
  const { app } = gate
  // Before the project's first call: who counts may not be this process alone, and does not look for it in the database afterwards.
  const another = await checkChat(app, { key: gate.key, body: question })
  const organization_id = another.headers.get('x-gatehouse-organization') ?? ''
  const at = Math.floor(Date.now() / 1000)
  const whose = { organization_id, project_id: projectId, user_id: '', api_key_id: '' }
  await recordUsage(app.db, [
    { kind: 'costs', at, ...whose, line_item: 'm1, input_tokens', amount_nano: 2_000_000_000 },
  ])
  await projects().spendLimit.update(projectId, { currency: 'USD', interval: 'month', threshold_amount: 300 })
  assert.equal(told(await chat()), '200')
  assert.equal(told(await unseen()), '200')
  assert.equal(told(await chat({ model: 'm2' })), '400 model_price_unknown model')
  await projects().spendLimit.update(projectId, { currency: 'USD', interval: 'month', threshold_amount: 101 })
  assert.equal(told(await chat()), '429 project_spend_limit_exceeded null')
  assert.equal(told(await unseen()), '429 project_spend_limit_exceeded null')
  assert.equal(told(await checkNamed(app, 'GET', '/v1/models', { key })), '200')
})

test("a project's certificates are asked of the proxy's client, in the word of a trusted proxy", async () => {
  for (const trusted of [true, false]) {
    const env = trusted ? { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' } : {}
    await using server = await startGate({ env })
    const { certificates, projects } = server.app.admin().organization
    const authority = await makeCertificate('authority')
    const { id } = await certificates.create({ certificate: authority.pem, name: 'authority' })
    await projects.certificates.activate(server.projectId, { certificate_ids: [id] })
    const headers = { 'x-forwarded-client-cert': encodeURIComponent((await makeClient(authority)).cert) }
    const required = '401 client_certificate_required null'
    assert.equal(told(await checkChat(server.app, { key: server.key, headers })), trusted ? '200' : required)
    assert.equal(told(await checkChat(server.app, { key: server.key })), required)
  }
})
