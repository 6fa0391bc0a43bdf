import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, makeKey, question, startGate } from '../gateway/gate.ts'
import { ADMIN_KEY, startTestApp, type TestApp } from '../support/harness.ts'

const ORIGIN = 'https://app.example'
const OTHER = 'https://other.example'
const PROJECTS = '/v1/organization/projects'
const ACCEPT = '/v1/organization/invites/accept'

const ask = (app: TestApp, path: string, origin = ORIGIN, method = 'POST') =>
  app.send('OPTIONS', path, {
    key: null,
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type,x-stainless-lang',
    },
  })
const get = (app: TestApp, path: string, key: string | null, origin = ORIGIN) =>
  app.send('GET', path, { key, headers: { origin } })
const crossOrigin = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith('access-control-'))

test('a page of any origin is let through its preflight and reads every answer of the gate, without credentials', async () => {
  await using gate = await startGate({ models: [{ id: 'm1' }] })
  const { app, key } = gate
  for (const path of [CHAT, '/v1/responses', '/v1/models', '/v1/responses/resp_1', '/v1/nothing']) {
    const { status, headers, text } = await ask(app, path)
    assert.deepEqual([status, text], [204, ''], path)
    assert.equal(headers.get('access-control-allow-origin'), '*')
    assert.equal(headers.get('access-control-allow-headers'), 'authorization,content-type,x-stainless-lang')
    for (const method of ['GET', 'POST', 'DELETE'])
      assert.ok(headers.get('access-control-allow-methods')?.split(', ').includes(method))
    assert.match(headers.get('x-request-id') ?? '', /^req_/)
    assert.equal(headers.get('access-control-allow-credentials'), null)
  }
  const sent = (body: unknown) => app.send('POST', CHAT, { key, body, headers: { origin: ORIGIN } })
  const answers = [
    await get(app, '/v1/models', key),
    await get(app, '/v1/models', 'sk-wrong'),
    await get(app, '/v1/nothing', key),
    await sent(question),
    await sent({ ...question, stream: true }),
    await sent('{'),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 401, 404, 200, 200, 400],
  )
  for (const { headers } of answers) {
    assert.equal(headers.get('access-control-allow-origin'), '*')
    assert.equal(headers.get('access-control-allow-credentials'), null)
    const exposed = headers.get('access-control-expose-headers')?.split(', ') ?? []
    for (const name of ['x-request-id', 'retry-after', 'x-ratelimit-remaining-requests'])
      assert.ok(exposed.includes(name))
    for (const name of headers.keys()) if (/^(x-|openai-)/.test(name)) assert.ok(exposed.includes(name), name)
  }
})

test('who is no browser is answered as before, and so is an OPTIONS that is no preflight', async () => {
  await using app = await startTestApp()
  const { key } = await makeKey(app)
  const plain = await app.send('GET', '/v1/models', { key })
  assert.deepEqual([crossOrigin(plain.headers), plain.headers.get('vary')], [[], null])
  assert.equal((await app.send('OPTIONS', '/v1/models', { key })).status, 405)
  assert.equal((await app.send('OPTIONS', '/v1/models', { key, headers: { origin: ORIGIN } })).status, 405)
})

test('the origins that are named may, and no others; with none nobody may', async () => {
  await using app = await startTestApp({ env: { GATEHOUSE_CORS_ORIGINS: `${ORIGIN}, https://third.example` } })
  const { key } = await makeKey(app)
  const allowed = [await ask(app, CHAT), await get(app, '/v1/models', key)]
  for (const { headers } of allowed) {
    assert.deepEqual([headers.get('access-control-allow-origin'), headers.get('vary')], [ORIGIN, 'Origin'])
  }
  for (const origin of [OTHER, 'null', 'http://app.example', `${ORIGIN}.evil`, `${ORIGIN}:8443`]) {
    for (const { status, headers } of [await ask(app, CHAT, origin), await get(app, '/v1/models', key, origin)]) {
      assert.ok(status === 405 || status === 200)
      assert.deepEqual([crossOrigin(headers), headers.get('vary')], [[], 'Origin'])
    }
  }
  await using closed = await startTestApp({ env: { GATEHOUSE_CORS_ORIGINS: 'none' } })
  const refused = await ask(closed, CHAT)
  assert.deepEqual([refused.status, crossOrigin(refused.headers)], [405, []])
  assert.deepEqual(crossOrigin((await get(closed, '/v1/models', 'sk-wrong')).headers), [])
})

test('the Administration API, the check door and the pages answer no other origin until a setting names it', async () => {
  await using app = await startTestApp()
  for (const path of [PROJECTS, ACCEPT, '/check', '/healthz', '/openapi.json', '/invite']) {
    const { status, headers } = await ask(app, path)
    assert.ok(status >= 400, path)
    assert.deepEqual(crossOrigin(headers), [], path)
    assert.deepEqual(crossOrigin((await get(app, path, ADMIN_KEY)).headers), [], path)
  }
  await using open = await startTestApp({ env: { GATEHOUSE_ADMIN_CORS_ORIGINS: ORIGIN } })
  assert.equal((await ask(open, PROJECTS)).status, 204)
  for (const key of [ADMIN_KEY, 'sk-admin-wrong']) {
    const { headers } = await get(open, PROJECTS, key)
    assert.equal(headers.get('access-control-allow-origin'), ORIGIN)
    assert.match(headers.get('access-control-expose-headers') ?? '', /x-request-id/)
  }
  assert.deepEqual(crossOrigin((await ask(open, PROJECTS, OTHER)).headers), [])
  assert.deepEqual(crossOrigin((await get(open, PROJECTS, ADMIN_KEY, OTHER)).headers), [])
})
