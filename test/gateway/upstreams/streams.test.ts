import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { httpUpstream } from '../../../src/gateway/upstreams/http.ts'
import { EVENTS, event, json, settled, startRawUpstream, startUpstream, until } from '../upstream.ts'
import { Wire } from '../wire.ts'
import { type Door, openDoor } from './door.ts'

const MB = 1024 * 1024

/** A call on a connection of its own. */
function call({ url }: Door) {
  const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent: false })
  sent.on('error', () => {}).end('{"model":"m1"}')
  const replied = new Promise<IncomingMessage>((resolve) => sent.once('response', resolve))
  return { sent, replied }
}

test('a client that leaves before the reply, or in its middle, cancels the call to the model server', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  fake.answer(() => {})
  const early = call(door)
  await (await fake.call(0)).whole
  early.sent.destroy()
  await until(() => fake.calls[0]?.cancelled, 'the first call cancelled')
  fake.answer(({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ n: 1 }))
  })
  const late = call(door)
  await late.replied
  late.sent.destroy()
  await until(() => fake.calls[1]?.cancelled, 'the second call cancelled')
  await until(() => door.ends.length === 2, 'both ends')
  assert.deepEqual(door.ends, [
    { status: null, end: 'client_gone' },
    { status: 200, end: 'client_gone' },
  ])
  assert.deepEqual(door.told, [], 'and is no failure of the model server')
})

test('a client that leaves in the middle of a compressed reply cancels it too', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  const { createGzip, constants } = await import('node:zlib')
  fake.answer(async ({ response }) => {
    response.writeHead(200, { ...EVENTS, 'content-encoding': 'gzip' })
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
    gzip.pipe(response)
    while (!response.destroyed) {
      gzip.write(event('x'.repeat(1000)))
      await new Promise(setImmediate)
    }
  })
  const { sent, replied } = call(door)
  await replied
  sent.destroy()
  await until(() => fake.calls[0]?.cancelled, 'the cancelled call')
  await until(() => door.ends.length > 0, 'its end')
  assert.deepEqual(door.ends, [{ status: 200, end: 'client_gone' }])
})

for (const coding of [null, 'gzip']) {
  test(`a client that does not read stops the model server, and gets every byte once it reads (${coding ?? 'plain'})`, async () => {
    await using fake = await startUpstream()
    await using door = await openDoor({ main: fake.origin })
    const all = 96 * MB
    const block = randomBytes(MB)
    let sent = 0
    const hash = createHash('sha256')
    const { createGzip } = await import('node:zlib')
    fake.answer(async ({ response }) => {
      response.writeHead(200, { 'content-type': 'x/y', ...(coding && { 'content-encoding': coding }) })
      const out = coding ? createGzip({ level: 0 }) : response
      if (out !== response) out.pipe(response)
      while (sent < all) {
        hash.update(block)
        sent += block.length
        if (!out.write(block)) await new Promise((resolve) => out.once('drain', resolve))
      }
      out.end()
    })
    const response = await call(door).replied
    const stoppedAt = await settled(() => sent)
    assert.ok(stoppedAt < 48 * MB, `${stoppedAt / MB} MB were taken from the model server`)
    const read = createHash('sha256')
    for await (const chunk of response) read.update(chunk)
    assert.equal(sent, all)
    assert.equal(read.digest('hex'), hash.digest('hex'))
  })
}

for (const coding of [null, 'gzip']) {
  test(`a client that never reads counts as gone after a while, and lets the model server go (${coding ?? 'plain'})`, async () => {
    await using fake = await startUpstream()
    const main = httpUpstream({ url: `${fake.origin}/v1`, key: null, unreadTimeoutMs: 300 })
    await using door = await openDoor({ main })
    const { createGzip } = await import('node:zlib')
    fake.answer(async ({ response }) => {
      response.writeHead(200, { ...EVENTS, ...(coding && { 'content-encoding': coding }) })
      const out = coding ? createGzip({ level: 0 }) : response
      if (out !== response) out.pipe(response)
      const closed = once(response, 'close')
      while (!response.destroyed) {
        const room = out.write(event('x'.repeat(MB)))
        if (!room) await Promise.race([once(out, 'drain'), closed])
      }
    })
    const response = await call(door).replied
    await until(() => door.ends.length > 0, 'its end')
    assert.deepEqual(door.ends, [{ status: 200, end: 'client_gone' }])
    await until(() => fake.calls[0]?.cancelled, 'the cancelled call')
    assert.deepEqual(door.told, [], 'it is no failure of the model server')
    await assert.rejects(response.toArray(), 'and the client sees that it has not all')
  })
}

test('a client that reads all but the last of a reply that is over counts as gone too', async () => {
  await using fake = await startUpstream()
  const main = httpUpstream({ url: `${fake.origin}/v1`, key: null, unreadTimeoutMs: 300 })
  const observer = () => ({ chunk: (bytes: Buffer) => bytes, end: () => Buffer.alloc(64 * MB) })
  await using door = await openDoor({ main }, { observer })
  fake.answer(({ response }) => response.writeHead(200, EVENTS).end(event('[DONE]')))
  const response = await call(door).replied
  await until(() => door.ends.length > 0, 'its end')
  assert.deepEqual(door.ends, [{ status: 200, end: 'client_gone' }])
  assert.equal(fake.calls[0]?.cancelled, false)
  await assert.rejects(response.toArray())
})

