import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { CHAT, makeKey, question, startGate, UPSTREAM_KEY } from '../gate.ts'
import { EVENTS, event, json, until } from '../upstream.ts'
import { nginx, startNginx } from './nginx.ts'

const skip = nginx === null && 'nginx with auth_request is not installed (Debian: apt-get install nginx)'

/** A Gatehouse, a model server, and nginx between both and the world. @param gatehouse what nginx takes for Gatehouse */
async function startAll(gatehouse?: (url: string) => string) {
  await using stack = new AsyncDisposableStack()
  const gate = stack.use(await startGate())
  const models = gate.upstream.origin
  const url = gatehouse?.(gate.app.url) ?? gate.app.url
  const proxy = stack.use(await startNginx(nginx ?? '', { gatehouse: url, models, key: UPSTREAM_KEY }))
  const headers = (key = gate.key) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' })
  const body = JSON.stringify(question)
  const chat = (key?: string, more: Record<string, string> = {}) =>
    proxy.send(CHAT, { headers: { ...headers(key), ...more }, body })
  const rest = stack.move()
  return { ...gate, proxy, headers, body, chat, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

test('nginx lets an allowed call through as it is, with the key of the model server, and its answer streams', {
  skip,
}, async () => {
  await using all = await startAll()
  const { proxy, upstream, key, keyId, projectId } = all
  const next = Promise.withResolvers<void>()
  upstream.answer(async ({ response, whole }) => {
    await whole
    response.writeHead(200, { ...EVENTS, 'set-cookie': 'a=b', 'x-ratelimit-remaining-requests': '7' })
    response.write(event({ part: 1 }))
    await next.promise
    response.end(event('[DONE]'))
  })
  // Too large for the memory that nginx has for a body.
  const body = JSON.stringify({ ...question, text: 'x'.repeat(1_000_000) })
  const faked = { cookie: 'c=d', 'x-gatehouse-user': 'boss', 'x-gatehouse-organization': 'org-x' }
  const reply = await proxy.open(CHAT, { headers: { ...all.headers(key), ...faked }, body })
  await until(() => reply.chunks.length > 0, 'the first part, before there is a second')
  next.resolve()
  assert.equal(await reply.ended, 'complete')
  assert.equal(Buffer.concat(reply.chunks).toString(), event({ part: 1 }) + event('[DONE]'))
  assert.equal(reply.response.headers['set-cookie'], undefined)
  assert.equal(reply.response.headers['x-ratelimit-remaining-requests'], '2147483647')
  const call = await upstream.call()
  assert.equal(call.body.toString(), body)
  assert.equal(call.header('authorization'), `Bearer ${UPSTREAM_KEY}`)
  assert.deepEqual([call.header('x-gatehouse-project'), call.header('x-gatehouse-key')], [projectId, keyId])
  assert.match(call.header('x-gatehouse-user') ?? '', /^user-|^svc/)
  for (const name of ['cookie', 'x-gatehouse-organization', 'x-original-uri'])
    assert.equal(call.header(name), undefined)
})

test("behind nginx a refused client gets Gatehouse's own status, headers and body", { skip }, async () => {
  await using all = await startAll()
  const { app, proxy, upstream, key, keyId, projectId, chat } = all
  const { projects } = app.admin().organization
  upstream.answer(json({ object: 'fake' }))

  const wrong = await chat('sk-proj-wrong')
  const direct = await app.send('POST', CHAT, { key: 'sk-proj-wrong', body: question })
  assert.deepEqual([wrong.status, wrong.text], [401, direct.text])
  assert.match(String(wrong.headers['www-authenticate']), /^Bearer/)

  const limit = (most: number) =>
    projects.rateLimits.updateRateLimit('rl-*default', { project_id: projectId, max_requests_per_1_minute: most })
  await limit(1)
  assert.equal((await chat()).status, 200)
  const limited = await chat()
  assert.equal(limited.status, 429)
  assert.match(
    JSON.parse(limited.text).error.message,
    /^Rate limit reached for project .* Limit 1, Used 1, Requested 1\./,
  )
  assert.ok(Number(limited.headers['retry-after']) > 0)
  assert.equal(limited.headers['x-ratelimit-limit-requests'], '1')
  await limit(1000)

  const options = { headers: all.headers(), method: 'PUT' }
  assert.equal((await proxy.send(CHAT, options)).status, 405)
  const unknown = await proxy.send('/v1//models', options)
  assert.deepEqual([unknown.status, JSON.parse(unknown.text).error.message], [404, 'Invalid URL (PUT /v1//models)'])
  const head = await proxy.send('/v1/embeddings', { ...options, method: 'HEAD' })
  assert.deepEqual([head.status, head.text], [405, ''])

  await projects.hostedToolPermissions.update(projectId, { mcp: { enabled: false } })
  const unseen = await chat()
  assert.deepEqual([unseen.status, JSON.parse(unseen.text).error.code], [403, 'body_not_seen'])
  await projects.hostedToolPermissions.update(projectId, { mcp: { enabled: true } })

  assert.equal((await chat()).status, 200)
  assert.equal(upstream.calls.length, 2)
  await projects.apiKeys.delete(keyId, { project_id: projectId })
  const revoked = await chat(key)
  assert.deepEqual([revoked.status, JSON.parse(revoked.text).error.code], [401, 'invalid_api_key'])
  assert.equal(upstream.calls.length, 2)
})

test('what clients write into the headers that nginx and Gatehouse use among themselves changes nothing', {
  skip,
}, async () => {
  await using all = await startAll()
  const { app, upstream, chat } = all
  upstream.answer(json({ object: 'fake' }))
  const { projectId, key } = await makeKey(app)
  await app.admin().organization.projects.modelPermissions.update(projectId, { mode: 'allow_list', model_ids: [] })
  const faked = {
    'x-original-method': 'GET',
    'x-original-uri': '/v1/models/m1',
    'x-forwarded-method': 'GET',
    'x-forwarded-uri': '/v1/models/m1',
    'x-gatehouse-model': 'm1',
    'x-gatehouse-refused': '1',
    'x-envoy-auth-partial-body': 'true',
    x_gatehouse_model: 'm1',
  }
  const closed = await chat(key, faked)
  assert.deepEqual([closed.status, JSON.parse(closed.text).error.code], [403, 'model_not_found'])
  assert.equal((await chat(all.key, faked)).status, 200)
  assert.equal(upstream.calls.length, 1)
})

test('a call that was refused, and would be let in when nginx asks for the reason, is to be tried again', {
  skip,
}, async () => {
  // On the way to Gatehouse the first answer is lost, as where a limit has room again a moment later.
  let origin = ''
  let asked = 0
  const between = createServer((incoming, response) => {
    if (asked++ === 0) return void response.writeHead(429).end()
    const { method, headers, url = '' } = incoming
    const onward = request(origin + url, { method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 0, reply.headers)
      reply.pipe(response)
    })
    incoming.pipe(onward)
  })
  between.listen(0, '127.0.0.1')
  await once(between, 'listening')
  try {
    await using all = await startAll((url) => {
      origin = url
      return `http://127.0.0.1:${(between.address() as AddressInfo).port}`
    })
    const late = await all.chat()
    assert.deepEqual([late.status, late.headers['retry-after']], [503, '1'])
    assert.match(JSON.parse(late.text).error.message, /^The request was refused, and would be let in now/)
    assert.deepEqual([asked, all.upstream.calls.length], [2, 0])
    assert.equal((await all.chat()).status, 200)
    between.closeAllConnections()
    await new Promise((resolve) => between.close(resolve))
    assert.equal((await all.chat()).status, 502)
    assert.equal(all.upstream.calls.length, 1)
  } finally {
    between.closeAllConnections()
    between.close()
  }
})
