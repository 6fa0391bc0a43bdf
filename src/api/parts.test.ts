import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import Fastify from 'fastify'
import { asSent } from './parts.ts'

const PART = 'x'.repeat(10_000)

/** A listening server whose one reply is made of these parts. */
async function serving(parts: () => AsyncGenerator<string, void>) {
  const fastify = Fastify()
  const failures: unknown[] = []
  fastify.get('/', async (_request, reply) => {
    return asSent(reply.raw, parts(), (error) => failures.push(error))
  })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const { port } = fastify.server.address() as AddressInfo
  const stop = () => {
    fastify.server.closeAllConnections()
    return fastify.close()
  }
  return { url: `http://127.0.0.1:${port}/`, failures, [Symbol.asyncDispose]: stop }
}

async function* repeated(times: number) {
  for (let i = 0; i < times; i++) yield PART
}

test('a reply of one piece is sent whole, with its length', async () => {
  await using server = await serving(() => repeated(3))
  const reply = await fetch(server.url)
  assert.equal(reply.headers.get('content-length'), String(3 * PART.length))
  assert.equal(await reply.text(), PART.repeat(3))
})

test('a longer one is sent in pieces, and is all there', async () => {
  await using server = await serving(() => repeated(500))
  const reply = await fetch(server.url)
  assert.equal(reply.headers.get('content-length'), null)
  assert.equal(await reply.text(), PART.repeat(500))
  assert.deepEqual(server.failures, [])
})

test('what fails before there is a piece is answered; what fails later cuts the connection and is told', async () => {
  const failing = (after: number) => () =>
    (async function* () {
      yield* repeated(after)
      throw new Error('no more')
    })()
  await using early = await serving(failing(2))
  assert.equal((await fetch(early.url)).status, 500)
  assert.deepEqual(early.failures, [])
  await using late = await serving(failing(20))
  const reply = await fetch(late.url)
  assert.equal(reply.status, 200)
  await assert.rejects(reply.text())
  assert.match(String(late.failures), /no more/)
  assert.equal(late.failures.length, 1)
})

test('for a client that does not read nothing more is made, and when it leaves the making ends', async () => {
  let [made, ended] = [0, false]
  await using server = await serving(async function* () {
    try {
      for (; ; made++) {
        // Without waiting for the reader this would not end before the memory does.
        assert.ok(made < 20_000, 'it is made faster than it is read')
        yield PART
        await turn()
      }
    } finally {
      ended = true
    }
  })
  const call = request(server.url).end()
  const [reply] = (await once(call, 'response')) as [IncomingMessage]
  const isStill = async () => {
    const before = made
    for (let i = 0; i < 500; i++) await turn()
    return made === before
  }
  while (!(await isStill())) assert.equal(ended, false)
  const before = made
  for (let bytes = 0; bytes < 30_000_000; ) bytes += ((await once(reply, 'data')) as [Buffer])[0].length
  assert.ok(made > before, 'who reads on is served on')
  call.destroy()
  while (!ended) await turn()
  assert.deepEqual(server.failures, [])
})
