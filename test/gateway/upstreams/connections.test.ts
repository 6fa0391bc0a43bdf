import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { httpUpstream } from '../../../src/gateway/upstreams/http.ts'
import { Http1Client } from '../../../src/gateway/upstreams/http1/client.ts'
import { Patience } from '../../../src/gateway/upstreams/http1/patience.ts'
import { madeReply } from '../../fuzz/replies/made.ts'
import { ownReading } from '../../fuzz/replies/readings.ts'
import { newSeed, seeded } from '../../support/seeded.ts'
import { startRawUpstream, until } from '../upstream.ts'
import { openDoor } from './door.ts'

/* Which connection to a model server carries which call: only one behind whose last reply nothing can be left. */

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const whole = (text: string, more = '') => `${OK}${more}content-length: ${text.length}\r\n\r\n${text}`
const smuggled = whole('"smuggled"')

/** A model server that answers each request on a connection by its number, and remembers all connections. */
async function startAnswering(answer: (socket: Socket, request: number) => void) {
  const sockets: Socket[] = []
  let requests = 0
  const raw = await startRawUpstream((socket) => {
    sockets.push(socket)
    answer(socket, requests++)
    socket.on('data', () => answer(socket, requests++))
  })
  return { ...raw, sockets, asked: () => requests }
}

/** How a reply is said that is right, and whether its connection carries the next call. */
const said: Record<string, [reply: (own: string) => string, isKept: boolean]> = {
  'with a length': [(own) => whole(own), true],
  'with a length in HTTP/1.0': [(own) => whole(own).replace('1.1', '1.0'), false],
  'with a length in HTTP/1.0 that keeps': [
    (own) => whole(own, 'connection: Keep-Alive\r\n').replace('1.1', '1.0'),
    true,
  ],
  'in chunks': [
    (own) => `${OK}transfer-encoding: chunked\r\n\r\n${own.length.toString(16)}\r\n${own}\r\n0\r\n\r\n`,
    true,
  ],
  'and is to be the last': [(own) => whole(own, 'connection: x, Close\r\n'), false],
  'that is kept for no time worth it': [(own) => whole(own, 'keep-alive: timeout=2\r\n'), false],
  'that is kept for a while': [(own) => whole(own, 'keep-alive: timeout=60, max=9\r\n'), true],
  'with another behind it': [(own) => whole(own) + smuggled, false],
  'with a line behind it': [(own) => `${whole(own)}\r\n`, false],
  'in chunks, with another behind it': [
    (own) => `${OK}transfer-encoding: chunked\r\n\r\n${own.length.toString(16)}\r\n${own}\r\n0\r\n\r\n${smuggled}`,
    false,
  ],
  'without a body, with one behind it': [
    () => 'HTTP/1.1 204 No Content\r\ncontent-length: 10\r\n\r\n"smuggled"',
    false,
  ],
}

for (const [how, [reply, isKept]] of Object.entries(said)) {
  test(`a reply ${how} leaves a connection that ${isKept ? 'carries' : 'does not carry'} the next call`, async () => {
    await using server = await startAnswering((socket, request) => socket.write(reply(`"own ${request}"`)))
    await using door = await openDoor({ main: server.origin })
    for (let request = 0; request < 3; request++) {
      const text = await (await door.post()).text()
      assert.equal(text, how.startsWith('without') ? '' : `"own ${request}"`)
    }
    assert.equal(server.sockets.length, isKept ? 1 : 3)
    assert.equal(server.asked(), 3)
  })
}

test('what a server says when nobody has asked is nobody’s reply, and a connection that it closes is used no more', async () => {
  await using server = await startAnswering((socket, request) => socket.write(whole(`"own ${request}"`)))
  await using door = await openDoor({ main: server.origin })
  const own = async () => (await door.post()).text()
  assert.equal(await own(), '"own 0"')
  const [first] = server.sockets
  first?.write(smuggled)
  await until(() => first?.destroyed, 'the end of a connection that speaks unasked')
  assert.equal(await own(), '"own 1"')
  const second = server.sockets[1]
  second?.end()
  await until(() => second?.destroyed, 'the end of a connection that is half closed')
  assert.equal(await own(), '"own 2"')
  assert.deepEqual([server.sockets.length, server.asked()], [3, 3])
})

