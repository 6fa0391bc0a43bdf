import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { settled, until } from '../gateway/upstream.ts'
import type { TestAppOptions } from '../support/harness.ts'
import { get, startLong } from './long.ts'
import { tlsFetch, tlsFiles } from './tls.ts'

const MB = 1024 * 1024
/** Far more than the system takes of an answer for who reads nothing, and than is read here before that shows. */
const LONG = 20 * MB
/** Looks, of which eight without a byte are the patience that a client has. */
const UNREAD_MS = 800
const LOOK_MS = 100

type Opened = { options: TestAppOptions; open: (url: URL) => Promise<Socket> } & AsyncDisposable

const ways: Record<string, () => Promise<Opened>> = {
  'plain HTTP': async () => ({
    options: {},
    async open({ hostname, port }) {
      const socket = connect(Number(port), hostname)
      await once(socket, 'connect')
      return socket
    },
    async [Symbol.asyncDispose]() {},
  }),
  TLS: async () => {
    const files = await tlsFiles()
    return {
      options: { env: files.env, fetch: tlsFetch(files.ca) },
      async open({ hostname, port }) {
        const socket = connectTls({ host: hostname, port: Number(port), ca: files.ca })
        await once(socket, 'secureConnect')
        return socket
      },
      [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
    }
  },
}

for (const [way, prepare] of Object.entries(ways)) {
  test(`over ${way}, who reads a long answer slowly that is sent in one piece is not cut, and who stops reading it is`, async (t) => {
    await using opened = await prepare()
    t.mock.timers.enable({ apis: ['setInterval'] })
    await using long = await startLong(LONG, { ...opened.options, patience: { unreadMs: UNREAD_MS } })
    const { app, key } = long
    const cuts = () => app.metric('gatehouse_connections_cut_total{reason="unread"}')
    const socket = (await opened.open(new URL(app.url))).on('error', () => {}).pause()
    let read = 0
    const readOn = () => {
      read += socket.read()?.length ?? 0
      return read
    }
    socket.write(get('/v1/models', key))
    await until(() => readOn() > 0, 'the answer begins')
    for (let look = 0; look < 10; look++) {
      const goal = read + MB
      await until(() => readOn() > goal, 'something that is read')
      t.mock.timers.tick(LOOK_MS)
      assert.equal(await cuts(), 0, `${look} looks, ${read} bytes`)
    }
    await settled(() => socket.readableLength)
    for (let look = 0; look < 9; look++) t.mock.timers.tick(LOOK_MS)
    await until(async () => (await cuts()) === 1, 'the cut')
    await until(() => {
      readOn()
      return socket.destroyed
    }, 'the end of the connection')
    assert.ok(read < LONG, `${read} bytes`)
  })
}
