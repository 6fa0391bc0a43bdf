import assert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { startBodyServer } from '../../../test/gateway/body-server.ts'
import { until } from '../../../test/gateway/upstream.ts'
import { isRefusal, Wire } from '../../../test/gateway/wire.ts'
import { readJson } from './json-body.ts'
import { BODY_LIMIT, ClientGone } from './receive-bytes.ts'

const MB = 1024 * 1024
const JSON_TYPE = 'content-type: application/json'
const head = (...lines: string[]) => ['POST /v1/any HTTP/1.1', 'host: gate', ...lines, '', ''].join('\r\n')
const sized = (bytes: number) => `content-length: ${bytes}`

const start = (budgetBytes = 256 * MB, requestTimeoutMs = 300_000) =>
  startBodyServer(
    readJson,
    (body) => {
      const fields = body?.fields ?? null
      const sent = body?.bytes().toString()
      body?.release()
      return { fields, same: sent === undefined || sent === JSON.stringify(fields), bytes: sent?.length }
    },
    { budgetBytes, requestTimeoutMs },
  )

async function post(server: { url: string }, body: string | Buffer, headers: Record<string, string> = {}) {
  const all = { 'content-type': 'application/json', ...headers }
  const response = await fetch(`${server.url}/v1/any`, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: all,
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}

test('a small body that comes with its head is read without waiting', async () => {
  let waited: boolean | null = null
  await using server = await startBodyServer(
    (request, budget) => {
      const body = readJson(request, budget)
      waited = body instanceof Promise
      return body
    },
    (body) => {
      body?.release()
      return body?.fields
    },
  )
  using wire = await Wire.open(server.url)
  await wire.send(`${head(JSON_TYPE, sized(13))}{"model":"m"}`)
  assert.equal((await wire.reply()).body.toString(), '{"model":"m"}')
  assert.equal(waited, false)
  assert.equal(server.budget.used, 0)
})

test('a body that came in several pieces before anybody read it is read whole', async () => {
  const first = Promise.withResolvers<void>()
  await using server = await startBodyServer(
    async (request, budget) => {
      // As while a key is looked up.
      await until(() => request.readableLength === 5, 'the first piece')
      first.resolve()
      await until(() => request.readableLength === 13, 'all of the body')
      return readJson(request, budget)
    },
    (body) => {
      body?.release()
      return body?.fields
    },
  )
  using wire = await Wire.open(server.url)
  await wire.send(`${head(JSON_TYPE, sized(13))}{"mod`)
  await first.promise
  await wire.send('el":"m"}')
  assert.equal((await wire.reply()).body.toString(), '{"model":"m"}')
  assert.equal(server.budget.used, 0)
})

test('a body in many pieces is read whole, announced or not, and nothing of the budget is left taken', async () => {
  await using server = await start()
  const fields = { model: 'm', text: 'x'.repeat(300_000), more: Array.from({ length: 1000 }, (_, i) => ({ i })) }
  const text = JSON.stringify(fields)
  using wire = await Wire.open(server.url)
  await wire.send(head(JSON_TYPE, sized(text.length)))
  for (let at = 0; at < text.length; at += 50_001) {
    await wire.send(text.slice(at, at + 50_001))
    await turn()
  }
  const announced = JSON.parse((await wire.reply()).body.toString())
  assert.deepEqual([announced.fields.more, announced.fields.text.length], [fields.more, 300_000])
  await wire.send(head(JSON_TYPE, 'transfer-encoding: chunked'))
  for (let at = 0; at < text.length; at += 70_001) {
    const piece = text.slice(at, at + 70_001)
    await wire.send(`${piece.length.toString(16)}\r\n${piece}\r\n`)
  }
  await wire.send('0\r\n\r\n')
  assert.equal(JSON.parse((await wire.reply()).body.toString()).bytes, text.length)
  assert.equal(server.budget.used, 0)
})

test('an empty body is no body, whatever its type', async () => {
  await using server = await start()
  assert.deepEqual(await post(server, '', { 'content-type': 'text/plain' }), {
    status: 200,
    body: { fields: null, same: true },
  })
})

test('a body of another type, in another charset or in a content coding is refused before it is read', async () => {
  await using server = await start()
  const types = [
    'text/plain',
    'application/jsonp',
    'multipart/form-data',
    '',
    'application/json; charset=utf-7',
    'application/json; charset*=utf-16',
  ]
  for (const type of types) {
    const { status, body } = await post(server, '{}', { 'content-type': type })
    assert.deepEqual([status, body.error.code], [400, 'unsupported_content_type'], type)
  }
  for (const type of ['APPLICATION/JSON', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"']) {
    assert.equal((await post(server, '{}', { 'content-type': type })).status, 200, type)
  }
  const { status, body } = await post(server, '{}', { 'content-encoding': 'compress' })
  assert.deepEqual(
    [status, body.error.code, body.error.type],
    [415, 'unsupported_content_encoding', 'invalid_request_error'],
  )
  assert.equal((await post(server, '{}', { 'content-encoding': 'identity' })).status, 200)
})

test('what is no JSON object is 400, and the connection carries the next request', async () => {
  await using server = await start()
  using wire = await Wire.open(server.url)
  for (const text of ['[]', 'null', '"a"', '1', '{', '{"a":1}{}', '{"a":1,}', '\ufeff{}', '{"a":\u0000}']) {
    await wire.send(`${head(JSON_TYPE, sized(Buffer.byteLength(text)))}${text}`)
    const error = isRefusal(await wire.reply().then(withId), 400)
    assert.deepEqual([error.code, error.type], [null, 'invalid_request_error'], text)
  }
  // Refused at its first byte, and read away to its last.
  await wire.send(head(JSON_TYPE, sized(2 * MB)))
  await wire.send(Buffer.alloc(2 * MB, '['))
  isRefusal(await wire.reply().then(withId), 400)
  await wire.send(`${head(JSON_TYPE, sized(2))}{}`)
  assert.equal((await wire.reply()).status, 200)
  assert.equal(server.budget.used, 0)
})

/** The server of these tests gives no request id of its own. */
const withId = <T extends { headers: Record<string, string> }>(reply: T): T => {
  reply.headers['x-request-id'] ??= 'req_000000000000000000000000'
  return reply
}

test('a body above the limit is 413: at once where it is announced, else when it has grown so far', async () => {
  await using server = await start()
  using announced = await Wire.open(server.url)
  await announced.send(head(JSON_TYPE, sized(BODY_LIMIT + 1)))
  const error = isRefusal(withId(await announced.reply()), 413)
  assert.equal(error.message, `Maximum content size limit (${BODY_LIMIT}) exceeded (${BODY_LIMIT + 1} bytes read)`)
  using chunked = await Wire.open(server.url)
  await chunked.send(`${head(JSON_TYPE, 'transfer-encoding: chunked')}5\r\n{"a":\r\n`)
  const block = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MB, ' '), Buffer.from('\r\n')])
  for (let sent = 0; sent <= BODY_LIMIT; sent += MB) await chunked.send(block)
  isRefusal(withId(await chunked.reply()), 413)
  assert.equal(server.budget.used, 0)
})

