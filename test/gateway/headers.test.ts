import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, makeKey, openCall, question, replyTo, startGate, UPSTREAM_KEY } from './gate.ts'
import { json } from './upstream.ts'
import { Wire } from './wire.ts'

/** What belongs to one connection, and what a client or a proxy tells this server only. */
const kept = {
  'api-key': 'k1',
  'x-api-key': 'k2',
  cookie: 'session=1',
  forwarded: 'for=10.0.0.1',
  via: '1.1 edge',
  'x-forwarded-for': '10.0.0.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'inside',
  'x-forwarded-client-cert': 'Hash=1',
  'x-real-ip': '10.0.0.1',
  'x-gatehouse-project': 'p',
  'proxy-authorization': 'Basic eDp5',
  'proxy-connection': 'keep-alive',
  'keep-alive': 'timeout=5',
  te: 'trailers',
  upgrade: 'websocket',
  'http2-settings': 'AAMAAABk',
  'x-private': 'named in Connection',
  'x-stainless-os': 'named in Connection too',
  // What would make it another request than was judged, or another reply than can be counted.
  range: 'bytes=0-1',
  'if-none-match': '"etag"',
  'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT',
  'x-http-method-override': 'DELETE',
  'x-method-override': 'DELETE',
  'x-original-url': '/v1/files',
  'x-rewrite-url': '/v1/files',
  // Projects share the upstream's account: one's reply would be another's.
  'idempotency-key': 'abc',
  'x-request-id': 'req_of_another',
  // Gateways behind this one choose the model, the host, the account or the queue by these.
  'x-litellm-model': 'large',
  'x-litellm-api-key': 'k3',
  'x-portkey-config': '{"override_params":{"model":"large"}}',
  'x-portkey-custom-host': 'http://10.0.0.1',
  'helicone-target-url': 'http://10.0.0.1',
  'helicone-fallbacks': '[]',
  'cf-aig-authorization': 'Bearer k4',
  'cf-aig-cache-key': 'shared',
  'x-provider': 'other',
  'x-model': 'large',
  'x-model-provider-id': 'other',
  'x-routing-key': 'first',
  'x-custom': 'what no model server needs',
  'accept-language': 'de',
  origin: 'https://app.example',
  referer: 'https://app.example/secret',
  'content-encoding': 'identity',
  'x-forwarded-authorization': 'Bearer k5',
  priority: 'u=0',
  baggage: 'user=1',
}
const passed = {
  accept: 'application/json',
  'user-agent': 'OpenAI/JS 7.57.0',
  'x-stainless-retry-count': '0',
  'x-stainless-lang': 'js',
  'openai-beta': 'responses=v1',
  'anthropic-version': '2023-06-01',
  'anthropic-beta': 'context-management-2025-06-27',
  'x-client-request-id': 'mine, with a comma',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=1',
}

test('the headers that a model server needs go on; any other could make it another request than was judged, and stops', async () => {
  await using gate = await startGate()
  const ids = { 'openai-organization': '', 'openai-project': gate.projectId }
  const headers = {
    ...kept,
    ...passed,
    ...ids,
    connection: 'keep-alive, X-Private ,x-stainless-os, upgrade, content-type',
  }
  const call = openCall(gate, CHAT, { headers })
  call.end(JSON.stringify(question))
  const { response } = await replyTo(call)
  assert.equal(response.statusCode, 200)
  const seen = await gate.upstream.call()
  for (const name of [...Object.keys(kept), ...Object.keys(ids)]) assert.equal(seen.header(name), undefined, name)
  for (const [name, value] of Object.entries(passed)) assert.equal(seen.header(name), value, name)
  const ours = ['accept-encoding', 'authorization', 'connection', 'content-length', 'content-type', 'host']
  assert.deepEqual(Object.keys(seen.request.headers).sort(), [...ours, ...Object.keys(passed)].sort())
  assert.equal(seen.header('content-type'), 'application/json', 'it was judged as that')
  assert.equal(seen.header('accept-encoding'), 'identity', 'compressed usage could not be read')
  assert.equal(seen.header('host'), new URL(gate.upstream.origin).host)
})

