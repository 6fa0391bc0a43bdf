import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { connect as connectSecurely } from 'node:tls'
import { Connections, type Cut, type Watch } from '../../src/listener/connection.ts'
import { CHAT, question, startGate } from '../gateway/gate.ts'
import { json, settled, until } from '../gateway/upstream.ts'
import { Wire } from '../gateway/wire.ts'
import { ADMIN_KEY, startTestApp, type TestApp } from '../support/harness.ts'
import { tlsFetch, tlsFiles } from './tls.ts'

const get = (path: string, ...lines: string[]) => [`GET ${path} HTTP/1.1`, 'Host: gate', ...lines, '', ''].join('\r\n')
const bearing = (key: string) => `Authorization: Bearer ${key}`
/** The shortest request there is: as many as fit into 64 kB, which Node reads in one go. */
const SHORTEST = 'GET / HTTP/1.0\r\nConnection:keep-alive\r\n\r\n'
const fullOf = (request: string) => request.repeat(Math.floor(65_536 / request.length))

/** Requests that are under way besides the one that asks. */
const underWay = async (app: TestApp) => (await app.metric('gatehouse_requests_in_flight')) - 1

test('of a thousand calls that one connection sends at once, eight are at the model server, and all are answered in order', async () => {
  await using gate = await startGate()
  let [now, most] = [0, 0]
  gate.upstream.answer(async (call) => {
    most = Math.max(most, ++now)
    const { messages } = JSON.parse((await call.whole).toString())
    await new Promise(setImmediate)
    now--
    await json({ number: messages[0].content })(call)
  })
  using wire = await Wire.open(gate.app.url)
  const calls = Array.from({ length: 1000 }, (_, number) => {
    const body = JSON.stringify({ ...question, messages: [{ role: 'user', content: String(number) }] })
    const lines = ['Host: gate', bearing(gate.key), 'Content-Type: application/json', `Content-Length: ${body.length}`]
    return [`POST ${CHAT} HTTP/1.1`, ...lines, '', body].join('\r\n')
  })
  await wire.send(calls.join(''))
  for (let number = 0; number < calls.length; number++) {
    const { status, body } = await wire.reply()
    assert.deepEqual([status, JSON.parse(body.toString()).number], [200, String(number)])
  }
  assert.ok(most <= 8, `${most} at once`)
})

test('administration requests of one connection run a few at once too', async () => {
  await using app = await startTestApp()
  using wire = await Wire.open(app.url)
  const request = get('/v1/organization/projects', bearing(ADMIN_KEY))
  await wire.send(request.repeat(300))
  let most = 0
  for (let number = 0; number < 300; number++) {
    if (number % 30 === 0) most = Math.max(most, await underWay(app))
    assert.equal((await wire.reply()).status, 200)
  }
  assert.ok(most <= 8, `${most} at once`)
})

for (const [what, request] of Object.entries({
  'the document': get('/openapi.json'),
  'the page of an invite': get('/invite'),
  'what is nowhere': get('/nowhere'),
  'the shortest requests': SHORTEST,
  'expectations that nobody meets': get('/', 'Expect: a miracle'),
})) {
  test(`64 kB of requests for ${what}, whose answers nobody reads, are eight under way, and others are answered`, async () => {
    await using app = await startTestApp()
    const strangers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
        socket.on('error', () => {}).pause()
        await once(socket, 'connect')
        socket.write(fullOf(request))
        return socket
      }),
    )
    await settled(() => underWay(app))
    assert.ok((await underWay(app)) <= 8 * strangers.length)
    assert.equal((await app.send('GET', '/v1/organization/projects')).status, 200)
    for (const socket of strangers) socket.destroy()
    await until(async () => (await underWay(app)) === 0, 'nothing under way for those who are gone')
  })
}