test('a request that was written to a kept connection is sent no second time, whatever becomes of it', async () => {
  await using server = await startAnswering((socket, request) => {
    if (request === 0) socket.write(whole('{}'))
    else socket.destroy()
  })
  await using door = await openDoor({ main: server.origin })
  assert.equal((await door.post()).status, 200)
  assert.equal((await door.post()).status, 502)
  assert.deepEqual([server.asked(), door.told], [2, ['failed main broke']])
})

test('a server that closes its half in the middle of a reply has broken off; one that says nothing of a length has ended', async () => {
  await using server = await startAnswering((socket, request) =>
    socket.end(request === 0 ? whole('{}').slice(0, -1) : `${OK}\r\nall of it`),
  )
  await using door = await openDoor({ main: server.origin })
  await assert.rejects(door.post().then((reply) => reply.text()))
  assert.equal(await (await door.post()).text(), 'all of it')
  await until(() => door.ends.length === 2, 'both ends')
  assert.deepEqual(door.ends, [
    { status: 200, end: 'upstream_broke' },
    { status: 200, end: 'complete' },
  ])
})

test('a connection that is idle for as long as its server keeps it, but for two seconds, is given up before', async () => {
  await using server = await startAnswering((socket) => socket.write(whole('{}', 'keep-alive: timeout=3\r\n')))
  await using door = await openDoor({
    main: httpUpstream({ url: `${server.origin}/v1`, key: null, replyTimeoutMs: 400 }),
  })
  assert.equal((await door.post()).status, 200)
  await until(() => server.sockets[0]?.destroyed, 'an idle connection given up')
  assert.equal((await door.post()).status, 200)
  assert.equal(server.sockets.length, 2)
})

test('as many calls as come at once have a connection each, which the next ones use again', async () => {
  const waiting: (() => void)[] = []
  await using server = await startAnswering((socket) => waiting.push(() => socket.write(whole('{}'))))
  await using door = await openDoor({ main: server.origin })
  for (const round of [1, 2]) {
    const calls = Array.from({ length: 40 }, () => door.post())
    await until(() => waiting.length === 40, `all calls of round ${round}`)
    for (const answer of waiting.splice(0)) answer()
    for (const call of calls) assert.equal((await call).status, 200)
    assert.equal(server.sockets.length, 40)
  }
})

test('over a connection a reply is what its parser reads, however its bytes come', async (t) => {
  const seed = newSeed()
  t.diagnostic(`seed ${seed}`)
  let next: string[] = []
  await using raw = await startRawUpstream(async (socket) => {
    for (const piece of next) {
      socket.write(piece, 'latin1')
      await new Promise(setImmediate)
    }
    socket.end()
  })
  const times = { connectMs: 5000, headMs: 5000, silenceMs: 5000 }
  for (let i = 0; i < 200; i++) {
    // One of its own: this server ends each of its connections.
    const client = new Http1Client(new URL(raw.origin), new Patience(times))
    const chance = seeded(seed, i)
    const reply = madeReply(chance)
    const own = ownReading(Buffer.from(reply, 'latin1'), false, () => 1)
    next = []
    for (let at = 0; at < reply.length; ) {
      const piece = reply.slice(at, at + chance.between(1, reply.length))
      next.push(piece)
      at += piece.length
    }
    const seen = await new Promise<{ statuses: number[]; body: string } | null>((resolve) => {
      const statuses: number[] = []
      let body = ''
      client.dispatch(
        { method: 'GET', path: '/', headers: [], body: null },
        {
          onRequestStart() {},
          onResponseStart: (_control, status) => void statuses.push(status),
          onResponseData(_control, chunk) {
            body += chunk.toString('latin1')
          },
          onResponseEnd: () => resolve({ statuses, body }),
          onResponseError: () => resolve(null),
        },
      )
    })
    const unasked = 'reading' in own && own.reading.statuses.some((status) => status === 100 || status === 101)
    const expected = 'refused' in own || unasked ? null : { statuses: own.reading.statuses, body: own.reading.body }
    assert.deepEqual(seen, expected, `reply ${i}: ${JSON.stringify(next)}`)
    client.close()
  }
})
