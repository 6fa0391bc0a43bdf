import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { CHAT, makeKey, question, startGate, type TestGate } from './gate.ts'
import { EVENTS, event, json } from './upstream.ts'

/** So few requests a day that one of them drains in no test. */
const row = {
  max_requests_per_1_minute: 50_000,
  max_requests_per_1_day: 400,
  max_tokens_per_1_minute: 100_000,
  max_images_per_1_minute: 10,
  max_audio_megabytes_per_1_minute: 2,
}
type Dimension = keyof typeof row
const models = {
  m1: { organization_limits: row },
  pooled: { organization_limits: row, shared_pool: 'pool' },
  free: {},
}

type Open = TestGate & { organizationId: string }

async function startLimited(given: object = models): Promise<Open> {
  await using stack = new AsyncDisposableStack()
  const { path } = stack.use(await modelsFile(given as Record<string, object>))
  const gate = stack.use(await startGate({ env: { GATEHOUSE_CONFIG: path } }))
  const { headers } = await gate.app.send('GET', '/v1/models', { key: gate.key })
  const rest = stack.move()
  const organizationId = headers.get('openai-organization') ?? ''
  return { ...gate, organizationId, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

const chat = (gate: TestGate, body: object = {}, key = gate.key) =>
  gate.app.send('POST', CHAT, { key, body: { ...question, max_tokens: 10, ...body } })

function transcribe(gate: TestGate, model: string, bytes: number) {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(bytes)]), 'a.mp3')
  form.append('model', model)
  return fetch(`${gate.app.url}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gate.key}` },
    body: form,
  }).then(async (response): Promise<Reply> => {
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) }
  })
}

const draw = (gate: TestGate, model: string, n: number) =>
  gate.app.send('POST', '/v1/images/generations', { key: gate.key, body: { model, prompt: 'x', n } })

/** A call that takes most of a limit of each dimension, so that a second one has no room. */
const dimensions: Record<
  Dimension,
  { words: string; type: string; limit: number; cost: number; call: (gate: TestGate, model: string) => Promise<Reply> }
> = {
  max_requests_per_1_minute: {
    words: 'requests per min (RPM)',
    type: 'requests',
    limit: 1,
    cost: 1,
    call: (gate, model) => chat(gate, { model }),
  },
  max_requests_per_1_day: {
    words: 'requests per day (RPD)',
    type: 'requests',
    limit: 1,
    cost: 1,
    call: (gate, model) => chat(gate, { model }),
  },
  max_tokens_per_1_minute: {
    words: 'tokens per min (TPM)',
    type: 'tokens',
    limit: 1000,
    cost: 700,
    call: (gate, model) => chat(gate, { model, max_tokens: 700 }),
  },
  max_images_per_1_minute: {
    words: 'input-images per min',
    type: 'input-images',
    limit: 5,
    cost: 3,
    call: (gate, model) => draw(gate, model, 3),
  },
  max_audio_megabytes_per_1_minute: {
    words: 'audio megabytes per min',
    type: 'audio',
    limit: 2,
    cost: 2,
    call: (gate, model) => transcribe(gate, model, 1_500_000),
  },
}

/** What every route has used: as much as was asked for. */
const used = json({
  text: 'x',
  data: [{ b64_json: '' }, { b64_json: '' }, { b64_json: '' }],
  choices: [],
  usage: { prompt_tokens: 10, completion_tokens: 690 },
})

const escaped = (text: string) => text.replaceAll(/[()|[\].*+?^$]/g, '\\$&')
const WAIT = 'Please try again in ((\\d+h)?\\d+m)?[\\d.]+m?s\\.'

for (const [name, { words, type, limit, cost, call }] of Object.entries(dimensions) as [
  Dimension,
  (typeof dimensions)[Dimension],
][]) {
  test(`${words}: the organization's, a pool's and a project's maximum are told in the original's words`, async () => {
    const organization_limits = { ...row, [name]: limit }
    const dimensioned = { dimensions: ['images', 'audio', 'requests_per_day'] }
    await using gate = await startLimited({
      m1: { organization_limits },
      pooled: { organization_limits, shared_pool: 'pool' },
      own: dimensioned,
    })
    const { projectId: project_id, organizationId } = gate
    const { rateLimits } = gate.app.admin().organization.projects
    await rateLimits.updateRateLimit('rl-own', { project_id, [name]: limit })
    gate.upstream.answer(used)
    for (const [model, whose] of Object.entries({
      m1: `m1 in organization ${organizationId}`,
      pooled: `pooled (for limit pool) in organization ${organizationId}`,
      own: `project ${project_id} organization ${organizationId}`,
    })) {
      const first = await call(gate, model)
      assert.equal(first.status, 200, first.text)
      const { status, body, headers } = await call(gate, model)
      assert.equal(status, 429)
      const { message, ...error } = body.error
      assert.deepEqual(error, { type, code: 'rate_limit_exceeded', param: null })
      const sentence = `Rate limit reached for ${whose} on ${words}: Limit ${limit}, Used #, Requested ${cost}. `
      const wanted = escaped(sentence).replace('#', '\\d+')
      assert.match(message, new RegExp(`^${wanted}${WAIT}$`))
      assert.ok(Number(headers.get('retry-after')) >= 1)
      assert.ok(Number(headers.get('retry-after-ms')) >= 1)
      assert.equal(headers.get('x-should-retry'), null)
      assert.equal(headers.get('x-gatehouse-error-source'), 'gateway')
    }
  })

  test(`${words}: a limit of 0 refuses for good, until it is raised`, async () => {
    const dimensioned = { dimensions: ['images', 'audio', 'requests_per_day'] }
    await using gate = await startLimited({ m1: dimensioned })
    const { projectId: project_id, organizationId } = gate
    const { rateLimits } = gate.app.admin().organization.projects
    await rateLimits.updateRateLimit('rl-m1', { project_id, [name]: 0 })
    gate.upstream.answer(used)
    const { status, body, headers } = await call(gate, 'm1')
    assert.deepEqual([status, body.error.code, body.error.type], [429, 'rate_limit_exceeded', type])
    const whose = `project ${project_id} organization ${organizationId}`
    const sentence = `Request too large for ${whose} on ${words}: Limit 0, Requested ${cost}.`
    assert.ok(body.error.message.startsWith(sentence), body.error.message)
    assert.equal(headers.get('x-should-retry'), 'false')
    assert.equal(headers.get('retry-after'), null)
    assert.equal(headers.get('retry-after-ms'), null)
    await rateLimits.updateRateLimit('rl-m1', { project_id, [name]: 2_147_483_647 })
    assert.equal((await call(gate, 'm1')).status, 200)
  })
}