test('bodies beyond the budget are 503 with retry-after, and those that fit are still read', async () => {
  await using server = await start(MB)
  using held = await Wire.open(server.url)
  await held.send(`${head(JSON_TYPE, sized(900_000))}{"a":"`)
  await held.send(Buffer.alloc(600_000, 'x'))
  await until(() => server.budget.used === 900_000, 'the announced bytes to be held')
  using refused = await Wire.open(server.url)
  await refused.send(head(JSON_TYPE, sized(200_000)))
  const reply = withId(await refused.reply())
  const error = isRefusal(reply, 503)
  assert.deepEqual([error.type, error.code], ['server_error', 'service_unavailable'])
  const [failure] = server.thrown as { headers: Record<string, string> }[]
  assert.equal(failure?.headers['retry-after'], '1')
  assert.equal((await post(server, '{"a":1}')).status, 200)
  await held.send(`${'x'.repeat(900_000 - 600_000 - 8)}"}`)
  assert.equal((await held.reply()).status, 200)
  assert.equal(server.budget.used, 0)
})

test('a client that only announces holds nothing', async () => {
  await using server = await start(MB)
  using wires = new DisposableStack()
  for (let i = 0; i < 20; i++) await wires.use(await Wire.open(server.url)).send(`${head(JSON_TYPE, sized(MB))}{`)
  await turn()
  assert.ok(server.budget.used <= 20 * 65_536, `${server.budget.used} bytes`)
})

