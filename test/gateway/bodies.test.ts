import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelsFile } from '../support/models-file.ts'
import { CHAT, makeKey, question, startEcho, startGate, type TestGate } from './gate.ts'
import { json, until } from './upstream.ts'
import { isRefusal, Wire } from './wire.ts'

/** The original's limit. */
const MOST = 26_214_400
const MB = 1024 * 1024

const head = (key: string, ...more: string[]) =>
  [`POST ${CHAT} HTTP/1.1`, 'host: gate', `authorization: Bearer ${key}`, ...more, '', ''].join('\r\n')
const JSON_TYPE = 'content-type: application/json'

const chunk = (bytes: Buffer) => [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]

/** That this very connection still carries a request, so nobody hangs and nothing is left of the one before. */
async function carriesOn(wire: Wire, key: string) {
  const body = JSON.stringify({ ...question, model: 'echo' })
  await wire.send(`${head(key, JSON_TYPE, `content-length: ${body.length}`)}${body}`)
  assert.equal((await wire.reply()).status, 200)
}

async function serves(app: TestGate['app'], key: string) {
  const reply = await app.send('POST', CHAT, { key, body: { ...question, model: 'echo' } })
  assert.equal(reply.status, 200)
}

/** Both kinds of upstream read bodies in their own way. */
const kinds = { 'a model server': () => startGate(), 'the echo model': () => startEcho() }

for (const [kind, start] of Object.entries(kinds)) {
  test(`${kind}: a body announced above the limit is 413 with the original's sentence before it is sent`, async () => {
    await using gate = await start()
    using wire = await Wire.open(gate.app.url)
    await wire.send(head(gate.key, JSON_TYPE, `content-length: ${MOST + 1}`))
    const error = isRefusal(await wire.reply(), 413)
    assert.equal(error.message, `Maximum content size limit (${MOST}) exceeded (${MOST + 1} bytes read)`)
    assert.deepEqual([error.type, error.code, error.param], ['server_error', null, null])
    if ('upstream' in gate) assert.equal(gate.upstream.calls.length, 0)
    await serves(gate.app, gate.key)
  })

  test(`${kind}: a client that sends all of a body above the limit before it reads still hears the 413`, async () => {
    await using gate = await start()
    using wire = await Wire.open(gate.app.url)
    await wire.send(head(gate.key, JSON_TYPE, `content-length: ${MOST + MB}`))
    await wire.send(Buffer.alloc(MOST + MB, ' '))
    isRefusal(await wire.reply(), 413)
    if (!wire.ended) await carriesOn(wire, gate.key)
    await serves(gate.app, gate.key)
  })

  test(`${kind}: a body that grows above the limit in chunks is 413, which the client can read`, async () => {
    await using gate = await start()
    using wire = await Wire.open(gate.app.url)
    await wire.send(head(gate.key, JSON_TYPE, 'transfer-encoding: chunked'))
    const block = Buffer.concat(chunk(Buffer.alloc(MB, ' ')))
    // One block more than fits; the end of the body is never sent, the answer must not wait for it.
    for (let sent = 0; sent <= MOST && !wire.ended; sent += MB) await wire.send(block)
    const error = isRefusal(await wire.reply(), 413)
    assert.match(error.message, /^Maximum content size limit \(26214400\) exceeded \(\d+ bytes read\)$/)
    assert.equal(error.type, 'server_error')
    await serves(gate.app, gate.key)
  })

  test(`${kind}: a client that sends all of a body above the limit in chunks before it reads hears the 413`, async () => {
    await using gate = await start()
    using wire = await Wire.open(gate.app.url)
    await wire.send(head(gate.key, JSON_TYPE, 'transfer-encoding: chunked'))
    for (let sent = 0; sent <= MOST + 4 * MB; sent += MB) await wire.send(Buffer.concat(chunk(Buffer.alloc(MB, ' '))))
    await wire.send('0\r\n\r\n')
    isRefusal(await wire.reply(), 413)
    await serves(gate.app, gate.key)
  })

  test(`${kind}: a wrong content type is 400, and an empty body is no body whatever its type`, async () => {
    await using gate = await start()
    const send = (headers: Record<string, string>, body: string) =>
      gate.app.send('POST', CHAT, { key: gate.key, headers, body })
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'multipart/form-data',
    ]) {
      const reply = await send({ 'content-type': type }, JSON.stringify({ ...question, model: 'echo' }))
      assert.deepEqual([reply.status, reply.body.error.code], [400, 'unsupported_content_type'])
      assert.match(reply.body.error.message, new RegExp(`^Unsupported content type: '${type}'`))
    }
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;charset=utf-8']) {
      const reply = await send({ 'content-type': type }, JSON.stringify({ ...question, model: 'echo' }))
      assert.equal(reply.status, 200, type)
    }
    const empty = await send({ 'content-type': 'text/plain' }, '')
    assert.notEqual(empty.body.error?.code, 'unsupported_content_type')
  })

  test(`${kind}: a body without any content type is 400`, async () => {
    await using gate = await start()
    using wire = await Wire.open(gate.app.url)
    await wire.send(`${head(gate.key, 'content-length: 2')}{}`)
    assert.equal(isRefusal(await wire.reply(), 400).code, 'unsupported_content_type')
    await carriesOn(wire, gate.key)
  })
}

test('a body of exactly the limit passes, announced or not', async () => {
  await using gate = await startGate()
  const most = Buffer.alloc(MOST, ' ')
  most.write(JSON.stringify(question))
  for (const announced of [true, false]) {
    using wire = await Wire.open(gate.app.url)
    await wire.send(head(gate.key, JSON_TYPE, announced ? `content-length: ${MOST}` : 'transfer-encoding: chunked'))
    await wire.send(announced ? most : Buffer.concat([...chunk(most), Buffer.from('0\r\n\r\n')]))
    assert.equal((await wire.reply()).status, 200)
    await carriesOn(wire, gate.key)
  }
  const lengths = await Promise.all(gate.upstream.calls.map(async (call) => (await call.whole).length))
  assert.equal(lengths.filter((length) => length === MOST).length, 2)
})

