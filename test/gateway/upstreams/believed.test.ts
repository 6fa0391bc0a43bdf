import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { ApiError } from '../../../src/contract/error.ts'
import { isEventStream } from '../../../src/gateway/upstreams/forwarding.ts'
import { type HttpUpstreamOptions, httpUpstream } from '../../../src/gateway/upstreams/http.ts'
import { EVENTS, event, json, type Script, startRawUpstream, startUpstream, until } from '../upstream.ts'
import { Wire, type WireReply } from '../wire.ts'
import { openDoor } from './door.ts'

/* How far a model server is believed: its status, its headers, its lengths, and what it quotes of its own key. */

const KEY = 'sk-upstream-0123456789'
const STARS = '*'.repeat(KEY.length)
const OK = 'HTTP/1.1 200 OK\r\n'
const TYPE = 'content-type: application/json\r\n'

const withKey = (origin: string, more: Partial<HttpUpstreamOptions> = {}) =>
  httpUpstream({ url: `${origin}/v1`, key: KEY, ...more })

/** What a client gets, byte for byte, of a model server that says this on its connection. */
async function passedOn(said: string | string[]): Promise<WireReply & { told: string[]; rest: string }> {
  const parts = typeof said === 'string' ? [said] : said
  await using raw = await startRawUpstream(async (socket) => {
    for (const part of parts) {
      socket.write(part, 'latin1')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    socket.end()
  })
  await using door = await openDoor({ main: withKey(raw.origin) })
  using wire = await Wire.open(door.url)
  await wire.send('POST /v1/chat/completions HTTP/1.1\r\nhost: gate\r\ncontent-length: 2\r\n\r\n{}')
  const reply = await wire.reply()
  await until(() => door.ends.length > 0, 'the end of the call')
  return { ...reply, told: door.told, rest: wire.rest }
}

const bodied = (head: string, body = '{}') => `${head}${TYPE}content-length: ${body.length}\r\n\r\n${body}`

for (const status of ['000', '001', '099', '100', '101', '600', '601', '777', '999', '302', '304']) {
  test(`a status ${status} is an invalid reply`, async () => {
    const { status: seen, body, told } = await passedOn(bodied(`HTTP/1.1 ${status} So\r\n`))
    assert.deepEqual([seen, JSON.parse(body.toString()).error.code], [502, 'upstream_invalid_reply'])
    assert.deepEqual(told, ['failed main invalid_reply'])
  })
}

for (const status of [200, 201, 299, 400, 418, 499, 500, 599]) {
  test(`a status ${status} is passed on`, async () => {
    const reply = await passedOn(bodied(`HTTP/1.1 ${status} So\r\n`))
    assert.deepEqual([reply.status, reply.body.toString(), reply.told], [status, '{}', []])
  })
}

test('interim answers are waited through, and nothing of them is passed on', async () => {
  const interim =
    'HTTP/1.1 103 Early Hints\r\nlink: </theirs>\r\n\r\nHTTP/1.1 102 Processing\r\nopenai-model: x\r\n\r\n'
  const reply = await passedOn([interim, interim, bodied(OK)])
  assert.deepEqual([reply.status, reply.body.toString()], [200, '{}'])
  assert.deepEqual([reply.headers.link, reply.headers['openai-model']], [undefined, undefined])
})

test('interim answers without end are an invalid reply, at once where they flood and in the time of a reply where they drip', async () => {
  const flood = await passedOn('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000))
  assert.deepEqual([flood.status, flood.told], [502, ['failed main invalid_reply']])
  await using raw = await startRawUpstream((socket) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 50)
    socket.once('close', () => clearInterval(timer))
  })
  await using door = await openDoor({ main: withKey(raw.origin, { replyTimeoutMs: 500 }) })
  const reply = await door.post()
  assert.equal(reply.status, 502)
  assert.deepEqual(door.told, ['failed main invalid_reply'])
})

