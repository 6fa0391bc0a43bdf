import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGate } from '../gateway/gate.ts'
import { EVENTS, event, until } from '../gateway/upstream.ts'
import { isRefusal, Wire } from '../gateway/wire.ts'
import { WORKERS } from '../support/harness.ts'
import { answersNormally, asking, type Door, http, normal, openDoors, post } from './doors.ts'

/** Requests that are refused for what they say, not for how: the same connection carries the next one. */
const refused: Record<string, { request: (door: Door) => string; status: number | number[]; method?: string }> = {
  'no Host': { request: ({ get }) => `GET ${get} HTTP/1.1\r\n\r\n`, status: 400 },
  'a path with a broken percent escape': {
    request: ({ get, key }) => http(`GET ${get}/%zz HTTP/1.1`, key),
    status: [400, 404],
  },
  'a path with half a percent escape': {
    request: ({ get, key }) => http(`GET ${get}/% HTTP/1.1`, key),
    status: [400, 404],
  },
  'a path that decodes to no text': {
    request: ({ get, key }) => http(`GET ${get}/%ff%fe HTTP/1.1`, key),
    status: [400, 404],
  },
  'a path with a NUL': { request: ({ get, key }) => http(`GET ${get}/a%00b HTTP/1.1`, key), status: 404 },
  'a path part of 10 kB': {
    request: ({ get, key }) => http(`GET ${get}/${'x/'.repeat(5000)} HTTP/1.1`, key),
    status: 404,
  },
  'a path of many parts': {
    request: ({ get, key }) => http(`GET ${get}/${'a/'.repeat(4000)} HTTP/1.1`, key),
    status: 404,
  },
  OPTIONS: { request: ({ get, key }) => http(`OPTIONS ${get} HTTP/1.1`, key), status: [404, 405] },
  'OPTIONS *': { request: ({ key }) => http('OPTIONS * HTTP/1.1', key), status: 404 },
  TRACE: { request: ({ get, key }) => http(`TRACE ${get} HTTP/1.1`, key), status: [404, 405] },
  PROPFIND: { request: ({ get, key }) => http(`PROPFIND ${get} HTTP/1.1`, key), status: [404, 405] },
  'a body that is no JSON': { request: (door) => post(door, 'application/json', '{"name":'), status: [400, 405] },
  'a body that is no JSON at all': { request: (door) => post(door, 'text/csv', 'a;b'), status: [400, 405] },
  'a DELETE of a list': { request: ({ get, key }) => http(`DELETE ${get} HTTP/1.1`, key), status: 405 },
}

for (const [what, { request, status }] of Object.entries(refused)) {
  test(`${what} is refused in the one envelope, and the connection carries on`, async () => {
    await using server = await openDoors()
    for (const door of server.doors) {
      using wire = await Wire.open(server.app.url)
      await wire.send(request(door))
      const reply = await wire.reply()
      assert.ok([status].flat().includes(reply.status), `${door.door}: ${reply.status}`)
      isRefusal(reply, reply.status)
      if (reply.status === 405) assert.match(reply.headers.allow ?? '', /GET|POST/)
      await answersNormally(server.app.url, door, wire)
    }
  })
}

test('a HEAD has an answer without a body, and the connection carries on', async () => {
  await using server = await openDoors()
  for (const door of server.doors) {
    using wire = await Wire.open(server.app.url)
    await wire.send(http(`HEAD ${door.get} HTTP/1.1`, door.key))
    const { status, headers } = await wire.reply('HEAD')
    assert.ok([200, 404, 405].includes(status), `${door.door}: ${status}`)
    assert.match(headers['x-request-id'] ?? '', /^req_/)
    await answersNormally(server.app.url, door, wire)
  }
})

test('an expectation other than 100-continue is 400, and the connection carries on', async () => {
  await using server = await openDoors()
  for (const door of server.doors) {
    using wire = await Wire.open(server.app.url)
    await wire.send(http(`GET ${door.get} HTTP/1.1`, door.key, 'Expect: something'))
    isRefusal(await wire.reply(), 400, /100-continue/)
    await answersNormally(server.app.url, door, wire)
  }
})

