import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { CHAT, makeKey, question, startGate } from './gate.ts'
import { json } from './upstream.ts'
import { isRefusal, Wire } from './wire.ts'

for (const path of ['/v1', '/v1/', '/v1//', '', '/', '/api/openai/v1', '/api/openai/v1/']) {
  test(`an upstream at '${path}' gets every call below it, with what its route takes of the query`, async () => {
    await using gate = await startGate({ path })
    gate.upstream.answer(json({ id: 'resp_1', object: 'response', output: [] }))
    const post = (url: string, body: object) => gate.app.send('POST', url, { key: gate.key, body })
    const replies = [
      await post(`${CHAT}?api-version=1&model=m2`, question),
      await post('/v1/embeddings?', { model: 'm1', input: 'x' }),
      await post('/v1/responses?beta=true', { model: 'm1', input: 'x' }),
      await gate.app.send('GET', '/v1/responses/resp_1?include[]=a.b&model=m2&stream=false', { key: gate.key }),
      await gate.app.send('GET', '/v1/responses/resp_1/input_items?limit=2&y=1', { key: gate.key }),
      await gate.app.send('DELETE', '/v1/responses/resp_1?x=1', { key: gate.key }),
    ]
    for (const reply of replies) assert.equal(reply.status, 200, reply.text)
    const sent = [
      '/chat/completions',
      '/embeddings',
      '/responses',
      '/responses/resp_1?include%5B%5D=a.b&stream=false',
      '/responses/resp_1/input_items?limit=2',
      '/responses/resp_1',
    ]
    const base = path.replace(/\/+$/, '')
    assert.deepEqual(
      gate.upstream.calls.map(({ request }) => request.url),
      sent.map((route) => base + route),
    )
  })
}

test('a model is retrieved by an id with slashes, colons and dots, however the client spells it', async () => {
  const ids = ['gpt-4o', 'org/model', 'a/b/c', 'ft:gpt-4o:acme::id', 'v1.2', 'm@2024', 'x~y+z', 'Qwen/Qwen3-8B.Q4_K_M']
  await using file = await modelsFile({ 'ft:gpt-4o:acme::id': { projects: ['*'] } })
  const models = ids.map((id) => ({ id, object: 'model', created: 1, owned_by: 'us' }))
  await using gate = await startGate({ models, env: { GATEHOUSE_CONFIG: file.path } })
  const client = gate.app.client(gate.key)
  for (const id of ids) assert.equal((await client.models.retrieve(id)).id, id)
  for (const written of ['org/model', 'org%2Fmodel', 'org%2fmodel', 'ft%3Agpt-4o:acme::id', 'gpt-4o?model=v1.2'])
    assert.equal((await gate.app.send('GET', `/v1/models/${written}`, { key: gate.key })).status, 200, written)
  assert.equal(gate.upstream.calls.length, 0)
})

/** Other spellings of governed paths, ways out of them, and paths that belong to nobody. */
const tricks = [
  `${CHAT}/`,
  '/v1//chat/completions',
  '/v1/chat//completions',
  '//v1/models',
  '/v1//models',
  '/v1/./models',
  '/v1/../v1/models',
  '/v1/x/../models',
  '/v1/models/',
  '/v1/models//',
  '/v1/models/..',
  '/v1/models/../files',
  '/v1/models/%2e%2e/files',
  '/v1/models/a/../../files',
  '/v1/models/.',
  '/v1/models/...',
  '/v1/models/a%00',
  '/v1/models/a%0d%0aX-Injected:%201',
  '/v1/models/a\\..\\files',
  '/v1/models/%zz',
  '/v1/models/%',
  '/v1/models/caf\u00e9',
  '/v1/models#x',
  '/v1/model%73',
  '/v1/Models',
  '/V1/models',
  '/v1/chat%2Fcompletions',
  '/v1%2Fmodels',
  '/v1/models%3Fx',
  '/v1',
  '/v1/',
  '/models',
  '/v1/v1/models',
  'http://gate/v1/../models',
  'http://gate/v1//models',
  'http://gate/v1/http://gate/v1/models',
  'http://user:secret@gate@other/v1/files',
  'ftp://gate/v1/models',
  'gate/v1/models',
  '*',
  '/v1/organization%2Fprojects',
  '/v1/responses/',
  '/v1/responses/..',
  '/v1/responses/r1/',
  '/v1/responses/r1/../../files',
  '/v1/responses/r1%2Finput_items',
  '/v1/responses/%72esp_1',
  '/v1/responses/r1/input_items/',
  '/v1/responses//r1',
  '/v1/responses/r.1',
]

const notHttp = ['/v1/models/caf\u00e9', 'gate/v1/models']

test('no other spelling of a path opens a way to the model server', async () => {
  await using gate = await startGate()
  for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD', 'DELETE']) {
    for (const path of tricks) {
      using wire = await Wire.open(gate.app.url)
      const start = `${method} ${path} HTTP/1.1\r\nhost: gate\r\nauthorization: Bearer ${gate.key}\r\n`
      await wire.send(Buffer.from(`${start}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`, 'latin1'))
      const reply = await wire.reply(method)
      // A few of them are no URLs at all.
      const status = notHttp.includes(path) ? 400 : 404
      if (method === 'HEAD') assert.equal(reply.status, status, path)
      else assert.ok([null, 'not_offered'].includes(isRefusal(reply, status).code), path)
    }
  }
  assert.deepEqual(
    gate.upstream.calls.map(({ request }) => request.url),
    [],
  )
})

