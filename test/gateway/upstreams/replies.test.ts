import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { EVENTS, event, json, type Script, startUpstream, until } from '../upstream.ts'
import { openDoor } from './door.ts'

const errorOf = async (reply: Response) =>
  ((await reply.json()) as { error: { code: string; type: string; message: string } }).error

test("what an upstream says of this server's account is told in our words, and its own are not passed on", async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  const theirs = { error: { message: 'org-theirs: key sk-theirs is wrong' } }
  const rows: [number, number, string, string][] = [
    [401, 502, 'upstream_refused_credentials', 'refused_credentials'],
    [402, 502, 'upstream_refused_credentials', 'refused_credentials'],
    [403, 502, 'upstream_refused_credentials', 'refused_credentials'],
    [407, 502, 'upstream_refused_credentials', 'refused_credentials'],
    [429, 503, 'upstream_rate_limited', 'rate_limited'],
    [301, 502, 'upstream_invalid_reply', 'invalid_reply'],
    [307, 502, 'upstream_invalid_reply', 'invalid_reply'],
    [304, 502, 'upstream_invalid_reply', 'invalid_reply'],
  ]
  for (const [answered, status, code, reason] of rows) {
    fake.answer(json(theirs, answered, { location: 'http://10.0.0.1/inner', 'www-authenticate': 'Bearer' }))
    const reply = await door.post()
    assert.equal(reply.status, status)
    const error = await errorOf(reply)
    assert.deepEqual([error.code, error.type], [code, 'server_error'])
    assert.doesNotMatch(error.message, /theirs/)
    assert.equal(reply.headers.get('x-gatehouse-error-source'), 'upstream')
    assert.equal(reply.headers.get('location'), null)
    assert.equal(reply.headers.get('x-should-retry'), code === 'upstream_refused_credentials' ? 'false' : null)
    assert.equal(door.told.at(-1), `failed main ${reason}`)
  }
  assert.deepEqual(door.begun, [])
  assert.ok(fake.calls.every(({ request }) => request.url === '/v1/chat/completions'))
})

test("a rate-limited upstream's wait is handed on in whole seconds, from 1 to 60", async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  const rows: [Record<string, string>, string][] = [
    [{}, '1'],
    [{ 'retry-after': '7' }, '7'],
    [{ 'retry-after': '0' }, '1'],
    [{ 'retry-after': '86400' }, '60'],
    [{ 'retry-after': 'soon' }, '1'],
    [{ 'retry-after': '-5' }, '1'],
    [{ 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, '60'],
    [{ 'retry-after-ms': '2500', 'retry-after': '9' }, '3'],
    [{ 'retry-after-ms': 'x', 'retry-after': '9' }, '9'],
  ]
  for (const [headers, expected] of rows) {
    fake.answer(json({}, 429, headers))
    const reply = await door.post()
    assert.equal(reply.headers.get('retry-after'), expected, JSON.stringify(headers))
    assert.equal(reply.headers.get('retry-after-ms'), null)
  }
})

test('a refused reply is read away where it is short, and cut off where it does not end', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  fake.answer(async ({ response }) => {
    response.writeHead(429)
    while (!response.destroyed) {
      response.write(Buffer.alloc(10_000))
      await new Promise(setImmediate)
    }
  })
  assert.equal((await door.post()).status, 503)
  const endless = await fake.call()
  await until(() => endless.cancelled, 'the endless reply cut off')
  fake.answer(json({ error: {} }, 429))
  for (let i = 0; i < 3; i++) assert.equal((await door.post()).status, 503)
  const ports = new Set(fake.calls.slice(1).map(({ request }) => request.socket.remotePort))
  assert.equal(ports.size, 1, 'one connection for all short refusals')
})

