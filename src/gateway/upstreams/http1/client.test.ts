import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Http1Client } from './client.ts'
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

test('a request whose connection is lost in the turn in which it was made is told as one that never left', async () => {
  const asked: string[] = []
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      asked.push(bytes.toString('latin1').split(' ', 2)[1] ?? '')
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new Http1Client(
    new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    new Patience(times),
  )
  const first = ask(client, '/first')
  await first.over
  assert.deepEqual(first.told, ['start', '200', 'end'])
  // The connection is kept, so that nothing but the turn lies between this and its bytes.
  const second = ask(client, '/second')
  client.close()
  await second.over
  assert.deepEqual(second.told, ['error'])
  await new Promise((resolve) => server.close(resolve))
  assert.deepEqual(asked, ['/first'])
})