for (const announced of [true, false]) {
  const how = announced ? 'announced' : 'chunked'
  test(`a client that goes on sending (${how}) hears a model server that answers early, and loses nothing by it`, async () => {
    await using gate = await startGate()
    const refused = { error: { message: 'too long for this model' } }
    gate.upstream.answer(({ response }) => response.writeHead(422).end(JSON.stringify(refused)), { read: false })
    using wire = await Wire.open(gate.app.url)
    await wire.send(head(gate.key, JSON_TYPE, announced ? `content-length: ${20 * MB}` : 'transfer-encoding: chunked'))
    const block = Buffer.alloc(MB, ' ')
    const first = Buffer.from(block)
    first.write(JSON.stringify(question))
    for (let sent = 0; sent < 20; sent++) {
      const part = sent === 0 ? first : block
      await wire.send(announced ? part : Buffer.concat(chunk(part)))
    }
    if (!announced) await wire.send('0\r\n\r\n')
    const reply = await wire.reply()
    assert.deepEqual([reply.status, JSON.parse(reply.body.toString())], [422, refused])
    gate.upstream.answer(json({}))
    await carriesOn(wire, gate.key)
  })
}

test('a body on a GET is nothing that anybody reads, and not the next request either', async () => {
  await using gate = await startGate({ models: [{ id: 'echo' }] })
  using wire = await Wire.open(gate.app.url)
  const get = `GET /v1/models HTTP/1.1\r\nhost: gate\r\nauthorization: Bearer ${gate.key}\r\n`
  await wire.send(`${get}content-type: application/json\r\ncontent-length: 12\r\n\r\n{"hidden":1}`)
  assert.equal((await wire.reply()).status, 200)
  await wire.send(`${get}transfer-encoding: chunked\r\n\r\nc\r\n{"hidden":1}\r\n0\r\n\r\n`)
  assert.equal((await wire.reply()).status, 200)
  assert.equal(gate.upstream.calls.length, 0)
  await carriesOn(wire, gate.key)
})

test('"Expect: 100-continue" is answered before the body is sent, and stays in the house', async () => {
  await using gate = await startGate()
  using wire = await Wire.open(gate.app.url)
  const body = JSON.stringify(question)
  await wire.send(head(gate.key, JSON_TYPE, 'expect: 100-continue', `content-length: ${body.length}`))
  assert.equal((await wire.reply()).status, 100)
  await wire.send(body)
  assert.equal((await wire.reply()).status, 200)
  assert.equal((await gate.upstream.call()).header('expect'), undefined)
})

/** Heads that two servers can read as bodies of different lengths: what one takes for a body is a request to the other. */
const ambiguous = [
  ['content-length: 45', 'transfer-encoding: chunked'],
  ['transfer-encoding: chunked', 'content-length: 45'],
  ['content-length: 2', 'content-length: 45'],
  ['transfer-encoding: xchunked'],
  ['transfer-encoding: chunked, identity'],
  ['transfer-encoding: identity, chunked, chunked'],
  ['transfer-encoding : chunked'],
  ['content-length: 0x2d'],
]
for (const lines of ambiguous) {
  test(`no whole request reaches the model server by '${lines.join("' and '")}'`, async () => {
    await using gate = await startGate()
    using warm = await Wire.open(gate.app.url)
    await carriesOn(warm, gate.key)
    using wire = await Wire.open(gate.app.url)
    const hidden = `0\r\n\r\nGET /v1/files HTTP/1.1\r\nhost: hidden\r\n\r\n`
    await wire.send(head(gate.key, JSON_TYPE, ...lines) + hidden)
    const { status } = await wire.reply()
    assert.ok(status >= 400 && status < 500)
    await until(() => wire.ended, 'the end of the connection')
    await until(() => gate.upstream.calls.slice(1).every(({ cancelled }) => cancelled), 'cancelled calls')
    for (const { request } of gate.upstream.calls.slice(1)) assert.equal(request.complete, false)
  })
}

test('what a project holds of the budget stays held through every change of its settings and of others', async () => {
  await using file = await modelsFile({}, { body_budget_mb: 64 })
  await using gate = await startEcho({ env: { GATEHOUSE_CONFIG: file.path } })
  const { app, key } = gate
  const held = () => app.metric('gatehouse_body_bytes')
  using first = await Wire.open(app.url)
  const most = 20 * MB
  await first.send(head(key, JSON_TYPE, `content-length: ${MOST}`))
  await first.send(Buffer.alloc(most, ' '))
  await until(async () => (await held()) >= most, 'the first body held')
  const { projects } = app.admin().organization
  const other = await makeKey(app)
  await projects.update(gate.projectId, { name: 'renamed' })
  using second = await Wire.open(app.url)
  await second.send(head(key, JSON_TYPE, `content-length: ${MOST}`))
  await second.send(Buffer.alloc(most, ' '))
  assert.equal(isRefusal(await second.reply(), 503).code, 'service_unavailable')
  assert.ok((await held()) <= 32 * MB)
  // The other half is everybody else's.
  const large = { ...question, model: 'echo', metadata: { padding: 'x'.repeat(100_000) } }
  assert.equal((await app.send('POST', CHAT, { key: other.key, body: large })).status, 200)
  first.socket.destroy()
  second.socket.destroy()
  await until(async () => (await held()) === 0, 'nothing held')
  await serves(app, key)
})