const text = JSON.stringify({ object: 'list', data: Array(1000).fill('same ✓') })
const codings = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
  GZIP: gzipSync,
}
for (const [coding, compress] of Object.entries(codings)) {
  test(`a reply that comes in ${coding} although nobody asked for it is read and passed on as it means`, async () => {
    await using fake = await startUpstream()
    const read: Buffer[] = []
    const observer = () => ({
      chunk: (bytes: Buffer) => {
        read.push(bytes)
        return bytes
      },
      end: () => null,
    })
    await using door = await openDoor({ main: fake.origin }, { observer })
    const answer: Script = ({ response }) => {
      const bytes = compress(text)
      response.writeHead(200, { 'content-encoding': coding, 'content-length': bytes.length })
      response.end(bytes)
    }
    fake.answer(answer)
    const reply = await door.post({}, { 'accept-encoding': 'gzip, br' })
    assert.equal(await reply.text(), text)
    assert.equal(reply.headers.get('content-encoding'), null)
    assert.equal(reply.headers.get('content-length'), null)
    assert.equal(Buffer.concat(read).toString(), text)
    assert.equal((await fake.call()).header('accept-encoding'), 'identity')
    await until(() => door.ends.length > 0, 'its end')
    assert.deepEqual(door.ends, [{ status: 200, end: 'complete' }])
  })
}

test('events that come compressed reach the client one by one', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  const second = Promise.withResolvers<void>()
  const { createGzip, constants } = await import('node:zlib')
  fake.answer(async ({ response }) => {
    response.writeHead(200, { ...EVENTS, 'content-encoding': 'gzip' })
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
    gzip.pipe(response)
    gzip.write(event({ n: 1 }))
    await second.promise
    gzip.end(event({ n: 2 }))
  })
  const reply = await door.post()
  const reader = reply.body?.getReader()
  const first = await reader?.read()
  assert.equal(Buffer.from(first?.value ?? []).toString(), event({ n: 1 }))
  second.resolve()
  const rest = await reader?.read()
  assert.equal(Buffer.from(rest?.value ?? []).toString(), event({ n: 2 }))
})

test('a coding that nobody can read is 502; one that breaks off is a broken reply', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  for (const coding of ['compress', 'gzip, br', 'x', 'constructor']) {
    fake.answer(json({}, 200, { 'content-encoding': coding }))
    const reply = await door.post()
    assert.equal(reply.status, 502, coding)
    assert.equal((await errorOf(reply)).code, 'upstream_invalid_reply')
  }
  assert.deepEqual(door.begun, [])
  const zipped = gzipSync(text)
  for (const bytes of [zipped.subarray(0, zipped.length - 10), Buffer.from('no gzip at all')]) {
    fake.answer(({ response }) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(bytes)
    })
    await assert.rejects(door.post().then((reply) => reply.text()))
    await until(() => !(door.ends.at(-1) instanceof Error), 'its end')
    assert.deepEqual(door.ends.at(-1), { status: 200, end: 'upstream_broke' })
  }
})

test('who observes a reply decides what the client gets of a stream, and may have the last word', async () => {
  await using fake = await startUpstream()
  const observer = () => ({
    chunk: (bytes: Buffer) => (bytes.includes('secret') ? null : bytes),
    end: () => Buffer.from('the end'),
  })
  await using door = await openDoor({ main: fake.origin }, { observer, headers: { 'x-mine': '1', 'x-theirs': 'ours' } })
  fake.answer(async ({ response }) => {
    response.writeHead(200, { ...EVENTS, 'content-length': 18, 'x-theirs': 'theirs' })
    response.write('public')
    await new Promise((resolve) => setTimeout(resolve, 20))
    response.write('secret')
    await new Promise((resolve) => setTimeout(resolve, 20))
    response.end('public')
  })
  const reply = await door.post()
  assert.equal(await reply.text(), 'publicpublicthe end')
  assert.equal(reply.headers.get('content-length'), null)
  assert.deepEqual([reply.headers.get('x-mine'), reply.headers.get('x-theirs')], ['1', 'ours'])
})