test('over TLS too every request is answered in its turn', async () => {
  await using files = await tlsFiles()
  await using app = await startTestApp({ env: files.env, fetch: tlsFetch(files.ca) })
  const { port, hostname: host } = new URL(app.url)
  const socket = connectSecurely({ port: Number(port), host, ca: files.ca })
  await once(socket, 'secureConnect')
  let text = ''
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1')
  })
  const count = 3000
  for (let number = 0; number < count; number++) socket.write(get(`/${number}`))
  // More than the connection takes: the server stops reading in the middle of what it has decrypted.
  socket.pause()
  socket.write(get('/openapi.json', `x-padding: ${'x'.repeat(500)}`).repeat(60))
  await settled(() => socket.bytesRead)
  socket.resume()
  const answered = () => [...text.matchAll(/Invalid URL \(GET \/(\d+)\)/g)].map(([, number]) => Number(number))
  await until(() => answered().length === count, 'all answers')
  await until(() => text.split('"openapi":"3.1.0"').length === 61, 'all documents')
  assert.deepEqual(
    answered(),
    Array.from({ length: count }, (_, number) => number),
  )
  socket.destroy()
})

test('of what waits on all connections there is a bound: beyond it the one with the most is cut, and counted', async () => {
  await using app = await startTestApp()
  const few = connect(Number(new URL(app.url).port), '127.0.0.1')
  let answers = ''
  few.on('data', (bytes: Buffer) => {
    answers += bytes.toString('latin1')
  })
  few.write(get('/').repeat(100))
  const greedy = Array.from({ length: 6 }, () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
    socket.on('error', () => {}).pause()
    socket.write(fullOf(get('/openapi.json')))
    return socket
  })
  await until(
    async () => (await app.metric('gatehouse_connections_cut_total{reason="waiting"}')) > 0,
    'a connection that is cut',
  )
  await until(() => answers.split('HTTP/1.1 200').length === 101, 'the answers of the one that asked for little')
  for (const socket of [few, ...greedy]) socket.destroy()
})

/** A server whose requests go through `Connections`, and a client that sends so many at once and reads nothing. */
async function unreadServer(count: number, answer: (response: ServerResponse) => void, unreadMs = 120_000) {
  const cuts: Cut[] = []
  const watch: Watch = { begun() {}, ended() {}, cut: (why) => cuts.push(why) }
  const connections = new Connections(watch, () => {}, { unreadMs })
  const begun: ServerResponse[] = []
  const server = createServer((request, response) =>
    connections.take(request, response, (_request, mine) => {
      begun.push(mine)
      answer(mine)
      return 'gateway'
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => {}).pause()
  client.write(get('/').repeat(count))
  return {
    cuts,
    begun,
    client,
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('no other answer begins while 1 MB of earlier ones is unsent, and each does when they are read', async () => {
  const page = Buffer.alloc(400_000)
  await using server = await unreadServer(60, (response) => response.end(page))
  const unsent = () =>
    server.begun.reduce((sum, { writableFinished, writableLength }) => sum + (writableFinished ? 0 : writableLength), 0)
  await settled(() => server.begun.length)
  assert.ok(server.begun.length < 60)
  assert.ok(unsent() < 1_048_576 + page.length + 1000, `${unsent()} bytes`)
  server.client.resume()
  await until(() => server.begun.length === 60, 'all of them')
  assert.deepEqual(server.cuts, [])
})

test('who lets others wait for an answer that he does not read is cut; who waits for a long answer is not', async () => {
  await using unread = await unreadServer(60, (response) => response.end(Buffer.alloc(400_000)), 100)
  await until(() => unread.cuts.length > 0, 'the cut')
  assert.deepEqual(unread.cuts, ['unread'])
  await using slow = await unreadServer(60, () => {}, 20)
  await settled(() => slow.begun.length)
  assert.deepEqual([slow.begun.length, slow.cuts], [8, []])
  for (const response of slow.begun) response.end()
  await until(() => slow.begun.length > 8, 'the next ones')
})
