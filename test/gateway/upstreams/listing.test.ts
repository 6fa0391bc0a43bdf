import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { NoList } from '../../../src/gateway/upstreams/forwarding.ts'
import { httpUpstream } from '../../../src/gateway/upstreams/http.ts'
import { startGate } from '../gate.ts'

const MB = 1024 * 1024
const witness = { name: 'main', reached() {}, failed() {} }

/** What is made of a list of models that comes as these bytes. */
async function read(bytes: Buffer | string, headers: Record<string, string> = {}) {
  await using stack = new AsyncDisposableStack()
  const server = createServer((_request, response) => response.writeHead(200, headers).end(bytes))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const upstream = httpUpstream({ url, key: null })
  stack.defer(() => upstream.close())
  return await upstream.models(witness)
}

const list = (...data: unknown[]) => JSON.stringify({ object: 'list', data })

for (const [coding, compress] of Object.entries({
  gzip: gzipSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
})) {
  test(`a list of models that comes in ${coding} is read, and unpacked no further than a plain one may be long`, async () => {
    const headers = { 'content-encoding': coding }
    assert.deepEqual(await read(compress(list({ id: 'm1' })), headers), [{ id: 'm1' }])
    const bomb = compress(Buffer.alloc(64 * MB, ' '))
    assert.ok(bomb.length < MB)
    await assert.rejects(read(bomb, headers), (error: Error) => error instanceof NoList && /longer/.test(error.message))
  })
}

test('a plain list of models that is too long is none', async () => {
  await assert.rejects(read(Buffer.alloc(17 * MB, ' ')), NoList)
})

test('of what a model server lists only names of a decent length are taken, and when each was made', async () => {
  const long = 'x'.repeat(200)
  const odd = [null, 7, 'm1', {}, { id: '' }, { id: 7 }, { id: `${long}y` }, []]
  const created = ['5', -1, 1.5, 1e300, null, {}].map((one, i) => ({ id: `c${i}`, created: one }))
  assert.deepEqual(await read(list(...odd, { id: long, created: 5 }, ...created)), [
    { id: long, created: 5 },
    ...created.map(({ id }) => ({ id })),
  ])
})

test("a listed model is shown with its name and its time, never with its server's files, owners and permissions", async () => {
  const theirs = {
    id: 'm1',
    object: 'theirs',
    created: 5,
    owned_by: 'org-theirs',
    root: '/srv/models/theirs',
    parent: 'theirs',
    permission: [{ id: 'modelperm-theirs', organization: 'theirs' }],
    description: 'theirs',
    litellm_params: { api_base: 'http://10.0.0.1/theirs' },
  }
  await using gate = await startGate({ models: [theirs] })
  const shown = { id: 'm1', object: 'model', created: 5, owned_by: 'organization' }
  const one = await gate.app.send('GET', '/v1/models/m1', { key: gate.key })
  assert.deepEqual(one.body, shown)
  const all = await gate.app.send('GET', '/v1/models', { key: gate.key })
  assert.deepEqual(all.body, { object: 'list', data: [shown] })
})
