import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, before, describe, mock, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { pace, paceNoMore } from '../../src/core/paced.ts'
import { createListener } from '../../src/listener/listener.ts'
import { makeKey } from '../gateway/gate.ts'
import { until } from '../gateway/upstream.ts'
import { ADMIN_KEY, startTestApp, type TestApp } from '../support/harness.ts'
import { tlsFetch, tlsFiles } from './tls.ts'

/*
 * Requests that do not come: those of which something is kept have their time, and those that go on while they come have a pace. The times of a
 * listener are looked at eight times in that in which an answer has to be read.
 */

const BOUNDS = { unreadMs: 800, wholeMs: 1000, paceMs: 500, paceBytes: 1000 }
const LOOK_MS = 100
const HEAD = 'POST / HTTP/1.1\r\nHost: gate\r\nTransfer-Encoding: chunked\r\n\r\n'
const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`

/** A listener whose looks a test has made, whose one door reads bodies, and a client that has sent the head of one. */
async function listening(begin: (request: IncomingMessage) => void) {
  const cuts: string[] = []
  const requests: IncomingMessage[] = []
  const door = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(request)
    request.on('end', () => response.end('came')).on('error', () => {})
    begin(request)
  }
  const doors = { admin: null, gateway: null, check: null, operations: door }
  const watch = { begun() {}, ended() {}, cut: (why: string) => cuts.push(why) }
  const server = createListener(doors, () => 'req_000000000000000000000000', watch, undefined, BOUNDS)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  let answer = ''
  client.setEncoding('latin1').on('data', (text) => {
    answer += text
  })
  client.write(HEAD)
  await until(() => requests.length === 1, 'the request')
  const [request] = requests
  assert.ok(request)
  return {
    cuts,
    request,
    client,
    answer: () => answer,
    /** So many milliseconds are over, in each look of which so many bytes more have come. */
    async after(ms: number, bytesEach = 0) {
      for (let over = 0; over < ms && cuts.length === 0; over += LOOK_MS) {
        const before = request.socket.bytesRead
        if (bytesEach > 0) {
          client.write(chunk(bytesEach))
          await until(() => request.socket.bytesRead >= before + bytesEach, 'what was sent')
        }
        mock.timers.tick(LOOK_MS)
      }
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Listening = Awaited<ReturnType<typeof listening>>
const flows = (request: IncomingMessage) => void request.resume()
const goesOn = (request: IncomingMessage) => {
  pace(request)
  request.resume()
}

/** What a client does, and whether it is cut for it. */
const TABLE: Record<
  string,
  { begin: (request: IncomingMessage) => void; does: (it: Listening) => unknown; isCut: boolean }
> = {
  'one that is kept and comes too late, however fast': {
    begin: flows,
    does: (it) => it.after(1200, 5000),
    isCut: true,
  },
  'one that is kept and comes just in time': { begin: flows, does: (it) => it.after(900, 1), isCut: false },
  'one that is read away and comes too late': { begin: flows, does: (it) => it.after(1200, 1), isCut: true },
  'one that goes on and comes at its pace, much longer': {
    begin: goesOn,
    does: (it) => it.after(5000, 210),
    isCut: false,
  },
  'one that goes on, slower than its pace': { begin: goesOn, does: (it) => it.after(1300, 100), isCut: true },
  'one that goes on and is silent': { begin: goesOn, does: (it) => it.after(700), isCut: true },
  'one that goes on, then is silent': {
    begin: goesOn,
    does: async (it) => {
      await it.after(3000, 210)
      await it.after(1200)
    },
    isCut: true,
  },
  'one that goes on and is not read': {
    begin: (request) => {
      pace(request)
      request.pause()
    },
    does: (it) => it.after(5000),
    isCut: false,
  },
  'one that goes on no more, in the time that any request has from then on': {
    begin: goesOn,
    does: async (it) => {
      await it.after(3000, 210)
      paceNoMore(it.request)
      await it.after(900, 1)
    },
    isCut: false,
  },
  'one that goes on no more, and comes too late': {
    begin: goesOn,
    does: async (it) => {
      await it.after(3000, 210)
      paceNoMore(it.request)
      await it.after(1200, 210)
    },
    isCut: true,
  },
}

describe('of requests that do not come', () => {
  before(() => mock.timers.enable({ apis: ['setInterval'] }))
  after(() => mock.timers.reset())

  for (const [what, { begin, does, isCut }] of Object.entries(TABLE)) {
    test(`${what} is ${isCut ? 'cut' : 'served'}`, async () => {
      await using it = await listening(begin)
      await does(it)
      assert.equal(it.cuts[0], isCut ? 'slow' : undefined)
      if (!isCut) {
        it.request.resume()
        it.client.write('0\r\n\r\n')
      }
      await until(() => it.answer().includes(isCut ? 'not received in time' : 'came'), 'the answer')
      assert.match(it.answer(), isCut ? /^HTTP\/1\.1 408 / : /^HTTP\/1\.1 200 /)
    })
  }
})

type Door = (key: string) => string
const post = (path: string, key: string, type: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${key}\r\nContent-Type: ${type}\r\nContent-Length: 100000\r\n\r\n${body}`
const FORM = 'multipart/form-data; boundary=b'

/** What every door reads of a body that does not come. */
const DOORS: Record<string, Door> = {
  'a call to a model': (key) => post('/v1/chat/completions', key, 'application/json', '{"model":'),
  'a form for a model': (key) => post('/v1/images/edits', key, FORM, '--b\r\n'),
  'the Administration API': () => post('/v1/organization/projects', ADMIN_KEY, 'application/json', '{"name":'),
  'a sign-in': () => post('/v1/organization/sign_in', '', 'application/json', '{"email":'),
  'what is asked of nobody': () => post('/nowhere', '', 'text/plain', 'x'),
}

async function trickled(app: TestApp, request: string): Promise<string> {
  const { hostname, port, protocol } = new URL(app.url)
  const socket: Socket =
    protocol === 'https:'
      ? connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false })
      : connect(Number(port), hostname)
  let answer = ''
  socket.on('error', () => {}).setEncoding('latin1')
  socket.on('data', (text) => {
    answer += text
  })
  socket.write(request)
  const trickle = setInterval(() => socket.write(' '), 5)
  socket.on('end', () => socket.destroy())
  await once(socket, 'close')
  clearInterval(trickle)
  return answer
}

const short = { unreadMs: 400, wholeMs: 200, paceMs: 200, paceBytes: 1000 }

for (const over of ['HTTP', 'TLS']) {
  test(`over ${over}, whatever comes byte by byte is cut at every door`, async () => {
    await using files = await tlsFiles()
    const secure = over === 'TLS' && { env: files.env, fetch: tlsFetch(files.ca) }
    await using app = await startTestApp({ ...secure, patience: short })
    const { key } = await makeKey(app)
    for (const [what, request] of Object.entries(DOORS)) {
      const before = await app.metric('gatehouse_connections_cut_total{reason="slow"}')
      const answer = await trickled(app, request(key))
      assert.equal(await app.metric('gatehouse_connections_cut_total{reason="slow"}'), before + 1, what)
      assert.match(answer, /^HTTP\/1\.1 (408|401|404) /, what)
    }
  })
}
