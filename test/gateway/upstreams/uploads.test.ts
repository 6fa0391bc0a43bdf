import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates, createServer as secureServer, setDefaultCACertificates } from 'node:tls'
import { httpUpstream } from '../../../src/gateway/upstreams/http.ts'
import { makeCertificate, makeServer } from '../../support/certificates.ts'
import { openForm } from '../owned/forms.ts'
import { startShared } from '../owned/shared.ts'
import { openDoor } from './door.ts'

/*
 * What is sent up while it comes: to servers that answer before they have read it, that read nothing, and by clients that stand still.
 */

const MB = 1_048_576
const SAID = '{"error":{"message":"too large for me","type":"invalid_request_error","param":"file","code":null}}'
const reply = (status: number, more = '') =>
  `HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\ncontent-length: ${SAID.length}\r\n${more}\r\n${SAID}`

/** A model server that does this with each connection, when something has come on it. */
async function serving(answer: (socket: Socket) => void, tls: { cert: string; key: string } | null = null) {
  const sockets = new Set<Socket>()
  const take = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('data', () => answer(socket))
  }
  const server: Server = tls === null ? createServer(take) : secureServer(tls, take)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    origin: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const endless = () =>
  Readable.from(
    (function* () {
      for (let i = 0; i < 4096; i++) yield Buffer.alloc(65_536, 'x')
    })(),
  )

/** How a server refuses what it has not read. */
const EARLY: Record<string, (status: number) => (socket: Socket) => void> = {
  'and closes': (status) => (socket) => socket.pause().end(reply(status), () => socket.destroy()),
  'and resets the connection': (status) => (socket) =>
    socket.pause().write(reply(status), () => socket.resetAndDestroy()),
  'and reads on': (status) => (socket) => socket.resume().write(reply(status)),
  'and reads nothing more': (status) => (socket) => socket.pause().write(reply(status)),
  'up to its end': (status) => (socket) =>
    socket
      .pause()
      .end(`HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\n\r\n${SAID}`, () => socket.destroy()),
}

for (const [how, answer] of Object.entries(EARLY)) {
  for (const status of [400, 413]) {
    test(`a server that refuses with ${status} what it has not read ${how}: its refusal is the client's`, async () => {
      await using server = await serving(answer(status))
      // Whether its words or the end of the connection are seen first is a matter of chance.
      for (let time = 0; time < 3; time++) {
        const stream = endless()
        await using door = await openDoor({ main: server.origin }, { body: () => () => ({ stream, length: null }) })
        const got = await door.post()
        assert.deepEqual([got.status, await got.text(), door.told], [status, SAID, []])
        assert.ok(stream.destroyed)
      }
    })
  }
}

test('over TLS too', async () => {
  const authority = await makeCertificate('authority')
  const pair = await makeServer(authority)
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, authority.pem])
  try {
    for (const [how, answer] of Object.entries(EARLY)) {
      // Node resets no connection below TLS.
      if (how.includes('resets')) continue
      await using server = await serving(answer(413), pair)
      await using door = await openDoor(
        { main: server.origin },
        { body: () => () => ({ stream: endless(), length: null }) },
      )
      const got = await door.post()
      assert.deepEqual([got.status, await got.text()], [413, SAID])
    }
  } finally {
    setDefaultCACertificates(before)
  }
})

test('a server that closes in the middle and says nothing is a failure of it', async () => {
  for (const close of [(socket: Socket) => socket.resetAndDestroy(), (socket: Socket) => socket.destroy()]) {
    await using server = await serving(close)
    await using door = await openDoor(
      { main: server.origin },
      { body: () => () => ({ stream: endless(), length: null }) },
    )
    assert.equal((await door.post()).status, 502)
    assert.deepEqual(door.told, ['failed main broke'])
  }
})

test('a server that takes nothing is given up in its time, and one whose client takes its time is not', async () => {
  const impatient = (url: string) => httpUpstream({ url: `${url}/v1`, key: null, replyTimeoutMs: 1500 })
  await using deaf = await serving((socket) => void socket.pause())
  await using door = await openDoor(
    { main: impatient(deaf.origin) },
    { body: () => () => ({ stream: endless(), length: null }) },
  )
  assert.equal((await door.post()).status, 504)
  assert.deepEqual(door.told, ['failed main timeout'])

  let came = ''
  await using patient = await serving((socket) =>
    socket.setEncoding('latin1').on('data', (text) => {
      came += text
      if (came.endsWith('0\r\n\r\n')) socket.end(reply(200))
    }),
  )
  const slow = async function* () {
    yield Buffer.from('a')
    await sleep(4000)
    yield Buffer.from('b')
  }
  const waiting = { body: () => () => ({ stream: Readable.from(slow()), length: null }) }
  await using other = await openDoor({ main: impatient(patient.origin) }, waiting)
  const got = await other.post()
  assert.deepEqual([got.status, other.told], [200, []])
})

test('a file that a model server refuses early is refused to its client, who may have sent it all by then or not', async () => {
  await using server = await serving(EARLY['and closes']?.(413) ?? (() => {}))
  await using it = await startShared({ env: { GATEHOUSE_UPSTREAM_URL: `${server.origin}/v1` } })
  const { call, reply } = openForm(it.app.url, it.a.key)
  call.write(Buffer.alloc(8 * MB, 'x'))
  assert.equal(await reply, 413)
  call.destroy()
  assert.equal((await it.app.db.selectFrom('owned').select('id').execute()).length, 0)
})