/** What leaves where the reply says this in its head; null: it is an invalid reply. */
const heads: Record<string, [head: string, sent: Record<string, string | undefined> | null]> = {
  'a body in a coding of the way': ['transfer-encoding: gzip, chunked\r\n', null],
  'a body in no coding that is one': ['transfer-encoding: identity\r\n', null],
  'a coding in capitals': ['transfer-encoding: Chunked\r\n', { 'content-type': 'application/json' }],
  'two types': [
    'content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n',
    { 'content-type': 'application/json' },
  ],
  'letters beyond ASCII': ['openai-model: \xe9\r\ntransfer-encoding: chunked\r\n', { 'openai-model': '\xe9' }],
  'a header without a value': ['openai-model:\r\ntransfer-encoding: chunked\r\n', { 'openai-model': '' }],
  'our own names': [
    'x-request-id: theirs\r\nx-ratelimit-limit-tokens: 7\r\nset-cookie: a=b\r\nx-gatehouse-error-source: gateway\r\ntransfer-encoding: chunked\r\n',
    { 'set-cookie': undefined, 'x-request-id': undefined, 'x-gatehouse-error-source': undefined },
  ],
  'names of every object': [
    '__proto__: 1\r\nconstructor: 2\r\ntransfer-encoding: chunked\r\n',
    { constructor: undefined },
  ],
  'its own key': [
    `openai-model: m-${KEY}-${KEY}\r\ncontent-language: ${KEY}\r\ntransfer-encoding: chunked\r\n`,
    { 'openai-model': `m-${STARS}-${STARS}`, 'content-language': STARS },
  ],
}

for (const [what, [head, sent]] of Object.entries(heads)) {
  test(`a head with ${what} is ${sent === null ? 'an invalid reply' : 'passed on as a plain one'}`, async () => {
    const reply = await passedOn(`${OK}${TYPE}${head}\r\n2\r\n{}\r\n0\r\n\r\n`)
    if (sent === null) {
      assert.equal(JSON.parse(reply.body.toString()).error.code, 'upstream_invalid_reply')
      return
    }
    assert.deepEqual([reply.status, reply.body.toString()], [200, '{}'])
    const headers: Record<string, string | undefined> = { ...reply.headers }
    for (const [name, value] of Object.entries(sent)) {
      assert.equal(Object.hasOwn(headers, name) ? headers[name] : undefined, value, name)
    }
  })
}

for (const within of ['\x00', '\x01', '\x0b', '\x7f', '\r', '\n x', '\r\n folded']) {
  test(`a head with ${JSON.stringify(within)} in a value is no reply, and its bytes are in no log`, async () => {
    await using raw = await startRawUpstream((socket) => {
      socket.end(bodied(`${OK}openai-model: a${within}b\r\nx-quoted: ${KEY}\r\n`), 'latin1')
    })
    await using door = await openDoor({ main: withKey(raw.origin) })
    assert.equal((await door.post()).status, 502)
    const [failure] = door.ends
    assert.ok(failure instanceof ApiError)
    assert.doesNotMatch(inspect(failure.cause, { depth: 9, showHidden: true }), new RegExp(KEY))
    const list = httpUpstream({ url: `${raw.origin}/v1`, key: KEY })
    await assert.rejects(list.models({ name: 'main', reached() {}, failed() {}, usageUnknown() {} }), (error) => {
      return !inspect(error, { depth: 9, showHidden: true }).includes(KEY)
    })
    await list.close()
  })
}

test('a head of as many headers as it holds is read, and a larger one is no reply', async () => {
  const few = await passedOn(`${OK}${TYPE}${'a: 1\r\n'.repeat(1000)}content-length: 2\r\n\r\n{}`)
  assert.equal(few.status, 200)
  const many = await passedOn(`${OK}${TYPE}${'a: 1\r\n'.repeat(100_000)}content-length: 2\r\n\r\n{}`)
  assert.equal(many.status, 502)
})

test('a head that drips is waited for as long as any reply, and trailers without end are a broken reply', async () => {
  await using raw = await startRawUpstream((socket) => {
    socket.write(`${OK}${TYPE}a: `)
    const timer = setInterval(() => socket.write('b'), 50)
    socket.once('close', () => clearInterval(timer))
  })
  await using door = await openDoor({ main: withKey(raw.origin, { replyTimeoutMs: 500 }) })
  assert.equal((await door.post()).status, 504)
  await using endless = await startRawUpstream((socket) => {
    socket.write(`${OK}${TYPE}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n${'a: b\r\n'.repeat(100_000)}`)
  })
  await using other = await openDoor({ main: withKey(endless.origin) })
  await assert.rejects(other.post().then((reply) => reply.text()))
  await until(() => other.ends.length > 0, 'its end')
  assert.deepEqual(other.ends, [{ status: 200, end: 'upstream_broke' }])
})

test('trailers stay in the house', async () => {
  const reply = await passedOn(`${OK}${TYPE}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nset-cookie: a=b\r\n\r\n`)
  assert.deepEqual([reply.status, reply.body.toString(), reply.rest], [200, '{}', ''])
})