test('a reply that waits behind an earlier one on its connection is not taken for unread, and ends with the connection', async () => {
  await using fake = await startUpstream()
  const main = httpUpstream({ url: `${fake.origin}/v1`, key: null, unreadTimeoutMs: 50 })
  await using door = await openDoor({ main })
  const request = (n: number) => `POST /v1/${n} HTTP/1.1\r\nhost: gate\r\ncontent-length: 2\r\n\r\n{}`
  const first = Promise.withResolvers<void>()
  fake.answer(async ({ request, response }) => {
    if (request.url === '/v1/1') await first.promise
    if (request.url !== '/v1/3') response.writeHead(200, { 'content-length': 5 }).end(request.url)
  })
  using wire = await Wire.open(door.url)
  await wire.send(request(1) + request(2))
  const answered = (n: number) =>
    fake.calls.filter(({ request, response }) => request.url === '/v1/2' && response.writableFinished).length === n
  await until(() => answered(1), 'the second reply')
  // Ten times as long as a client may leave a reply unread: that this time passes is what is tested.
  await sleep(500)
  assert.equal(door.ends.length, 0)
  first.resolve()
  for (const n of [1, 2]) assert.equal((await wire.reply()).body.toString(), `/v1/${n}`)
  await wire.send(request(3) + request(2))
  await until(() => answered(2) && fake.calls.length === 4, 'the fourth reply')
  wire.socket.destroy()
  await until(() => door.ends.length === 4, 'the ends of all')
  const ends = door.ends.map((end) => (end instanceof Error ? end : `${end.status} ${end.end}`))
  assert.deepEqual(ends.slice(0, 2), ['200 complete', '200 complete'])
  assert.deepEqual(ends.slice(2).sort(), ['200 client_gone', 'null client_gone'])
})

test('the client learns that a stream has begun before its first event, and has each event as it comes', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  fake.answer(async ({ response }) => {
    response.writeHead(200, EVENTS)
    response.flushHeaders()
    await first.promise
    response.write(event({ n: 1 }))
    await second.promise
    response.end(event('[DONE]'))
  })
  const response = await call(door).replied
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  first.resolve()
  await until(() => chunks.length > 0, 'the first event')
  assert.equal(Buffer.concat(chunks).toString(), event({ n: 1 }))
  second.resolve()
  await until(() => response.complete, 'the end')
  assert.equal(Buffer.concat(chunks).toString(), event({ n: 1 }) + event('[DONE]'))
})

test('a reply in one piece, in many, or without any bytes arrives as it is, with the length it had', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  const observer = () => ({ chunk: (bytes: Buffer) => bytes, end: () => null })
  await using observed = await openDoor({ main: fake.origin }, { observer })
  for (const one of [door, observed]) {
    for (const length of [0, 1, 500, 70_000, 3 * MB]) {
      const bytes = randomBytes(length)
      fake.answer(async ({ whole, response }) => {
        await whole
        response.writeHead(200, { 'content-length': length, 'content-type': 'audio/mpeg' })
        response.end(bytes)
      })
      const reply = await one.post()
      assert.equal(reply.headers.get('content-length'), String(length))
      assert.ok(bytes.equals(Buffer.from(await reply.arrayBuffer())))
    }
    fake.answer(({ response }) => response.writeHead(204).end())
    assert.equal((await one.post()).status, 204)
  }
})

test('a reply that breaks off or falls silent is a broken connection for the client, whatever was announced', async () => {
  await using fake = await startUpstream()
  const upstream = httpUpstream({ url: `${fake.origin}/v1`, key: null, silenceTimeoutMs: 300 })
  await using door = await openDoor({ main: upstream })
  const heads: Record<string, string>[] = [EVENTS, { 'content-length': '1000' }, { 'content-length': '1' }]
  for (const headers of heads) {
    for (const silent of [false, true]) {
      fake.answer(async ({ response }) => {
        response.writeHead(200, headers)
        response.flushHeaders()
        if (headers['content-length'] !== '1') response.write(event({ n: 1 }))
        await new Promise((resolve) => setTimeout(resolve, 50))
        if (!silent) response.destroy()
      })
      const before = door.ends.length
      await assert.rejects(door.post().then((reply) => reply.text()))
      await until(() => door.ends.length > before, 'its end')
      assert.deepEqual(door.ends[before], { status: 200, end: 'upstream_broke' })
    }
  }
  assert.ok(door.told.every((line) => line === 'failed main broke'))
})

test('a model server that stays silent is 504 upstream_timeout, its call is cancelled, and the next one is served', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({
    main: httpUpstream({ url: `${fake.origin}/v1`, key: null, replyTimeoutMs: 300 }),
  })
  fake.answer(() => {})
  const reply = await door.post()
  assert.equal(reply.status, 504)
  assert.match(await reply.text(), /"upstream_timeout"/)
  await until(() => fake.calls[0]?.cancelled, 'the cancelled call')
  assert.deepEqual(door.told, ['failed main timeout'])
  fake.answer(json({}))
  assert.equal((await door.post()).status, 200)
})

test('what comes before the reply is not the reply', async () => {
  const bytes = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'
  await using raw = await startRawUpstream((socket) => socket.end(bytes))
  await using door = await openDoor({ raw: raw.origin })
  const reply = await door.post()
  assert.deepEqual([reply.status, await reply.text(), reply.headers.get('link')], [200, '{}', null])
})