test('CONNECT is 405 and opens no tunnel', async () => {
  await using server = await openDoors()
  using wire = await Wire.open(server.app.url)
  await wire.send('CONNECT 127.0.0.1:5432 HTTP/1.1\r\nHost: 127.0.0.1:5432\r\n\r\n')
  const reply = await wire.reply()
  isRefusal(reply, 405)
  assert.match(reply.headers.allow ?? '', /GET/)
  await until(() => wire.ended, 'the end of the connection')
})

test('an Upgrade is not taken up: the request is answered as it stands', async () => {
  await using server = await openDoors()
  for (const door of server.doors) {
    for (const protocol of ['websocket', 'h2c', 'TLS/1.3']) {
      using wire = await Wire.open(server.app.url)
      const upgrade = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`, 'HTTP2-Settings: AAMAAABk']
      await wire.send(http(`GET ${door.get} HTTP/1.1`, door.key, ...upgrade))
      const reply = await wire.reply()
      assert.equal(reply.status, 200)
      assert.equal(reply.headers.upgrade, undefined)
    }
  }
})

const OPENING = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']

/** What asks for a path, and the status that says what it is. */
const openings: [what: string, request: string, upgrade: string[], status: number][] = [
  ['responses', 'GET /v1/responses', ['Connection: Upgrade', 'Upgrade: websocket'], 426],
  ['a query', 'GET /v1/responses?model=echo', ['Connection: Upgrade', 'Upgrade: websocket'], 426],
  ['other letters', 'GET /v1/responses', ['connection: keep-alive, UPGRADE', 'upgrade: WebSocket'], 426],
  ['several protocols', 'GET /v1/responses', ['Connection: Upgrade', 'Upgrade: h2c, websocket'], 426],
  ['a list that is not offered', 'GET /v1/chat/completions', ['Connection: Upgrade', 'Upgrade: websocket'], 426],
  ['embeddings', 'GET /v1/embeddings', ['Connection: Upgrade', 'Upgrade: websocket'], 426],
  ['a path with an id', 'GET /v1/responses/resp_1/cancel', ['Connection: Upgrade', 'Upgrade: websocket'], 426],
  ['another protocol', 'GET /v1/responses', ['Connection: Upgrade', 'Upgrade: h2c'], 405],
  ['no word of it in connection', 'GET /v1/responses', ['Upgrade: websocket'], 405],
  ['another method', 'PUT /v1/responses', ['Connection: Upgrade', 'Upgrade: websocket'], 405],
  ['no path of ours', 'GET /v1/nothing', ['Connection: Upgrade', 'Upgrade: websocket'], 404],
]

test('the opening of a WebSocket where no GET is offered is 426 and the connection goes on over HTTP', async () => {
  await using server = await openDoors()
  const [door] = server.doors
  for (const [what, request, upgrade, status] of openings) {
    using wire = await Wire.open(server.app.url)
    await wire.send(http(`${request} HTTP/1.1`, door.key, ...upgrade, ...OPENING))
    const reply = await wire.reply()
    isRefusal(reply, status)
    assert.equal(reply.headers.upgrade, status === 426 ? 'HTTP/1.1' : undefined, what)
    await answersNormally(server.app.url, door, wire)
  }
})

test('pipelined requests are answered in their order, refused ones among them', async () => {
  await using server = await openDoors()
  const [gateway, admin, operations] = server.doors
  using wire = await Wire.open(server.app.url)
  const wrong = http(`GET ${gateway.get} HTTP/1.1`, 'wrong')
  const requests = [normal(gateway), wrong, normal(admin), http('GET /nothing HTTP/1.1', 'x'), normal(operations)]
  await wire.send(requests.join(''))
  const statuses: number[] = []
  for (const _request of requests) statuses.push((await wire.reply()).status)
  assert.deepEqual(statuses, [200, 401, 200, 404, 200])
  await answersNormally(server.app.url, gateway, wire)
})

test('HTTP/1.0 is served, without a Host too, and its connection ends', async () => {
  await using server = await openDoors()
  for (const { get, key } of server.doors) {
    using wire = await Wire.open(server.app.url)
    await wire.send(`GET ${get} HTTP/1.0\r\nAuthorization: Bearer ${key}\r\n\r\n`)
    assert.equal((await wire.reply()).status, 200)
    await until(() => wire.ended, 'the end of the connection')
  }
})

test('a client that has said all it will say still gets its answer', async () => {
  await using server = await openDoors()
  // Of what is asked of another thread, as of a model server, no answer is there yet when the client's side ends.
  for (const door of WORKERS > 1 ? server.doors.slice(0, 1) : server.doors) {
    using wire = await Wire.open(server.app.url)
    wire.socket.end(normal(door))
    assert.equal((await wire.reply()).status, 200)
    await until(() => wire.ended, 'the end of the connection')
  }
})

test('clients that stop in the middle of a request, at any place, leave nothing behind', async () => {
  await using server = await openDoors()
  for (const door of server.doors) {
    const body = '{"name":"never"}'
    const whole = `${http(`POST ${door.post} HTTP/1.1`, door.key, 'Content-Type: application/json', `Content-Length: ${body.length}`)}${body}`
    for (let length = 1; length < whole.length; length += 7) {
      using wire = await Wire.open(server.app.url)
      await wire.send(whole.slice(0, length))
      if (length % 2) wire.socket.end()
    }
    await answersNormally(server.app.url, door)
  }
  // One is the request for the metrics itself.
  await until(async () => (await server.app.metric('gatehouse_requests_in_flight')) === 1, 'nothing in flight')
  const { data } = await server.app.admin().organization.projects.list()
  assert.ok(!data.some(({ name }) => name === 'never'))
})

const MB = 1024 * 1024
for (const announced of [true, false]) {
  const how = announced ? 'announced' : 'in chunks'
  test(`an administration request above 1 MiB (${how}) is 413, which a client that sends it all can read`, async () => {
    await using server = await openDoors()
    const [, admin] = server.doors
    for (const size of [MB + 1, 8 * MB]) {
      using wire = await Wire.open(server.app.url)
      const length = announced ? `Content-Length: ${size}` : 'Transfer-Encoding: chunked'
      await wire.send(http(`POST ${admin.post} HTTP/1.1`, admin.key, 'Content-Type: application/json', length))
      const body = Buffer.alloc(size, ' ')
      const chunk = Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
      await wire.send(announced ? body : chunk)
      const error = isRefusal(await wire.reply(), 413, /^Maximum content size limit \(1048576\) exceeded/)
      assert.equal(error.type, 'server_error')
      await answersNormally(server.app.url, admin, wire)
    }
  })
}

test('whoever is refused while still sending a large body can read why, at either door', async () => {
  await using server = await openDoors()
  for (const door of server.doors.slice(0, 2)) {
    using wire = await Wire.open(server.app.url)
    const length = `Content-Length: ${900_000}`
    await wire.send(http(`POST ${door.post} HTTP/1.1`, 'sk-proj-wrong', 'Content-Type: application/json', length))
    await wire.send(Buffer.alloc(900_000, ' '))
    isRefusal(await wire.reply(), 401)
    await answersNormally(server.app.url, door, wire)
  }
})

test('nonsense behind a request that is being answered cuts the answer off and is not written into it', async () => {
  await using gate = await startGate()
  gate.upstream.answer(({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ n: 1 }))
  })
  using wire = await Wire.open(gate.app.url)
  await wire.send(asking(gate.key))
  await until(() => wire.rest.includes('"n":1'), 'the first event')
  await wire.send('nonsense that is no request\r\n\r\n')
  await until(() => wire.ended, 'the end of the connection')
  assert.equal(wire.rest.match(/HTTP\/1\.1/g)?.length, 1, wire.rest)
  await until(async () => (await gate.upstream.call()).cancelled, 'the cancelled call')
})

test('nonsense behind two requests cuts the first answer off, although the second has none yet', async () => {
  await using gate = await startGate()
  gate.upstream.answer(({ response }) => {
    if (gate.upstream.calls.length === 2) return
    response.writeHead(200, EVENTS)
    response.write(event({ n: 1 }))
  })
  using wire = await Wire.open(gate.app.url)
  await wire.send(asking(gate.key) + asking(gate.key))
  await until(() => wire.rest.includes('"n":1') && gate.upstream.calls.length === 2, 'the first event')
  await wire.send('nonsense that is no request\r\n\r\n')
  await until(() => wire.ended, 'the end of the connection')
  assert.equal(wire.rest.match(/HTTP\/1\.1/g)?.length, 1, wire.rest)
})