test('a reply that has no body announces none, whatever it says', async () => {
  const reply = await passedOn(`HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello`)
  assert.deepEqual([reply.status, reply.headers['content-length'], reply.rest], [204, undefined, ''])
})

/** A model server that says its key. */
const quoting = `{"error":{"message":"Incorrect API key provided: ${KEY}.","at":"${KEY.slice(0, -1)}"}}`
const hidden = quoting.replaceAll(KEY, STARS)

const parts = (status: number, headers: Record<string, string>, chunks: readonly (string | Buffer)[]): Script => {
  return async ({ whole, response }) => {
    await whole
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    for (const chunk of chunks) {
      response.write(chunk)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    response.end()
  }
}
const cut = (text: string, ...at: number[]) => [0, ...at].map((from, i) => text.slice(from, at[i]))
const at = quoting.indexOf(KEY)
const replies: Record<string, Script> = {
  'a whole reply': parts(200, { 'content-length': `${quoting.length}` }, [quoting]),
  'a whole reply in two pieces': parts(200, { 'content-length': `${quoting.length}` }, cut(quoting, at + 5)),
  'a reply in chunks': parts(200, {}, cut(quoting, at, at + 1, at + 9, at + KEY.length - 1)),
  'a reply byte by byte': parts(200, {}, [...quoting]),
  'an error of the request': parts(400, {}, cut(quoting, at + 8)),
  'an error of the server': parts(500, { 'content-length': `${quoting.length}` }, [quoting]),
  'a compressed reply': parts(200, { 'content-encoding': 'gzip' }, [gzipSync(quoting)]),
}
for (const [what, script] of Object.entries(replies)) {
  test(`of its own key in ${what} a client gets asterisks, and every other byte as it came`, async () => {
    await using fake = await startUpstream()
    const watched: Buffer[] = []
    const observer = () => ({
      chunk: (bytes: Buffer) => {
        watched.push(Buffer.from(bytes))
        return bytes
      },
      end: () => null,
    })
    await using door = await openDoor({ main: withKey(fake.origin) }, { observer })
    fake.answer(script)
    const reply = await door.post()
    assert.equal(await reply.text(), hidden)
    assert.equal(Buffer.concat(watched).toString(), hidden)
    await until(() => door.ends.length > 0, 'its end')
    assert.equal((door.ends[0] as { end: string }).end, 'complete')
    assert.equal((await fake.call()).header('authorization'), `Bearer ${KEY}`)
  })
}

test('of its own key in a stream a client gets asterisks, and no event waits for the next', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: withKey(fake.origin) })
  const go = Promise.withResolvers<void>()
  fake.answer(async ({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ said: KEY }))
    await go.promise
    response.write(`data: ${KEY.slice(0, 12)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    response.end(`${KEY.slice(12)}\n\n`)
  })
  const reply = await door.post()
  assert.ok(isEventStream(reply.headers.get('content-type') ?? ''))
  const reader = reply.body?.getReader()
  const first = await reader?.read()
  assert.equal(Buffer.from(first?.value ?? []).toString(), event({ said: STARS }))
  go.resolve()
  let rest = ''
  for (;;) {
    const more = await reader?.read()
    if (!more || more.done) break
    rest += Buffer.from(more.value).toString()
  }
  assert.equal(rest, `data: ${STARS}\n\n`)
})

test('a reply that ends in the middle of the key, or breaks off there, says what it said', async () => {
  await using fake = await startUpstream()
  await using door = await openDoor({ main: withKey(fake.origin) })
  const begun = KEY.slice(0, 10)
  for (const length of [begun.length, undefined]) {
    fake.answer(parts(200, length === undefined ? {} : { 'content-length': `${length}` }, [begun]))
    assert.equal(await (await door.post()).text(), begun)
  }
})

test("each upstream's own key is covered, and no other text, nor a key that is too short", async () => {
  await using fake = await startUpstream()
  const short = httpUpstream({ url: `${fake.origin}/v1`, key: 'sk-1234' })
  for (const upstream of [short, httpUpstream({ url: `${fake.origin}/v1`, key: null })]) {
    await using door = await openDoor({ main: upstream })
    fake.answer(json({ said: [KEY, 'sk-1234'] }))
    assert.deepEqual(await (await door.post()).json(), { said: [KEY, 'sk-1234'] })
  }
})
