import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Asking } from './asking.ts'
import { ProviderDown } from './failure.ts'

/** Something that answers at an address, and how often it was asked. */
async function answering(answer: RequestListener) {
  const self = { url: '', asked: 0, [Symbol.asyncDispose]: async () => void server.close().closeAllConnections() }
  const server = createServer((request, response) => {
    self.asked++
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  self.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return self
}

const document = { method: 'GET' }
const ofOne = { method: 'POST', body: new URLSearchParams({ code: 'x' }) }
const isDown = (isNews: boolean) => (error: Error) => error instanceof ProviderDown && error.isNews === isNews
const MEGABYTE = 'x'.repeat(1_048_576)

const bad: [string, RequestListener][] = [
  ['answers with an error', (_, response) => response.writeHead(500).end()],
  ['answers what is no JSON', (_, response) => response.end('<html>')],
  ['answers a text', (_, response) => response.end('"x"')],
  ['closes the connection', (request) => request.socket.destroy()],
  ['sends a megabyte', (_, response) => response.end(JSON.stringify({ MEGABYTE }))],
  [
    'sends little that unpacks to a megabyte',
    (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(JSON.stringify({ MEGABYTE }))),
  ],
]
for (const [what, answer] of bad) {
  test(`a provider that ${what} is left alone for ten seconds, whoever comes, and asked anew then`, async () => {
    let isWell = false
    await using provider = await answering((request, response) =>
      isWell ? response.end('{}') : answer(request, response),
    )
    let now = 1_000_000
    const { ask } = new Asking(provider.url, () => now)
    await assert.rejects(ask(provider.url, document), isDown(true))
    for (const question of [document, ofOne, document]) await assert.rejects(ask(provider.url, question), isDown(false))
    assert.equal(provider.asked, 1)
    now += 9999
    await assert.rejects(ask(provider.url, document), isDown(false))
    isWell = true
    now += 1
    assert.deepEqual(await (await ask(provider.url, document)).json(), {})
    assert.equal(provider.asked, 2)
    // A clock that steps back makes no rest longer.
    isWell = false
    await assert.rejects(ask(provider.url, document), isDown(true))
    isWell = true
    now -= 3_600_000
    assert.equal((await ask(provider.url, document)).status, 200)
  })
}

test('what is wrong with the answer about one of its users keeps nobody else waiting', async () => {
  let answer: RequestListener = (_, response) => response.end(MEGABYTE)
  await using provider = await answering((request, response) => answer(request, response))
  const { ask } = new Asking(provider.url, () => 0)
  const ofUser = { method: 'GET', headers: { authorization: 'Bearer x' } }
  for (const question of [ofOne, ofUser]) await assert.rejects(ask(provider.url, question), isDown(true))
  answer = (_, response) => response.writeHead(400).end('{"error":"invalid_grant"}')
  for (const question of [ofOne, ofUser]) assert.equal((await ask(provider.url, question)).status, 400)
  assert.equal(provider.asked, 4)
})

test('no question is led to another address', async () => {
  await using elsewhere = await answering((_, response) => response.end('{}'))
  await using provider = await answering((_, response) => response.writeHead(302, { location: elsewhere.url }).end())
  await assert.rejects(new Asking(provider.url, () => 0).ask(provider.url, document), isDown(true))
  assert.equal((await new Asking(provider.url, () => 0).ask(provider.url, ofOne)).status, 302)
  assert.deepEqual([provider.asked, elsewhere.asked], [2, 0])
})

test('a provider has no other machine asked but by TLS, and none on this one where it is elsewhere itself', async () => {
  await using here = await answering((_, response) => response.end('{}'))
  const refused = async (issuer: string, url: string) => {
    const asking = new Asking(issuer, () => 0).ask(url, document)
    await assert.rejects(asking, (error: Error) => isDown(true)(error) && error.message.includes('which is not asked'))
  }
  await refused('https://id.example', here.url)
  for (const url of [
    'http://169.254.169.254/latest/meta-data/',
    'http://id.example/keys',
    'http://127.0.0.1.example/',
    'file:///etc/passwd',
    'data:application/json,{}',
  ]) {
    for (const issuer of ['https://id.example', here.url]) await refused(issuer, url)
  }
  assert.equal((await new Asking(here.url, () => 0).ask(here.url, document)).status, 200)
  assert.equal(here.asked, 1)
})
