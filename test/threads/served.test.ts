import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, makeKey, question } from '../gateway/gate.ts'
import { json, until } from '../gateway/upstream.ts'
import { Wire } from '../gateway/wire.ts'
import { ADMIN_KEY, startTestApp } from '../support/harness.ts'
import { startThreads, THREADS } from './served.ts'

const call = (key: string) => {
  const body = JSON.stringify(question)
  return `POST ${CHAT} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** Connections of their own, so many that both threads have some. */
async function connections(url: string, count: number) {
  const stack = new DisposableStack()
  const wires = await Promise.all(Array.from({ length: count }, () => Wire.open(url)))
  for (const wire of wires) stack.use(wire)
  return { wires, [Symbol.dispose]: () => stack.dispose() }
}

test('a limit of 100 admits 100 over two threads with 400 connections at once', async (t) => {
  // Of a day's limit nothing comes back while they arrive.
  const limits = { organization_limits: { max_requests_per_1_day: 100 } }
  await using gate = await startThreads({ m1: { dimensions: ['requests_per_day'], ...limits } })
  gate.upstream.answer(json({ choices: [] }))
  using open = await connections(gate.app.url, 400)
  await Promise.all(open.wires.map((wire) => wire.send(call(gate.key))))
  const statuses = await Promise.all(open.wires.map(async (wire) => (await wire.reply()).status))
  const admitted = statuses.filter((status) => status === 200).length
  t.diagnostic(`admitted ${admitted} of a limit of 100`)
  assert.deepEqual([...new Set(statuses)].sort(), [200, 429])
  assert.equal(admitted, 100)
})

test('a key that is revoked is refused by every thread once that is answered', async () => {
  await using gate = await startThreads()
  gate.upstream.answer(json({ choices: [] }))
  using open = await connections(gate.app.url, 24)
  for (let round = 0; round < 5; round++) {
    const { key, keyId, projectId } = await makeKey(gate.app)
    const ask = async () => {
      await Promise.all(open.wires.map((wire) => wire.send(call(key))))
      return new Set(await Promise.all(open.wires.map(async (wire) => (await wire.reply()).status)))
    }
    // Every thread knows it now, and believes it for five seconds.
    assert.deepEqual(await ask(), new Set([200]))
    await gate.app.admin().organization.projects.apiKeys.delete(keyId, { project_id: projectId })
    assert.deepEqual(await ask(), new Set([401]))
  }
})

test('what is asked of the machine and of the gate on one connection is answered in the order in which it was asked', async () => {
  await using gate = await startThreads()
  gate.upstream.answer(json({ object: 'reply' }))
  const get = (path: string, key: string) =>
    `GET ${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${key}\r\n\r\n`
  const projects = get('/v1/organization/projects', ADMIN_KEY)
  const made = JSON.stringify({ name: 'made here' })
  const create = `POST /v1/organization/projects HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${ADMIN_KEY}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n${made.length.toString(16)}\r\n${made}\r\n0\r\n\r\n`
  const turns: [request: string, says: RegExp | null][] = [
    [projects, /"object":"list"/],
    [call(gate.key), /"object":"reply"/],
    [get('/healthz', 'none'), /"status":"ok"/],
    [`HEAD /v1/organization/projects HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`, null],
    [call(gate.key), /"object":"reply"/],
    [get('/v1/organization/projects', 'sk-admin-wrong'), /invalid_api_key/],
    [get('/nowhere', 'none'), /Invalid URL/],
  ]
  using wire = await Wire.open(gate.app.url)
  // More than are answered at once, in one piece.
  const all = [...turns, ...turns, ...turns]
  await wire.send(all.map(([request]) => request).join(''))
  const ids = new Set<string>()
  for (const [request, says] of all) {
    const reply = await wire.reply(request.startsWith('HEAD') ? 'HEAD' : 'GET')
    if (says === null) assert.ok(Number(reply.headers['content-length']) > 0 && reply.body.length === 0)
    else assert.match(reply.body.toString(), says)
    ids.add(reply.headers['x-request-id'] ?? '')
  }
  assert.equal(ids.size, all.length)
  await wire.send(create)
  assert.equal((await wire.reply()).status, 100)
  assert.match((await wire.reply()).body.toString(), /"name":"made here"/)
  await wire.send(call(gate.key))
  assert.equal((await wire.reply()).status, 200)
})

test('what threads count is summed, and they are one server to whoever asks', async () => {
  await using gate = await startThreads()
  gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }))
  using open = await connections(gate.app.url, 40)
  await Promise.all(open.wires.map((wire) => wire.send(call(gate.key))))
  await Promise.all(open.wires.map((wire) => wire.reply()))
  const answered = 'gatehouse_requests_total{door="gateway",status="200"}'
  await until(async () => (await gate.app.metric(answered)) === 40, 'all calls are counted')
  assert.equal(await gate.app.metric('gatehouse_threads'), THREADS)
  assert.equal(await gate.app.metric('gatehouse_requests_in_flight'), 1)
  const { body } = await gate.app.send('GET', '/readyz', { key: null })
  assert.equal(body.status, 'ready')
  const now = Math.floor(Date.now() / 1000)
  const used = () => gate.app.admin().organization.usage.completions({ start_time: now - 3600 })
  await until(async () => {
    const results = (await used()).data.flatMap(({ results }) => results as { num_model_requests: number }[])
    return results.reduce((sum, { num_model_requests }) => sum + num_model_requests, 0) === 40
  }, 'what all calls used is in the report')
  // Each line of the log is whole, and says which thread it is of.
  assert.ok(gate.log.some(({ thread }) => thread === 0))
})

test('a port that is taken by one that shares it is an error of the start, and the port of one that is stopped is free', async () => {
  const first = await startTestApp({ env: { GATEHOUSE_WORKERS: '2' } })
  const { port } = new URL(first.url)
  for (const workers of ['1', '2']) {
    const env = { GATEHOUSE_WORKERS: workers, GATEHOUSE_PORT: port }
    await assert.rejects(startTestApp({ env }), { code: 'EADDRINUSE' })
  }
  await first[Symbol.asyncDispose]()
  await using again = await startTestApp({ env: { GATEHOUSE_WORKERS: '2', GATEHOUSE_PORT: port } })
  assert.equal(again.url, first.url)
})