/** Encoded, these are names that a model could have. */
const names = [
  ...['..%2Ffiles', '..%2ffiles', '%2E%2E%2Ffiles', 'a%2F..%2F..%2Ffiles', 'a%2F%2Fb', '%2Fa', 'a%2F', 'a%252Fb'],
  ...['..%252Ffiles', 'a;b', 'a%5C..%5Cfiles', 'a%3Fb', 'a%23b', 'a%20b', '%E6%A8%A1'],
]

test('what is encoded in the name of a model opens no way either', async () => {
  await using gate = await startGate()
  for (const base of ['/v1/models/', 'http://gate/v1/models/']) {
    for (const name of names) {
      using wire = await Wire.open(gate.app.url)
      const send = (method: string) =>
        wire.send(`${method} ${base}${name} HTTP/1.1\r\nhost: gate\r\nauthorization: Bearer ${gate.key}\r\n\r\n`)
      await send('GET')
      const { code, message } = isRefusal(await wire.reply(), 404)
      assert.equal(code, 'model_not_found')
      assert.ok(message.includes(`\`${decodeURIComponent(name)}\``), message)
    }
  }
  assert.equal(gate.upstream.calls.length, 0)
})

test('a URL in its absolute form is judged by its path, and the host it names is nobody we call', async () => {
  await using gate = await startGate()
  using wire = await Wire.open(gate.app.url)
  const body = JSON.stringify(question)
  const start = `POST http://elsewhere.invalid${CHAT}?x=1 HTTP/1.1\r\nhost: gate\r\n`
  const rest = `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  await wire.send(`${start}authorization: Bearer ${gate.key}\r\n${rest}`)
  assert.equal((await wire.reply()).status, 200)
  await wire.send('GET http://elsewhere.invalid/v1/models HTTP/1.1\r\nhost: gate\r\n\r\n')
  isRefusal(await wire.reply(), 401)
  assert.deepEqual(
    gate.upstream.calls.map(({ request }) => [request.url, request.headers.host]),
    [[CHAT, new URL(gate.upstream.origin).host]],
  )
})

test('what the original offers and this server does not is 404 not_offered, with and without a key', async () => {
  await using gate = await startGate()
  const known = [
    'files',
    'files/f1/content',
    'batches',
    'videos',
    'audio/voices',
    'decisions',
    'conversations/c1/items',
  ]
  const more = ['chat/completions/c1', 'fine_tuning/jobs', 'vector_stores', 'assistants', 'threads/t/runs', 'agents']
  for (const path of [...known, ...more]) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const reply = await gate.app.send(method, `/v1/${path}`, { key: gate.key })
      assert.deepEqual([reply.status, reply.body.error.code], [404, 'not_offered'], path)
      const { message } = reply.body.error
      assert.ok(message.startsWith(`Invalid URL (${method} /v1/${path}) (not offered by this server: `), message)
      assert.equal(reply.headers.get('x-gatehouse-error-source'), 'gateway')
    }
  }
  const stranger = await gate.app.send('GET', '/v1/nothing/like/this', { key: null })
  assert.deepEqual([stranger.status, stranger.body.error.code], [404, null])
  assert.equal(stranger.body.error.message, 'Invalid URL (GET /v1/nothing/like/this)')
  assert.equal(gate.upstream.calls.length, 0)
})

test('a wrong method is 405 with the right one in allow, and never reaches the model server', async () => {
  await using gate = await startGate()
  const posts = ['completions', 'embeddings', 'moderations', 'responses', 'responses/compact', 'responses/input_tokens']
  const more = ['images/generations', 'images/edits', 'audio/speech', 'audio/transcriptions', 'responses/r1/cancel']
  const routes: Record<string, string> = {
    [CHAT]: 'POST',
    ...Object.fromEntries([...posts, ...more].map((path) => [`/v1/${path}`, 'POST'])),
    '/v1/models': 'GET, HEAD',
    '/v1/models/a/b': 'GET, HEAD',
    '/v1/responses/r1': 'GET, HEAD, DELETE',
    '/v1/responses/r1/input_items': 'GET, HEAD',
  }
  for (const [path, allowed] of Object.entries(routes)) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
      if (allowed.split(', ').includes(method)) continue
      // Operations of the original that are told apart: not offered yet.
      if (
        [`GET ${CHAT}`, `HEAD ${CHAT}`].includes(`${method} ${path}`) ||
        `${method} ${path}` === 'DELETE /v1/models/a/b'
      )
        continue
      const reply = await gate.app.send(method, path, { key: gate.key })
      assert.equal(reply.status, 405, `${method} ${path}`)
      assert.equal(reply.headers.get('allow'), allowed)
      if (method === 'HEAD') assert.equal(reply.text, '')
      else assert.match(reply.body.error.message, new RegExp(`^Not allowed to ${method} on ${path}`))
    }
  }
  assert.equal(gate.upstream.calls.length, 0)
})

test('a door that is not served is an unknown URL, and what is behind it stays untouched', async () => {
  await using gate = await startGate({ models: [{ id: 'm1' }] })
  await using adminOnly = await startTestApp({ databaseUrl: gate.app.databaseUrl, only: 'admin' })
  const { key } = await makeKey(adminOnly)
  const closed = await adminOnly.send('GET', '/v1/models', { key })
  assert.deepEqual([closed.status, closed.body.error.message], [404, 'Invalid URL (GET /v1/models)'])
  await using gatewayOnly = await startTestApp({
    databaseUrl: gate.app.databaseUrl,
    only: 'gateway',
    env: { GATEHOUSE_UPSTREAM_URL: `${gate.upstream.origin}/v1` },
  })
  gate.upstream.answer(json({ object: 'list', data: [] }))
  assert.equal((await gatewayOnly.send('GET', '/v1/models', { key })).status, 200)
  assert.equal((await gatewayOnly.send('GET', '/v1/organization/projects')).status, 404)
})