test('a request that one limit refuses is taken from no other, and no model server hears of it', async () => {
  await using gate = await startLimited()
  const { projectId: project_id } = gate
  const { rateLimits, spendLimit } = gate.app.admin().organization.projects
  await rateLimits.updateRateLimit('rl-m1', { project_id, max_tokens_per_1_minute: 5000 })
  await rateLimits.updateRateLimit('rl-m1', { project_id, max_images_per_1_minute: 2 })
  gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 0 } }))
  for (let i = 0; i < 20; i++) {
    assert.equal((await chat(gate, { max_tokens: 6000 })).status, 429)
    assert.equal((await draw(gate, 'm1', 3)).status, 429)
  }
  // A limit of money refuses what has no price; that is taken from no limit either.
  const money = { currency: 'USD', interval: 'month', threshold_amount: 100 } as const
  await spendLimit.update(project_id, money)
  assert.equal((await chat(gate)).body.error.code, 'model_price_unknown')
  await spendLimit.delete(project_id)
  assert.equal(gate.upstream.calls.length, 0)
  const { headers } = await chat(gate, { max_tokens: 5000 })
  assert.equal(headers.get('x-ratelimit-remaining-requests'), '399')
  assert.equal(headers.get('x-ratelimit-remaining-tokens'), '95000')
  assert.equal(headers.get('x-ratelimit-remaining-project-tokens'), '0')
})

test('every reply of a counted call has the limits in its head, whatever it is', async () => {
  await using gate = await startLimited()
  const { projectId: project_id } = gate
  const { rateLimits } = gate.app.admin().organization.projects
  const trio = ({ headers }: Reply, of: string) =>
    ['limit', 'remaining', 'reset'].map((what) => headers.get(`x-ratelimit-${what}-${of}`))
  const UNLIMITED = ['2147483647', '2147483647', '0s']

  const free = await chat(gate, { model: 'free' })
  assert.deepEqual([trio(free, 'requests'), trio(free, 'tokens')], [UNLIMITED, UNLIMITED])
  assert.deepEqual(trio(free, 'project-tokens'), [null, null, null])

  await rateLimits.updateRateLimit('rl-m1', { project_id, max_tokens_per_1_minute: 5000 })
  const scripts = {
    'an answer': [200, used],
    'an error of the model server': [404, json({ error: {} }, 404)],
    'an error of ours': [502, json({}, 401)],
    'a stream': [
      200,
      async ({ response }: { response: import('node:http').ServerResponse }) =>
        response.writeHead(200, EVENTS).end(event('[DONE]')),
    ],
  } as const
  let calls = 0
  for (const [what, [status, script]] of Object.entries(scripts)) {
    gate.upstream.answer(script)
    const reply = await chat(gate, { stream: what === 'a stream' })
    calls++
    assert.equal(reply.status, status, what)
    // The day is nearer to its end than the minute.
    assert.deepEqual(trio(reply, 'requests').slice(0, 2), ['400', `${400 - calls}`], what)
    assert.match(trio(reply, 'requests')[2] ?? '', /^\d+m[\d.]+s$/)
    assert.equal(trio(reply, 'tokens')[0], '100000')
    assert.equal(trio(reply, 'project-tokens')[0], '5000')
  }
  const refused = await chat(gate, { max_tokens: 5001 })
  assert.equal(refused.status, 429)
  assert.deepEqual(trio(refused, 'requests').slice(0, 2), ['400', `${400 - calls}`], 'it took nothing')
  assert.deepEqual([trio(refused, 'tokens')[0], trio(refused, 'project-tokens')[0]], ['100000', '5000'])
})

test("a project's limits are its own; the organization's maximum counts all of its projects together", async () => {
  await using gate = await startLimited({ m1: { organization_limits: { max_requests_per_1_day: 6 } } })
  const other = await makeKey(gate.app)
  const { rateLimits } = gate.app.admin().organization.projects
  const project_id = gate.projectId
  await rateLimits.updateRateLimit('rl-m1', { project_id, max_requests_per_1_day: 2 })
  const statuses = async (key: string, count: number) => {
    const replies = []
    for (let i = 0; i < count; i++) replies.push((await chat(gate, {}, key)).status)
    return replies
  }
  assert.deepEqual(await statuses(gate.key, 3), [200, 200, 429])
  assert.deepEqual(await statuses(other.key, 5), [200, 200, 200, 200, 429])
  const { body } = await chat(gate, {}, other.key)
  assert.match(body.error.message, /^Rate limit reached for m1 in organization org-\w+ on requests per day \(RPD\)/)
  // Nothing about a project whose calls made it full.
  assert.ok(!JSON.stringify(body).includes(gate.projectId))
})