test('a small body with very many values weighs what its values do', async () => {
  await using server = await start(4 * MB)
  assert.equal((await post(server, `{"a":[${'0,'.repeat(30_000)}0]}`)).status, 200)
  assert.equal((await post(server, `{"a":[${'0,'.repeat(90_000)}0]}`)).status, 503)
  assert.equal(server.budget.used, 0)
})

test('a client that leaves in the middle is told apart, and what it held is given back', async () => {
  await using server = await start()
  for (const framing of [sized(900_000), 'transfer-encoding: chunked']) {
    using wire = await Wire.open(server.url)
    const content = `{"a":"${'x'.repeat(300_000)}`
    const isChunked = !framing.startsWith('content')
    await wire.send(`${head(JSON_TYPE, framing)}${isChunked ? `${content.length.toString(16)}\r\n` : ''}${content}`)
    await until(() => server.budget.used >= 300_000, 'the bytes to arrive')
    wire.socket.destroy()
    await until(() => server.budget.used === 0, 'the budget')
  }
  assert.deepEqual(
    server.thrown.map((error) => error instanceof ClientGone),
    [true, true],
  )
})

test('a body that does not come in time is 408 in the one envelope, and what it held is given back', async () => {
  await using server = await start(256 * MB, 200)
  using wire = await Wire.open(server.url)
  await wire.send(`${head(JSON_TYPE, sized(1000))}{"a":"`)
  const error = isRefusal(await wire.reply(), 408)
  assert.equal(error.message, 'The request was not received in time.')
  await until(() => server.budget.used === 0 && server.thrown.length === 1, 'the reader to give up')
  assert.ok(server.thrown[0] instanceof ClientGone)
})

test('"Expect: 100-continue" is answered before the body is sent', async () => {
  await using server = await start()
  using wire = await Wire.open(server.url)
  await wire.send(head(JSON_TYPE, sized(2), 'expect: 100-continue'))
  assert.equal((await wire.reply()).status, 100)
  await wire.send('{}')
  assert.equal((await wire.reply()).status, 200)
})

test('a large body that was edited is sent without being copied, and as often as it is asked for', async () => {
  const image = 'A'.repeat(MB)
  const text = `{"model":"m","image":"${image}","stream":true}`
  await using server = await startBodyServer(readJson, async (body) => {
    body?.set('stream_options', { include_usage: true })
    body?.set('model', 'other')
    const forwarded = body?.forwarded()
    assert.ok(typeof forwarded === 'function')
    const sent: string[] = []
    for (let i = 0; i < 2; i++) {
      const source: { stream: Readable; length: number } = forwarded()
      const bytes: Buffer = Buffer.concat(await source.stream.toArray())
      assert.equal(bytes.length, source.length)
      sent.push(bytes.toString())
    }
    body?.release()
    return sent
  })
  const [first, second] = (await post(server, text)).body
  assert.equal(first, `{"model":"other","image":"${image}","stream":true,"stream_options":{"include_usage":true}}`)
  assert.equal(second, first)
})