test("the caller's key never reaches the model server, in no header and under no name; the upstream's own does", async () => {
  await using gate = await startGate()
  for (const headers of [{}, { 'x-api-key': gate.key, 'api-key': gate.key, cookie: `key=${gate.key}` }]) {
    await gate.app.send('POST', CHAT, { key: gate.key, body: question, headers })
    await gate.app.send('POST', '/v1/embeddings', { key: gate.key, body: { model: 'm1', input: 'x' }, headers })
  }
  assert.equal(gate.upstream.calls.length, 4)
  for (const { request } of gate.upstream.calls) {
    assert.equal(request.headers.authorization, `Bearer ${UPSTREAM_KEY}`)
    assert.doesNotMatch(request.rawHeaders.join('\n'), new RegExp(gate.key.slice(12)))
  }
})

test('without an upstream key the model server gets no authorization at all', async () => {
  await using gate = await startGate({ env: { GATEHOUSE_UPSTREAM_KEY: '' } })
  await gate.app.send('POST', CHAT, { key: gate.key, body: question })
  assert.equal((await gate.upstream.call()).header('authorization'), undefined)
})

test('the headers of a model server that a client needs reach it; the rest tells of its account and its hosts, and does not', async () => {
  await using gate = await startGate()
  const theirs = {
    'openai-organization': 'their-org',
    'openai-project': 'proj_theirs',
    'set-cookie': ['a=1', 'b=2'],
    'x-request-id': 'req_theirs',
    'x-ratelimit-limit-requests': '500',
    'x-ratelimit-remaining-tokens': '1',
    'x-ratelimit-reset-requests': '1s',
    'x-ratelimit-remaining-project-tokens': '7',
    'x-ratelimit-limit-images': '5',
    'openai-processing-ms': '123456789',
    'openai-version': '1999-01-01',
    'x-gatehouse-error-source': 'gateway',
    'cf-ray': '1',
    'strict-transport-security': 'max-age=1',
    'alt-svc': 'h3=":443"',
    server: 'uvicorn',
    via: '1.1 theirs',
    'proxy-authenticate': 'Basic',
    'x-hop': 'named in Connection',
    connection: 'X-Hop',
    location: 'http://10.0.0.1/inner',
    'www-authenticate': 'Bearer realm="theirs"',
    'retry-after': '86400',
    'retry-after-ms': '86400000',
    'anthropic-organization-id': 'their-org',
    'anthropic-ratelimit-tokens-remaining': '1',
    'x-litellm-key-spend': '1',
    'llm_provider-x-ratelimit-limit-tokens': '1',
    'x-ms-region': 'East',
    'x-powered-by': 'Express',
    'x-served-by': 'host-1',
    'server-timing': 'db;dur=1',
    'authentication-info': 'nextnonce=1',
    'set-cookie2': 'a=1',
    'service-worker-allowed': '/',
    'x-accel-redirect': '/secret',
    'x-sendfile': '/etc/passwd',
    'access-control-allow-origin': '*',
    link: '</a>; rel=preload',
    date: 'Thu, 01 Jan 1970 00:00:00 GMT',
    'x-custom': 'what no client needs',
  }
  const passed = {
    'content-type': 'application/json; charset=utf-8',
    'content-disposition': 'attachment; filename="a.json"',
    'content-language': 'de',
    'cache-control': 'no-store',
    'x-should-retry': 'false',
    'openai-model': 'm1-2026',
  }
  const gates = ['connection', 'keep-alive', 'date', 'openai-organization', 'openai-processing-ms', 'openai-project']
  for (const status of [200, 400]) {
    gate.upstream.answer(json({}, status, { ...theirs, ...passed }))
    const { headers } = await gate.app.send('POST', CHAT, { key: gate.key, body: question })
    for (const [name, value] of Object.entries(passed)) assert.equal(headers.get(name), value, name)
    const own = ['openai-version', 'x-request-id', ...(status === 200 ? [] : ['x-gatehouse-error-source'])]
    const limits = [...headers.keys()].filter((name) => /^x-ratelimit-\w+-(requests|tokens)$/.test(name))
    const all = ['content-length', ...gates, ...own, ...limits, ...Object.keys(passed)]
    assert.deepEqual([...headers.keys()].sort(), all.sort())
    assert.ok(Date.parse(headers.get('date') ?? '') > 0, 'by our own clock')
    // These every reply has, of this server's own limits (none is set here), time and version.
    for (const kind of ['requests', 'tokens']) {
      const trio = ['limit', 'remaining', 'reset'].map((what) => headers.get(`x-ratelimit-${what}-${kind}`))
      assert.deepEqual(trio, ['2147483647', '2147483647', '0s'])
    }
    assert.match(headers.get('openai-processing-ms') ?? '', /^\d{1,5}$/)
    assert.equal(headers.get('openai-version'), '2020-10-01')
    assert.match(headers.get('x-request-id') ?? '', /^req_[0-9a-z]{24}$/)
    assert.match(headers.get('openai-organization') ?? '', /^org-/)
    assert.notEqual(headers.get('openai-project'), 'proj_theirs')
    assert.equal(headers.get('x-gatehouse-error-source'), status === 200 ? null : 'upstream')
  }
})

