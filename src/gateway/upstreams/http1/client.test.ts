import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Http1Client } from './client.ts'
import type { Connection } from './connection.ts'
import { Patience } from './patience.ts'

const times = { connectMs: 5000, headMs: 5000, silenceMs: 5000 }

/** Asks, and says what is told of it, in its order. */
function ask(client: Http1Client, path: string): { told: string[]; over: Promise<void> } {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const told: string[] = []
  client.dispatch(
    { method: 'GET', path, headers: [], body: null },
    {
      onRequestStart: () => told.push('start'),
      onResponseStart: (_control, status) => told.push(`${status}`),
      onResponseData() {},
      onResponseEnd: () => resolve(void told.push('end')),
      onResponseError: () => resolve(void told.push('error')),
    },
  )
  return { told, over }
}

/** A server that answers everything, and a client for it. */
async function setUp() {
  const asked: string[] = []
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      asked.push(bytes.toString('latin1').split(' ', 2)[1] ?? '')
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const client = new Watched(origin, new Patience(times))
  const closed = async () => {
    client.close()
    await new Promise((resolve) => server.close(resolve))
  }
  return { client, asked, [Symbol.asyncDispose]: closed }
}

/** Shows the connection that was kept last: nothing but the turn lies between the next request on it and its bytes. */
class Watched extends Http1Client {
  kept: Connection | null = null

  override idle(connection: Connection): void {
    this.kept = connection
    super.idle(connection)
  }
}

test('a request that waits for the end of its turn when the client is closed is told as one that never left', async () => {
  await using given = await setUp()
  const { client, asked } = given
  const first = ask(client, '/first')
  await first.over
  assert.deepEqual(first.told, ['start', '200', 'end'])
  const second = ask(client, '/second')
  client.close()
  await second.over
  assert.deepEqual(second.told, ['error'])
  assert.deepEqual(asked, ['/first'])
})

test('a request whose kept connection is lost in the turn in which it was made goes over another, and is sent once', async () => {
  await using given = await setUp()
  const { client, asked } = given
  // Two are kept: the first to be lost has the other in its place, the second a new one.
  await Promise.all([ask(client, '/first').over, ask(client, '/first').over])
  const third = ask(client, '/third')
  const lost = client.kept
  lost?.fail(new Error('read ECONNRESET'))
  await third.over
  assert.deepEqual(third.told, ['start', '200', 'end'])
  assert.notEqual(client.kept, lost)
  const fourth = ask(client, '/fourth')
  client.kept?.fail(new Error('read ECONNRESET'))
  await fourth.over
  assert.deepEqual(fourth.told, ['start', '200', 'end'])
  assert.deepEqual(asked, ['/first', '/first', '/third', '/fourth'])
})

test('a request that was sent is told as one that failed where its connection is lost, and is not sent again', async () => {
  await using given = await setUp()
  const { client, asked } = given
  await ask(client, '/first').over
  const second = ask(client, '/second')
  await new Promise(setImmediate)
  client.kept?.fail(new Error('read ECONNRESET'))
  await second.over
  assert.deepEqual(second.told, ['start', 'error'])
  await ask(client, '/third').over
  assert.deepEqual(
    asked.filter((path) => path !== '/second'),
    ['/first', '/third'],
  )
})
