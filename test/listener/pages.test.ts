import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PrometheusMetrics } from '../../src/listener/metrics.ts'
import { createOperations } from '../../src/listener/operations.ts'
import { makeKey } from '../gateway/gate.ts'
import { Wire } from '../gateway/wire.ts'
import { ADMIN_KEY, startTestApp } from '../support/harness.ts'

/** The pages that anybody may ask for, the work that they ask for counted. */
function pages() {
  const work = { address: 0, ready: 0, gauges: 0 }
  const metrics = new PrometheusMetrics()
  metrics.gauge('gatehouse_body_bytes', () => ++work.gauges)
  const handle = createOperations({
    newId: () => 'req_000000000000000000000000',
    metrics,
    version: '1.0.0',
    publicUrl: () => `http://gate.example/${++work.address}`,
    started: () => ++work.ready < 0,
    // Not asked before the start is over.
    readiness: () => Promise.reject(new Error('asked')),
    doors: ['admin', 'gateway', 'check', 'docs'],
  })
  /** What so many who ask in the same moment get. */
  const ask = (url: string, count: number) =>
    Promise.all(
      Array.from(
        { length: count },
        () =>
          new Promise<unknown>((resolve) => {
            const request = { url, method: 'GET' } as IncomingMessage
            const response = { req: request, writeHead() {}, end: resolve }
            handle(request, response as unknown as ServerResponse)
          }),
      ),
    )
  return { ask, work }
}

test('a page that says the same to everybody is made once, as the bytes that are sent', async () => {
  const { ask, work } = pages()
  for (const url of ['/', '/healthz', '/invite', '/openapi.json', '/openapi.json?again']) {
    const [first, ...others] = [...(await ask(url, 50)), ...(await ask(url, 50))]
    assert.ok(Buffer.isBuffer(first), url)
    for (const other of others) assert.equal(other, first, url)
  }
  assert.equal(work.address, 1)
})

test('what says how things are now is found out once for all who ask in the same moment, and anew for the next', async () => {
  const { ask, work } = pages()
  for (let moment = 1; moment <= 3; moment++) {
    await ask('/readyz', 100)
    await ask('/metrics', 100)
    assert.deepEqual([work.ready, work.gauges], [moment, moment])
    await sleep(1)
  }
})

test('no page is more than twice its request and a fixed number of bytes', async () => {
  await using app = await startTestApp()
  const long = 'x'.repeat(15_000)
  const most: Record<string, number> = {
    '/': 2000,
    '/healthz': 2000,
    '/readyz': 2000,
    '/metrics': 65_536,
    '/invite': 8000,
    '/openapi.json': 400_000,
    '/nowhere': 2000,
    [`/${long}`]: 2000,
    [`/healthz?${long}`]: 2000,
    [`/"${long.replaceAll('x', '"')}`]: 2000,
    [`/v1/${long}`]: 2000,
    [`/v1/models/${long}`]: 2000,
    [`/v1/organization/${long}`]: 2000,
    [`/v1/organization/projects/${long}`]: 2000,
    [`/v1/organization/projects?${long}`]: 2000,
    [`/check/${long}`]: 2000,
  }
  for (const [url, bytes] of Object.entries(most)) {
    for (const key of ['', `Authorization: Bearer ${'k'.repeat(300)}\r\n`]) {
      using wire = await Wire.open(app.url)
      const request = `GET ${url} HTTP/1.1\r\nHost: gate\r\n${key}\r\n`
      await wire.send(request)
      const { headers, body } = await wire.reply()
      const size = JSON.stringify(headers).length + body.length
      assert.ok(size <= bytes + 2 * request.length, `${url.slice(0, 40)}: ${size} bytes`)
    }
  }
})

test('a query is read only for those who are known: a stranger is told that he is none, the others that it is too long', async () => {
  await using app = await startTestApp()
  const { key } = await makeKey(app)
  const many = '?x=1&x=2'.padEnd(2000, '&x=3')
  for (const [path, known] of [
    ['/v1/organization/projects', ADMIN_KEY],
    ['/v1/responses/resp_1', key],
  ] as const) {
    assert.equal((await app.send('GET', path + many, { key: null })).status, 401, path)
    const { status, text } = await app.send('GET', path + many, { key: known })
    assert.equal(status, 400, path)
    assert.match(text, /more than 256 parameters/)
  }
})

test('a body that is sent to nowhere is not read', async () => {
  await using app = await startTestApp()
  for (const path of ['/v1/organization/nowhere', '/v1/nowhere', '/nowhere']) {
    using wire = await Wire.open(app.url)
    await wire.send(
      `POST ${path} HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{`,
    )
    assert.equal((await wire.reply()).status, 404, path)
  }
})
