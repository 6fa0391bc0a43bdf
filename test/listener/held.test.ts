import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { until } from '../gateway/upstream.ts'
import { answered, type CountedServer, startCounted } from './counted/server.ts'

/*
 * What a stranger can make the server hold in memory, counted in bytes when all is collected that nobody needs.
 */

/** What a connection sends in one go, as much of it as Node reads at once; nobody reads the answers. */
const pipelined: Record<string, string> = {
  ...Object.fromEntries(
    [
      '/',
      '/healthz',
      '/readyz',
      '/metrics',
      '/invite',
      '/openapi.json',
      '/nowhere',
      '/v1/models',
      '/v1/organization/projects',
    ]
      .concat('/check', '/v1/responses/resp_1?stream=true')
      .map((path) => [path, `GET ${path} HTTP/1.1\r\nHost: gate\r\n\r\n`]),
  ),
  'the shortest requests': 'GET / HTTP/1.0\r\nConnection:keep-alive\r\n\r\n',
  'calls without a key': 'POST /v1/chat/completions HTTP/1.1\r\nHost: gate\r\nContent-Length: 2\r\n\r\n{}',
  'acceptances of no invite':
    'POST /v1/organization/invites/accept HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
  preflights:
    'OPTIONS /v1/models HTTP/1.1\r\nHost: gate\r\nOrigin: https://page\r\nAccess-Control-Request-Method: GET\r\n\r\n',
  'what is expected in vain': 'GET / HTTP/1.1\r\nHost: gate\r\nExpect: a miracle\r\n\r\n',
}
/** Pieces of the program that run while nobody asks for anything, between two looks. */
const AT_REST = 200
const MOST_LEFT = 4_000_000
const IN_ONE_GO = 65_536
const MOST_HELD = 20_000_000
/** Made and thrown away for so many requests, each of its own: a document that were made anew for each would be ten times that. */
const MOST_MADE = 100_000_000

describe('no 64 kB of a stranger add 20 MB', () => {
  let server: CountedServer
  before(async () => {
    server = await startCounted()
    for (const request of Object.values(pipelined)) await answered(server.url, request)
  })
  after(() => server[Symbol.asyncDispose]())

  for (const [what, request] of Object.entries(pipelined)) {
    test(`${what}, pipelined and unread`, async (t) => {
      const before = await server.held()
      await server.work()
      const { hostname, port } = new URL(server.url)
      const socket = connect({ host: hostname, port: Number(port) })
      socket.on('error', () => {}).pause()
      await once(socket, 'connect')
      socket.write(request.repeat(Math.floor(IN_ONE_GO / request.length)))
      let { allocated } = await server.work()
      const rests = async () => {
        const more = await server.work()
        allocated += more.allocated
        return more.pieces < AT_REST
      }
      await until(async () => (await rests()) && (await rests()), 'a server that has read all that it reads')
      const held = (await server.held()) - before
      t.diagnostic(JSON.stringify({ held, allocated }))
      socket.destroy()
      assert.ok(held < MOST_HELD, `${held} bytes are held`)
      assert.ok(allocated < MOST_MADE, `${allocated} bytes were made`)
      await until(
        async () => (await server.held()) - before < MOST_LEFT,
        'what is given back when the connection is gone',
      )
    })
  }
})
