import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Reply, startTestApp } from '../support/harness.ts'
import { freePort } from '../support/ports.ts'
import { CHAT, makeKey, openCall, question, replyTo, startGate } from './gate.ts'
import { EVENTS, event, json, startRawUpstream, until } from './upstream.ts'

function isGatewayError(reply: Reply, status: number, code: string, source = 'gateway') {
  assert.equal(reply.status, status)
  assert.deepEqual(Object.keys(reply.body.error).sort(), ['code', 'message', 'param', 'type'])
  assert.equal(reply.body.error.code, code)
  assert.equal(reply.body.error.type, 'server_error')
  assert.equal(reply.headers.get('x-gatehouse-error-source'), source)
  assert.match(reply.headers.get('x-request-id') ?? '', /^req_/)
}

test('a model server that is down is 502 upstream_unreachable, and no word of where it is', async () => {
  const port = await freePort()
  await using app = await startTestApp({ env: { GATEHOUSE_UPSTREAM_URL: `http://127.0.0.1:${port}/v1` } })
  const { key } = await makeKey(app)
  const reply = await app.send('POST', CHAT, { key, body: question })
  isGatewayError(reply, 502, 'upstream_unreachable')
  assert.doesNotMatch(reply.text, new RegExp(`${port}|127\\.0\\.0\\.1|ECONN`))
})

test('a model server whose name nobody knows is 502 upstream_unreachable', async () => {
  await using app = await startTestApp({ env: { GATEHOUSE_UPSTREAM_URL: 'http://no-such-host.invalid/v1' } })
  const { key } = await makeKey(app)
  isGatewayError(await app.send('POST', CHAT, { key, body: question }), 502, 'upstream_unreachable')
  isGatewayError(await app.send('GET', '/v1/models', { key }), 502, 'upstream_unreachable')
})

test('a model server that comes back is used again at once', async () => {
  await using gate = await startGate()
  gate.upstream.answer(({ response }) => response.destroy())
  const send = () => gate.app.send('POST', CHAT, { key: gate.key, body: question })
  isGatewayError(await send(), 502, 'upstream_unreachable')
  gate.upstream.answer(json({}))
  assert.equal((await send()).status, 200)
})

const nonsense: Record<string, string> = {
  'no HTTP': 'SSH-2.0-OpenSSH_9.6\r\n',
  'nothing before it hangs up': '',
  'a head that stops in its middle': 'HTTP/1.1 200 OK\r\ncontent-le',
  'a length that is no number': 'HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n',
  'headers without end': `HTTP/1.1 200 OK\r\n${'x-filler: 0123456789\r\n'.repeat(20_000)}`,
}
/** What is no answer to a call, although it is HTTP. */
const invalid = {
  'a switch of protocols that nobody asked for': 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
  'a status that is none': 'HTTP/1.1 000 Nothing\r\ncontent-length: 0\r\n\r\n',
}
for (const [what, bytes] of Object.entries({ ...nonsense, ...invalid })) {
  const code = what in invalid ? 'upstream_invalid_reply' : 'upstream_unreachable'
  test(`a model server that answers with ${what} is 502 ${code}`, async () => {
    await using raw = await startRawUpstream((socket) => socket.end(bytes))
    await using app = await startTestApp({ env: { GATEHOUSE_UPSTREAM_URL: `${raw.origin}/v1` } })
    const { key } = await makeKey(app)
    const source = what in invalid ? 'upstream' : 'gateway'
    isGatewayError(await app.send('POST', CHAT, { key, body: question }), 502, code, source)
    isGatewayError(await app.send('GET', '/v1/models', { key }), 502, 'upstream_unreachable')
  })
}

test('a model server whose headers hold bytes outside ASCII ends neither the reply nor the process', async () => {
  const bytes = Buffer.from('HTTP/1.1 200 Ça va\r\nopenai-model: café ✓\r\ncontent-length: 2\r\n\r\n{}', 'utf8')
  await using raw = await startRawUpstream((socket) => socket.end(bytes))
  await using app = await startTestApp({ env: { GATEHOUSE_UPSTREAM_URL: `${raw.origin}/v1` } })
  const { key } = await makeKey(app)
  const reply = await app.send('POST', CHAT, { key, body: question })
  assert.deepEqual([reply.status, reply.text], [200, '{}'])
  assert.equal(Buffer.from(reply.headers.get('openai-model') ?? '', 'latin1').toString('utf8'), 'café ✓')
})

test('a model server that says "103 Early Hints" first is heard to the end', async () => {
  const bytes = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'
  await using raw = await startRawUpstream((socket) => socket.end(bytes))
  await using app = await startTestApp({ env: { GATEHOUSE_UPSTREAM_URL: `${raw.origin}/v1` } })
  const { key } = await makeKey(app)
  const reply = await app.send('POST', CHAT, { key, body: question })
  assert.deepEqual([reply.status, reply.text], [200, '{}'])
})

test('a model server that stays silent is 504 upstream_timeout, and its call is cancelled', async () => {
  await using gate = await startGate({ timeouts: { replyTimeoutMs: 300 } })
  gate.upstream.answer(() => {})
  isGatewayError(await gate.app.send('POST', CHAT, { key: gate.key, body: question }), 504, 'upstream_timeout')
  const seen = await gate.upstream.call()
  await until(() => seen.cancelled, 'the cancelled call')
  gate.upstream.answer(json({}))
  assert.equal((await gate.app.send('POST', CHAT, { key: gate.key, body: question })).status, 200)
})

