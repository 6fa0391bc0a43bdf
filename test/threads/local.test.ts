import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { createListener } from '../../src/listener/listener.ts'
import { listenForThreads } from '../../src/machine/local-server.ts'
import { forwardedTo } from '../../src/thread/forward.ts'
import { until } from '../gateway/upstream.ts'

const newId = () => 'req_000000000000000000000000'

/** A listener whose operations are answered over the way between threads, by what a test says. */
async function forwarding(answer: Parameters<typeof listenForThreads>[0]['operations']) {
  await using stack = new AsyncDisposableStack()
  const { line } = stack.use(await listenForThreads({ admin: null, operations: answer }))
  const doors = { admin: null, gateway: null, check: null, operations: forwardedTo(line, newId) }
  const server = createListener(doors, newId, { begun() {}, ended() {}, cut() {} })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const rest = stack.move()
  return { line, port, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

test('nobody is answered who does not say the secret, in time and first', async () => {
  let asked = 0
  await using way = await forwarding((_request, response) => {
    asked++
    response.end('{}')
  })
  const { path, secret } = way.line
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  const get = 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'
  const said = (word: unknown) => `${JSON.stringify({ secret: word, address: '10.0.0.1', certificate: null })}\n${get}`
  for (const bytes of [get, `\n${get}`, said(''), said(secret.slice(1)), said(`${secret}0`), 'x'.repeat(200_000)]) {
    const socket = connect(path)
    socket.on('error', () => {}).write(bytes)
    assert.equal(await text(socket).catch(() => ''), '', bytes.slice(0, 40))
  }
  assert.equal(asked, 0)
  const socket = connect(path)
  socket.write(said(secret))
  const [reply] = await once(socket, 'data')
  assert.match(String(reply), /^HTTP\/1\.1 200 /)
  socket.destroy()
})

test('a request arrives as it came, whoever it says that it is of, and its reply leaves as it was written', async () => {
  await using way = await forwarding(async (asked, response) => {
    const { method, url, rawHeaders, socket } = asked
    const facts = { method, url, rawHeaders, address: socket.remoteAddress, body: (await text(asked)).length }
    response.setHeader('set-cookie', ['a=1', 'b=2'])
    response.writeHead(418, { 'x-fact': 'é' }).end(JSON.stringify(facts))
  })
  const ask = async (method: string, headers: string[], body?: string) => {
    const call = request(`${way.url}/any?thing=%20`, { method, headers, agent: false })
    call.end(body)
    const [reply] = await once(call, 'response')
    assert.deepEqual([reply.statusCode, reply.headers['set-cookie']], [418, ['a=1', 'b=2']])
    return method === 'HEAD' ? null : JSON.parse(await text(reply))
  }
  const headers = ['Host', 'gate', 'X-Twice', '1', 'x-twice', '2', 'x-forwarded-for', '10.9.9.9']
  const same = { url: '/any?thing=%20', address: '127.0.0.1' }
  const rawHeaders = [
    'Host',
    'gate',
    'X-Twice',
    '1',
    'X-Twice',
    '2',
    'x-forwarded-for',
    '10.9.9.9',
    'connection',
    'keep-alive',
  ]
  assert.deepEqual(await ask('GET', headers), { ...same, method: 'GET', rawHeaders, body: 0 })
  assert.equal(await ask('HEAD', headers), null)
  const posted = await ask('POST', [...headers, 'Content-Length', '5'], 'hello')
  assert.deepEqual([posted.body, posted.rawHeaders.includes('Content-Length')], [5, true])
  const chunked = await ask('PUT', [...headers, 'Transfer-Encoding', 'chunked'], 'x'.repeat(3_000_000))
  assert.equal(chunked.body, 3_000_000)
  // What has no body has none there either, nor a word about one.
  const empty = await ask('DELETE', headers)
  assert.deepEqual(empty.rawHeaders, rawHeaders)
})

test('a reply is read no faster than its client reads it, and whichever side leaves, the other hears of it', async () => {
  let written = 0
  let left = false
  const broken = Promise.withResolvers<void>()
  await using way = await forwarding((asked, response) => {
    response.once('close', () => {
      left = true
    })
    if (asked.url === '/broken') {
      response.write('some')
      void broken.promise.then(() => response.destroy())
      return
    }
    const more = () => {
      while (!response.destroyed) {
        written += 65_536
        if (!response.write(Buffer.alloc(65_536))) return
      }
    }
    response.on('drain', more)
    more()
  })
  const slow = request(`${way.url}/endless`, { agent: false })
  slow.on('error', () => {}).end()
  const [reply] = await once(slow, 'response')
  reply.on('error', () => {})
  let before = -1
  await until(async () => {
    const still = before === written
    before = written
    await new Promise((resolve) => setTimeout(resolve, 50))
    return still && written > 0
  }, 'a writer that waits')
  assert.ok(written < 64 * 1024 * 1024, `${written} bytes`)
  slow.destroy()
  await until(() => left, 'the client has left')
  const cut = request(`${way.url}/broken`, { agent: false })
  cut.on('error', () => {}).end()
  const [begun] = await once(cut, 'response')
  broken.resolve()
  await assert.rejects(text(begun))
})