test('an observer that fails ends the call as a bug, never as a clean reply, and cancels the upstream', async () => {
  await using fake = await startUpstream()
  const bug = new Error('bug')
  const observer = () => ({
    chunk: () => {
      throw bug
    },
    end: () => null,
  })
  await using door = await openDoor({ main: fake.origin }, { observer })
  fake.answer(({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ n: 1 }))
  })
  await assert.rejects(door.post().then((reply) => reply.text()))
  await until(() => door.ends.length > 0, 'its end')
  assert.deepEqual(door.ends, [bug])
  const seen = await fake.call()
  await until(() => seen.cancelled, 'the cancelled call')
})

test('a form is sent as a stream of announced length, anew for a second attempt; one that cannot be read ends the call', async () => {
  await using fake = await startUpstream()
  let opened = 0
  const body = (bytes: Buffer) => () => {
    opened++
    return { stream: Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]), length: bytes.length }
  }
  await using door = await openDoor(
    { bad: 'http://no-such-host.invalid', main: fake.origin },
    { body, random: () => 0 },
  )
  assert.equal((await door.post('0123456789', { 'content-type': 'multipart/form-data; boundary=x' })).status, 200)
  assert.equal(opened, 2)
  const seen = await fake.call()
  assert.equal((await seen.whole).toString(), '0123456789')
  assert.equal(seen.header('content-length'), '10')
  assert.equal(seen.header('transfer-encoding'), undefined)

  const lost = new Error('the file is gone')
  const broken = () => () => ({
    stream: new Readable({
      read() {
        this.destroy(lost)
      },
    }),
    length: 10,
  })
  await using other = await openDoor({ main: fake.origin }, { body: broken })
  await assert.rejects(other.post('x'))
  assert.deepEqual(other.ends, [lost])
})

test('errors that are about the request pass unchanged, marked as the upstream’s, with the wait of one that is overloaded', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: fake.origin })
  for (const status of [400, 404, 409, 413, 418, 422, 500, 503, 529]) {
    const body = { error: { message: `theirs ${status}` }, odd: true }
    fake.answer(json(body, status, { 'retry-after': '7', 'x-should-retry': 'false' }))
    const reply = await door.post()
    assert.equal(reply.status, status)
    assert.deepEqual(await reply.json(), body)
    assert.equal(reply.headers.get('x-gatehouse-error-source'), 'upstream')
    assert.equal(reply.headers.get('retry-after'), status >= 500 ? '7' : null)
    assert.equal(reply.headers.get('x-should-retry'), 'false')
  }
})

test('the built-in model server is observed like any other, and answers to any name', async () => {
  const read: Buffer[] = []
  const observer = () => ({
    chunk: (bytes: Buffer) => {
      read.push(bytes)
      return bytes.includes('[DONE]') ? null : bytes
    },
    end: () => null,
  })
  const { echoUpstream } = await import('../../../src/gateway/echo/index.ts')
  const echo = echoUpstream(() => 'req_1', Date.now)
  await using door = await openDoor({ echo }, { observer, headers: { 'x-mine': '1' } })
  const question = { model: 'any/name', messages: [{ role: 'user', content: 'one two' }] }
  const whole = await door.post(question)
  assert.deepEqual([whole.status, whole.headers.get('x-mine')], [200, '1'])
  const body = (await whole.json()) as { model: string; usage: object }
  assert.equal(body.model, 'any/name')
  assert.deepEqual(JSON.parse(Buffer.concat(read).toString()).usage, body.usage)
  read.length = 0
  const streamed = await (await door.post({ ...question, stream: true })).text()
  assert.match(streamed, /one .*two/s)
  assert.doesNotMatch(streamed, /DONE/)
  assert.match(Buffer.concat(read).toString(), /\[DONE\]/)
  const wrong = await fetch(`${door.url}/v1/audio/speech`, { method: 'POST', body: '{}' })
  assert.equal(wrong.status, 404)
  assert.equal((await errorOf(wrong)).code, 'not_offered')
})
