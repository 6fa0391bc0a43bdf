import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { NoList } from '../../../src/gateway/upstreams/forwarding.ts'
import { httpUpstream } from '../../../src/gateway/upstreams/http.ts'
import { databases } from '../../support/databases.ts'
import { modelsFile } from '../../support/models-file.ts'
import { CHAT, question, startGate } from '../gate.ts'
import { json, until } from '../upstream.ts'

const MB = 1024 * 1024
const witness = { name: 'main', reached() {}, failed() {}, usageUnknown() {} }

/** What is made of a list of models that comes as these bytes. */
async function read(bytes: Buffer | string, headers: Record<string, string> = {}, key: string | null = null) {
  await using stack = new AsyncDisposableStack()
  const server = createServer((_request, response) => response.writeHead(200, headers).end(bytes))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const upstream = httpUpstream({ url, key })
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
  await assert.rejects(read(Buffer.alloc(5 * MB, ' ')), NoList)
  assert.deepEqual(await read(Buffer.concat([Buffer.alloc(3 * MB, ' '), Buffer.from(list({ id: 'm1' }))])), [
    { id: 'm1' },
  ])
})

test('of what a model server lists only names of a decent length are taken, and when each was made', async () => {
  const long = 'x'.repeat(200)
  const odd = [null, 7, {}, { id: '' }, { id: 7 }, { id: `${long}y` }, []]
  const created = ['5', -1, 1.5, 1e300, null, {}].map((one, i) => ({ id: `c${i}`, created: one }))
  assert.deepEqual(await read(list(...odd, { id: long, created: 5 }, ...created)), [
    { id: long, created: 5 },
    ...created.map(({ id }) => ({ id })),
  ])
})

test('names that nobody could read, keep or tell apart are left out, and so is one that quotes our key', async () => {
  const odd = ['a\\u0000', '\\u202egpt', '\\ud800x', 'x\\udc00', 'zero\\u200bwidth', ' m1', 'm1\\n', '\\u001b[31m'].map(
    (id) => `{"id":"${id}"}`,
  )
  const body = Buffer.concat([
    Buffer.from(`{"data":[${odd},{"id":"sk-upstream-0123456789"},{"id":"m-sk-upstream-0123456789"},{"id":"`),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"},{"id":"\u{1f999}"},{"id":"m1"},{"id":"m1"}]}'),
  ])
  const names = (await read(body, {}, 'sk-upstream-0123456789')).map(({ id }) => id)
  assert.deepEqual(names, ['\u{1f999}', 'm1', 'm1'])
})

for (const database of databases) {
  test(`${database}: a model server's odd names break no list and no report`, async () => {
    const hostile = ['a\0b', '\u202egpt', '\ud800', '*default', 'big-shared'].map((id) => ({ id }))
    await using file = await modelsFile({
      m1: { shared_pool: 'big', organization_limits: { max_requests_per_1_minute: 7 } },
    })
    const env = { GATEHOUSE_CONFIG: file.path }
    await using gate = await startGate({ database, env, models: [...hostile, { id: 'm2' }] })
    const listed = await gate.app.send('GET', '/v1/models', { key: gate.key })
    assert.deepEqual(
      listed.body.data.map(({ id }: { id: string }) => id),
      ['m1', 'm2'],
    )
    const limits = await gate.app.send('GET', `/v1/organization/projects/${gate.projectId}/rate_limits`)
    const rows = new Map<string, number>(
      limits.body.data.map((row: { model: string; max_requests_per_1_minute: number }) => [
        row.model,
        row.max_requests_per_1_minute,
      ]),
    )
    assert.deepEqual([...rows.keys()].sort(), ['*default', 'big-shared', 'm1', 'm2'])
    assert.equal(rows.get('big-shared'), 7)
    for (const { id } of hostile) {
      const reply = await gate.app.send('POST', CHAT, { key: gate.key, body: { ...question, model: id } })
      assert.deepEqual([reply.status, reply.body.error.code], [404, 'model_not_found'], JSON.stringify(id))
    }
  })

  test(`${database}: a name that no database keeps is no model of a server without a list either, and usage goes on`, async () => {
    await using gate = await startGate({ database })
    gate.upstream.answer(json({ usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 } }))
    for (const model of ['a\0b', '\ud800', 'x'.repeat(300)]) {
      const reply = await gate.app.send('POST', CHAT, { key: gate.key, body: { ...question, model } })
      assert.deepEqual([reply.status, reply.body.error.code], [404, 'model_not_found'], JSON.stringify(model))
    }
    assert.equal((await gate.app.send('POST', CHAT, { key: gate.key, body: question })).status, 200)
    const start = Math.floor(Date.now() / 1000) - 3600
    const asked = `/v1/organization/usage/completions?start_time=${start}&group_by=model&bucket_width=1d`
    await until(async () => {
      const { body } = await gate.app.send('GET', asked)
      return body.data.some(({ results }: { results: { model: string }[] }) =>
        results.some(({ model }) => model === 'm1'),
      )
    }, 'the use of the model that is one')
  })
}

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
