import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { Connections } from '../../src/listener/connection.ts'
import { settled, until } from '../gateway/upstream.ts'
import type { TestApp } from '../support/harness.ts'
import { get, startLong } from './long.ts'

const MB = 1024 * 1024
/** More than the system takes of an answer for somebody who reads nothing. */
const LONG = 8 * MB
const PATIENCE_MS = 300

/** A client that sends these requests and reads nothing. */
async function silent(app: TestApp, requests: string): Promise<Socket> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
  socket.on('error', () => {}).pause()
  await once(socket, 'connect')
  socket.write(requests)
  return socket
}

const cuts = (app: TestApp) => app.metric('gatehouse_connections_cut_total{reason="unread"}')
const underWay = async (app: TestApp) => (await app.metric('gatehouse_requests_in_flight')) - 1

/** Answers of the gate's own that are long, or of which there are many. */
const ANSWERS: Record<string, (key: string) => string> = {
  'one list of models': (key) => get('/v1/models', key),
  'some lists of models, none of which waits for its turn': (key) => get('/v1/models', key).repeat(8),
  'the document of the operations door, more often than is answered at once': (key) =>
    get('/openapi.json', key).repeat(60),
}

for (const [what, requests] of Object.entries(ANSWERS)) {
  test(`a client that asks for ${what} and reads nothing is cut, and nothing is kept for it`, async () => {
    await using long = await startLong(LONG, { patience: { unreadMs: PATIENCE_MS } })
    const begun = performance.now()
    const socket = await silent(long.app, requests(long.key))
    await until(async () => (await cuts(long.app)) === 1, 'the cut')
    assert.ok(performance.now() - begun >= PATIENCE_MS, 'its time was not over')
    await until(async () => (await underWay(long.app)) === 0, 'nothing under way')
    socket.resume()
    await once(socket, 'close')
    assert.ok(socket.bytesRead < LONG, `${socket.bytesRead} bytes came`)
  })
}

test('who reads a little of an answer now and then is not cut, whose call takes its time neither, and who stops reading is', async (t) => {
  await using stack = new AsyncDisposableStack()
  t.mock.timers.enable({ apis: ['setInterval'] })
  const cuts: string[] = []
  const connections = new Connections({ begun() {}, ended() {}, cut: (why) => cuts.push(why) }, () => {}, {
    unreadMs: 800,
  })
  const begun: ServerResponse[] = []
  const server = createServer((request, response) =>
    connections.take(request, response, () => {
      begun.push(response)
      return 'gateway'
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  stack.defer(() => {
    client.destroy()
    server.close()
  })
  client.pause().write('GET / HTTP/1.1\r\nHost: gate\r\n\r\n')
  await until(() => begun.length === 1, 'the call')
  const [response] = begun
  assert.ok(response)
  for (let look = 0; look < 20; look++) t.mock.timers.tick(100)
  assert.deepEqual(cuts, [], 'nothing was written that could be read')
  const piece = Buffer.alloc(1_000_000)
  response.on('drain', () => response.write(piece)).write(piece)
  for (let look = 0; look < 20; look++) {
    t.mock.timers.tick(100)
    const goal = client.bytesRead + 3 * piece.length
    await until(() => {
      client.read()
      return client.bytesRead > goal
    }, 'something that is read')
  }
  assert.deepEqual(cuts, [])
  await settled(() => response.writableLength)
  t.mock.timers.tick(100)
  for (let look = 0; look < 7; look++) t.mock.timers.tick(100)
  assert.deepEqual(cuts, [])
  t.mock.timers.tick(100)
  assert.deepEqual(cuts, ['unread'])
  await until(() => response.destroyed, 'the end of the connection')
})
