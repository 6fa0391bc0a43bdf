import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Reply } from '../../support/harness.ts'
import { checkSent } from '../check/checking.ts'
import { makeKey, openCall, replyTo, startGate, type TestGate, UPSTREAM_KEY } from '../gate.ts'
import { json, type Script, until } from '../upstream.ts'
import { asked, events, MESSAGES, message, refused, streamOf, text, usage } from './model-server.ts'

/** A refusal in one line: status, type, and the code where there is one. */
function told({ status, body, headers }: Reply): string {
  assert.equal(body.type, 'error', JSON.stringify(body))
  assert.equal(typeof body.error.message, 'string')
  assert.equal(body.request_id, headers.get('request-id'))
  assert.equal(body.request_id, headers.get('x-request-id'))
  return [status, body.error.type, body.error.details?.error_code].filter(Boolean).join(' ')
}

const raw =
  (status: number, body: string, type = 'text/plain'): Script =>
  async ({ response, whole }) => {
    await whole
    response.writeHead(status, { 'content-type': type }).end(body)
  }

describe('a refusal of the Anthropic routes has the shape of that API', () => {
  let gate: TestGate
  before(async () => {
    gate = await startGate({ models: ['m1', 'm2'].map((id) => ({ id, object: 'model' })) })
  })
  after(() => gate[Symbol.asyncDispose]())

  const projects = () => gate.app.admin().organization.projects
  const post = (body: unknown, key = gate.key, headers: Record<string, string> = {}) =>
    gate.app.send('POST', MESSAGES, { key, body, headers })

  test('whoever refuses, and for whatever', async () => {
    const { app } = gate
    assert.equal(told(await post(asked, 'sk-proj-made-up')), '401 authentication_error invalid_api_key')
    assert.equal(told(await app.send('POST', MESSAGES, { key: null, body: asked })), '401 authentication_error')
    assert.equal(told(await app.send('GET', MESSAGES, { key: gate.key })), '405 invalid_request_error')
    assert.equal(told(await app.send('POST', `${MESSAGES}/none`, { key: gate.key })), '404 not_found_error')
    assert.equal(
      told(await post({ ...asked, max_tokens: undefined })),
      '400 invalid_request_error missing_required_parameter',
    )
    assert.equal(
      told(await post({ ...asked, model: undefined })),
      '400 invalid_request_error missing_required_parameter',
    )
    assert.equal(told(await post({ ...asked, max_tokens: -1 })), '400 invalid_request_error integer_below_min_value')
    const big = openCall(gate, MESSAGES, { headers: { 'content-length': 1_000_000_000 } })
    big.flushHeaders()
    const { response, chunks, ended } = await replyTo(big)
    await ended
    assert.equal(response.statusCode, 413)
    assert.equal(JSON.parse(Buffer.concat(chunks).toString()).error.type, 'request_too_large')
    gate.upstream.answer(json(message([text('hi')])))
    const { projectId, keyId, key } = await makeKey(app)
    await projects().modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['m2'] })
    assert.equal(told(await post(asked, key)), '403 permission_error model_not_found')
    await projects().modelPermissions.delete(projectId)
    await projects().apiKeys.update(keyId, { project_id: projectId, scopes: ['api.model.read'] })
    assert.equal(told(await post(asked, key)), '403 permission_error')
    await projects().apiKeys.update(keyId, { project_id: projectId, scopes: [] })
    await projects().spendLimit.update(projectId, { currency: 'USD', interval: 'month', threshold_amount: 1 })
    assert.equal(told(await post(asked, key)), '400 invalid_request_error model_price_unknown')
  })

  test('a limit that is reached says when it has room again, in its words and in the headers that clients wait by', async () => {
    const { projectId: project_id, key } = await makeKey(gate.app)
    gate.upstream.answer(json(message([text('hi')])))
    await projects().rateLimits.updateRateLimit('rl-m1', { project_id, max_requests_per_1_minute: 1 })
    assert.equal((await post(asked, key)).status, 200)
    const reply = await post(asked, key)
    assert.equal(told(reply), '429 rate_limit_error rate_limit_exceeded')
    assert.match(
      reply.body.error.message,
      /requests per min \(RPM\): Limit 1, Used 1, Requested 1\. Please try again in /,
    )
    assert.ok(Number(reply.headers.get('retry-after')) > 0)
    assert.equal(reply.headers.get('x-ratelimit-remaining-requests'), '0')
    await projects().rateLimits.updateRateLimit('rl-m1', { project_id, max_requests_per_1_minute: 0 })
    assert.equal((await post(asked, key)).headers.get('x-should-retry'), 'false')
  })

  const answers: Record<string, [answer: Script, is: string, says: RegExp]> = {
    'in that shape': [refused('overloaded_error', 'Overloaded', 529), '529 overloaded_error', /^Overloaded$/],
    'in the shape of chat completions': [
      json({ error: { message: 'bad tool', type: 'BadRequestError', param: null, code: 400 } }, 400),
      '400 invalid_request_error',
      /^bad tool$/,
    ],
    'as a sentence within JSON': [json({ detail: 'not now' }, 500), '500 api_error', /^not now$/],
    'as text': [raw(422, 'no\nsuch'), '422 invalid_request_error', /^no\nsuch$/],
    'without a word': [raw(500, ''), '500 api_error', /status 500/],
    'far too long': [raw(400, 'x'.repeat(300_000)), '400 invalid_request_error', /^x{4096}$/],
    'because it has no such route': [
      raw(404, 'Not Found'),
      '404 not_found_error not_offered',
      /no \/v1\/messages.*Nothing is translated.*Not Found/,
    ],
    'because the route is for another method': [raw(405, ''), '404 not_found_error not_offered', /no \/v1\/messages/],
    'because it has no such model, in that shape': [
      refused('not_found_error', 'model: m1', 404),
      '404 not_found_error',
      /^model: m1$/,
    ],
    'for its account': [json({ error: 'org' }, 401), '502 api_error upstream_refused_credentials', /credentials/],
    'for its limits': [json({ error: 'org' }, 429), '529 overloaded_error upstream_rate_limited', /try again in/],
    'as a redirect': [raw(302, ''), '502 api_error upstream_invalid_reply', /cannot be passed on/],
  }
  for (const [how, [answer, is, says]] of Object.entries(answers)) {
    test(`a model server that refuses ${how}`, async () => {
      gate.upstream.answer(answer)
      for (const stream of [false, true]) {
        const reply = await post({ ...asked, stream })
        const { body, headers } = reply
        assert.equal(told(reply), is)
        assert.match(body.error.message, says)
        assert.match(headers.get('content-type') ?? '', /^application\/json/)
        assert.equal(headers.get('x-gatehouse-error-source'), 'upstream')
      }
    })
  }

  test('a model server that cannot be reached or is silent', async () => {
    await using silent = await startGate({ timeouts: { replyTimeoutMs: 50 } })
    silent.upstream.answer(() => {})
    const call = () => silent.app.send('POST', MESSAGES, { key: silent.key, body: asked })
    assert.equal(told(await call()), '504 timeout_error upstream_timeout')
    await silent.upstream[Symbol.asyncDispose]()
    assert.equal(told(await call()), '502 api_error upstream_unreachable')
  })

  test('a stream that has begun before its reply is told of a refusal in an event', async () => {
    await using early = await startGate({ env: { GATEHOUSE_STREAM_KEEPALIVE_SECONDS: '0.02' } })
    const late = async (answer: Script) => {
      const waiting = Promise.withResolvers<void>()
      early.upstream.answer(async (call) => {
        await waiting.promise
        await answer(call)
      })
      const call = openCall(early, MESSAGES)
      call.end(JSON.stringify({ ...asked, stream: true }))
      const { response, chunks, ended } = await replyTo(call)
      await until(() => chunks.length > 0, 'the first comment')
      waiting.resolve()
      await ended
      const said = Buffer.concat(chunks).toString().replaceAll(': keep-alive\n\n', '')
      const [, data = 'null'] = /^event: error\ndata: (.*)\n\n$/.exec(said) ?? []
      return { status: response.statusCode, ...JSON.parse(data) }
    }
    const limited = await late(json({ error: { message: 'slow down' } }, 429))
    assert.deepEqual([limited.status, limited.type, limited.error.type], [200, 'error', 'overloaded_error'])
    const foreign = await late(json({ error: { message: 'bad', type: 'x', param: null, code: null } }, 400))
    assert.deepEqual([foreign.type, foreign.error], ['error', { type: 'invalid_request_error', message: 'bad' }])
    // As long as is read of it: with the gate's id of the call it is longer.
    const bare = { type: 'error', error: { type: 'invalid_request_error', message: '' }, request_id: 'req_theirs' }
    const long = 'x'.repeat(65_536 - JSON.stringify(bare).length)
    const own = await late(refused('invalid_request_error', long, 400))
    assert.deepEqual([own.error.type, own.error.message], ['invalid_request_error', long])
    const missing = await late(raw(404, 'Not Found'))
    assert.deepEqual([missing.error.type, missing.error.details.error_code], ['not_found_error', 'not_offered'])
  })

  test('a key comes as a bearer token or in a header of its own, and goes no further', async () => {
    const { app, key } = gate
    const other = await makeKey(app)
    gate.upstream.answer(json(message([text('hi')])))
    const send = (headers: Record<string, string>) => app.send('POST', MESSAGES, { key: null, body: asked, headers })
    const version = { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'x-1' }
    const same = { 'x-api-key': key, authorization: `Bearer ${key}` }
    for (const headers of [
      { 'x-api-key': key },
      { authorization: `Bearer ${key}` },
      same,
      { ...same, authorization: '' },
    ]) {
      const before = gate.upstream.calls.length
      const reply = await send({ ...headers, ...version })
      assert.equal(reply.status, 200, reply.text)
      assert.equal(reply.headers.get('request-id'), reply.headers.get('x-request-id'))
      const { request } = await gate.upstream.call(before)
      assert.equal(request.headers.authorization, `Bearer ${UPSTREAM_KEY}`)
      assert.equal(request.headers['x-api-key'], undefined)
      assert.ok(!request.rawHeaders.some((one) => one.includes(key)))
      assert.deepEqual([request.headers['anthropic-version'], request.headers['anthropic-beta']], ['2023-06-01', 'x-1'])
    }
    for (const headers of [{ 'x-api-key': other.key }, { 'x-api-key': 'x' }, { 'x-api-key': `${key}, ${key}` }]) {
      const reply = await send({ authorization: `Bearer ${key}`, ...headers })
      assert.equal(told(reply), '401 authentication_error invalid_api_key')
      assert.match(reply.body.error.message, /two different keys/)
    }
    // On one connection each call is of the key that it brings.
    assert.equal(told(await send({ 'x-api-key': 'sk-proj-made-up' })), '401 authentication_error invalid_api_key')
    const chat = await app.send('POST', '/v1/chat/completions', {
      key: null,
      body: asked,
      headers: { 'x-api-key': key },
    })
    assert.deepEqual([chat.status, chat.body.error.type], [401, 'invalid_request_error'])
  })

  test('what a client turns on goes on, but for what would lift the bounds of its call', async () => {
    gate.upstream.answer(json(message([text('hi')])))
    const sent = async (betas: string) => {
      const before = gate.upstream.calls.length
      const reply = await post(asked, gate.key, { 'anthropic-beta': betas })
      assert.equal(reply.status, 200, reply.text)
      return (await gate.upstream.call(before)).request.headers['anthropic-beta']
    }
    assert.equal(
      await sent('mcp-client-2025-11-20, context-1m-2025-08-07,output-128k-2025-02-19'),
      'mcp-client-2025-11-20',
    )
    assert.equal(await sent('context-1m-2025-08-07'), undefined)
    for (const field of ['anthropic_beta', 'betas']) {
      const { status, body } = await post({ ...asked, [field]: ['context-1m-2025-08-07'] })
      assert.deepEqual([status, body.error.details.error_code], [400, 'not_offered'])
    }
  })

  test('the check door answers in the shape of what is asked for, and takes the key in either header', async () => {
    const { app, key } = gate
    const seen = await checkSent(app, 'POST', MESSAGES, { key: null, body: asked, headers: { 'x-api-key': key } })
    assert.equal(seen.status, 200, seen.text)
    assert.equal(
      told(await checkSent(app, 'POST', MESSAGES, { key: 'sk-x', body: asked })),
      '401 authentication_error invalid_api_key',
    )
    assert.equal(
      told(await checkSent(app, 'POST', MESSAGES, { key, body: {} })),
      '400 invalid_request_error missing_required_parameter',
    )
  })

  test('batches of messages are not passed on, and the refusal says why', async () => {
    const before = gate.upstream.calls.length
    for (const [method, path] of [
      ['POST', 'batches'],
      ['GET', 'batches'],
      ['GET', 'batches/x'],
      ['GET', 'batches/x/results'],
      ['DELETE', 'batches/x'],
    ]) {
      const reply = await gate.app.send(method ?? '', `${MESSAGES}/${path}`, { key: gate.key })
      assert.equal(told(reply), '404 not_found_error not_offered')
      assert.match(reply.body.error.message, /every project could read it/)
    }
    assert.equal(gate.upstream.calls.length, before)
  })

  test('a stream passes as it comes, with its names of events', async () => {
    const all = events(['good ', 'day'], usage, { output_tokens: 2 })
    gate.upstream.answer(streamOf(all))
    const reply = await post({ ...asked, stream: true })
    assert.equal(reply.text, all.map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`).join(''))
    assert.equal(reply.headers.get('request-id'), reply.headers.get('x-request-id'))
  })
})