test('every reply has a request id of its own, refused or not', async () => {
  await using gate = await startGate({ models: [{ id: 'm1' }] })
  const paths = ['/v1/models', '/v1/nothing', '/v1/models/a//b', CHAT]
  const replies = await Promise.all(
    [gate.key, null, 'wrong'].flatMap((key) => paths.map((path) => gate.app.send('GET', path, { key }))),
  )
  const ids = replies.map(({ headers }) => headers.get('x-request-id') ?? '')
  for (const id of ids) assert.match(id, /^req_[0-9a-z]{24}$/)
  assert.equal(new Set(ids).size, ids.length)
  for (const { status, headers } of replies)
    assert.equal(headers.get('x-gatehouse-error-source'), status === 200 ? null : 'gateway')
})

test('a second Authorization header does not smuggle a second key', async () => {
  await using gate = await startGate()
  const other = await makeKey(gate.app)
  await gate.app.admin().organization.projects.apiKeys.delete(gate.keyId, { project_id: gate.projectId })
  using wire = await Wire.open(gate.app.url)
  const both = [gate.key, other.key].map((key) => `authorization: Bearer ${key}\r\n`).join('')
  await wire.send(`GET /v1/models HTTP/1.1\r\nhost: gate\r\n${both}\r\n`)
  assert.equal((await wire.reply()).status, 401)
  assert.equal(gate.upstream.calls.length, 0)
})

test('the key is read from "Bearer" alone, however it is spelled', async () => {
  await using gate = await startGate({ models: [{ id: 'm1' }] })
  const send = (authorization: string) => gate.app.send('GET', '/v1/models', { key: null, headers: { authorization } })
  for (const good of [`Bearer ${gate.key}`, `bearer ${gate.key}`, `BEARER  ${gate.key}`])
    assert.equal((await send(good)).status, 200, good.slice(0, 8))
  const basic = `Basic ${Buffer.from(`user:${gate.key}`).toString('base64')}`
  for (const bad of [gate.key, basic, 'Bearer', 'Bearer ', `Bearer ${gate.key} x`, `Token ${gate.key}`]) {
    const { status, body, headers } = await send(bad)
    assert.deepEqual([status, body.error.message], [401, 'Missing bearer authentication in header'], bad.slice(0, 8))
    assert.match(headers.get('www-authenticate') ?? '', /^Bearer/)
  }
})