test('a client that is slow to send is no silent model server: it is called once the request is whole, and then the wait begins', async () => {
  await using gate = await startGate({ timeouts: { replyTimeoutMs: 400 } })
  gate.upstream.answer(() => {})
  const body = JSON.stringify(question)
  const call = openCall(gate, CHAT, { headers: { 'content-length': String(body.length) } })
  for (let at = 0; at < 3; at++) {
    call.write(body[at])
    // The time that it takes, which is longer than the model server would have, is what is tested.
    await sleep(250)
  }
  assert.equal(gate.upstream.calls.length, 0)
  call.end(body.slice(3))
  const { response } = await replyTo(call)
  assert.equal(response.statusCode, 504)
  assert.equal((await (await gate.upstream.call()).whole).toString(), body)
})

test('a reply that breaks off in its middle is a broken connection for the client, never a clean end', async () => {
  await using gate = await startGate()
  for (const headers of [EVENTS, { 'content-length': '1000' }]) {
    const cut = Promise.withResolvers<void>()
    gate.upstream.answer(async ({ response }) => {
      response.writeHead(200, headers)
      response.write(event({ n: 1 }))
      await cut.promise
      response.destroy()
    })
    const call = openCall(gate, CHAT)
    call.end(JSON.stringify(question))
    const { response, chunks, ended } = await replyTo(call)
    await until(() => chunks.length > 0, 'the first event')
    cut.resolve()
    assert.equal(await ended, 'broken')
    assert.equal(response.statusCode, 200)
    assert.equal(Buffer.concat(chunks).toString(), event({ n: 1 }))
  }
})

test('a reply that falls silent in its middle is a broken connection for the client', async () => {
  await using gate = await startGate({ timeouts: { silenceTimeoutMs: 300 } })
  gate.upstream.answer(({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ n: 1 }))
  })
  const call = openCall(gate, CHAT)
  call.end(JSON.stringify(question))
  const { ended } = await replyTo(call)
  assert.equal(await ended, 'broken')
  await until(async () => (await gate.upstream.call()).cancelled, 'the cancelled call')
})

test('errors of the model server pass unchanged, marked as its own', async () => {
  await using gate = await startGate()
  const failures = [400, 404, 409, 418, 422, 500, 503, 529]
  for (const status of failures) {
    const body = { error: { message: `theirs ${status}`, extra: [status] }, odd: true }
    gate.upstream.answer(json(body, status, { 'retry-after': '7', 'x-should-retry': 'false', 'x-theirs': 'host-1' }))
    const reply = await gate.app.send('POST', CHAT, { key: gate.key, body: question })
    assert.equal(reply.status, status)
    assert.equal(reply.text, JSON.stringify(body))
    assert.equal(reply.headers.get('x-gatehouse-error-source'), 'upstream')
    assert.equal(reply.headers.get('retry-after'), status >= 500 ? '7' : null)
    assert.equal(reply.headers.get('x-should-retry'), 'false')
    assert.equal(reply.headers.get('x-theirs'), null)
  }
})

test("what the model server says of this server's account is 502 or 503 in our words, marked as its own doing", async () => {
  await using gate = await startGate()
  for (const [answered, status, code] of [
    [401, 502, 'upstream_refused_credentials'],
    [402, 502, 'upstream_refused_credentials'],
    [403, 502, 'upstream_refused_credentials'],
    [407, 502, 'upstream_refused_credentials'],
    [429, 503, 'upstream_rate_limited'],
    [302, 502, 'upstream_invalid_reply'],
  ] as const) {
    gate.upstream.answer(
      json({ error: { message: 'theirs' } }, answered, { location: '/v1/elsewhere', 'retry-after': '7' }),
    )
    const reply = await gate.app.send('POST', CHAT, { key: gate.key, body: question })
    assert.deepEqual([reply.status, reply.body.error.code], [status, code])
    assert.doesNotMatch(reply.text, /theirs/)
    assert.equal(reply.headers.get('x-gatehouse-error-source'), 'upstream')
    assert.equal(reply.headers.get('retry-after'), answered === 429 ? '7' : null)
    assert.equal(reply.headers.get('location'), null)
  }
  assert.ok(gate.upstream.calls.every(({ request }) => request.url === CHAT))
  assert.equal(await gate.app.metric('gatehouse_upstream_failures_total{upstream="default",reason="rate_limited"}'), 1)
})

for (const announced of [true, false]) {
  const how = announced ? 'of announced length' : 'in chunks'
  test(`a model server that answers before it has read the request is heard to the end (${how})`, async () => {
    await using gate = await startGate()
    const refused = JSON.stringify({ error: { message: 'too long for this model'.repeat(200_000) } })
    gate.upstream.answer(
      ({ response }) => {
        response.writeHead(413, { 'content-length': refused.length })
        response.end(refused)
      },
      { read: false },
    )
    const body = JSON.stringify({ ...question, filler: 'x'.repeat(20_000_000) })
    const call = openCall(gate, CHAT, { headers: announced ? { 'content-length': String(body.length) } : {} })
    call.end(body)
    const { response, chunks, ended } = await replyTo(call)
    assert.equal(response.statusCode, 413)
    assert.equal(response.headers['x-gatehouse-error-source'], 'upstream')
    await ended
    assert.equal(Buffer.concat(chunks).toString(), refused)
  })
}
