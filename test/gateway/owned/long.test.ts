import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import type { Declaration } from '../../../src/gateway/routes/declaration.ts'
import { routes } from '../../../src/gateway/routes/table.ts'
import { databases } from '../../support/databases.ts'
import { openCall, replyTo, startGate } from '../gate.ts'
import { json, until } from '../upstream.ts'
import { startShared } from './shared.ts'

const all = Object.values(routes) as Declaration[]

/** A file of which half has come, and whose model server never sends the rest. */
async function coming(options: Parameters<typeof startGate>[0] = {}) {
  const env = { GATEHOUSE_UPSTREAM_OFFERS: 'files', ...options.env }
  const gate = await startGate({ ...options, env })
  gate.upstream.answer(json({ id: 'file-1', object: 'file', purpose: 'user_data' }))
  const form = new FormData()
  form.append('purpose', 'user_data')
  form.append('file', new Blob(['whole']), 'x.txt')
  const headers = { authorization: `Bearer ${gate.key}` }
  assert.equal((await fetch(`${gate.app.url}/v1/files`, { method: 'POST', headers, body: form })).status, 200)
  gate.upstream.answer(({ response }) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': '5' })
    response.write('wh')
  })
  const call = openCall(gate, '/v1/files/file-1/content', { method: 'GET' })
  call.end()
  const reply = await replyTo(call)
  await until(() => reply.chunks.length > 0, 'its beginning')
  return { gate, reply, served: await gate.upstream.call(1) }
}

for (const database of databases) {
  test(`${database}: the content of a file is cut when its key is revoked, and its model server sends no more`, async () => {
    const { gate, reply, served } = await coming({ database })
    await using _ = gate
    await gate.app.admin().organization.projects.apiKeys.delete(gate.keyId, { project_id: gate.projectId })
    assert.equal(await reply.ended, 'broken')
    await until(() => served.cancelled, 'the model server is told')
  })
}

test('with GATEHOUSE_REVOKED_STREAMS=finish it comes whole', async () => {
  const { gate, reply, served } = await coming({ env: { GATEHOUSE_REVOKED_STREAMS: 'finish' } })
  await using _ = gate
  await gate.app.admin().organization.projects.apiKeys.delete(gate.keyId, { project_id: gate.projectId })
  assert.equal((await gate.app.send('GET', '/v1/files', { key: gate.key })).status, 401)
  served.response.end('ole')
  assert.equal(await reply.ended, 'complete')
  assert.equal(Buffer.concat(reply.chunks).toString(), 'whole')
})

test('there is no HEAD of what is long or is a list, which asks no model server; of one thing there is', async () => {
  await using it = await startShared()
  const { id } = await it.a.client.files.create({ file: await toFile(Buffer.from('x'), 'a.txt'), purpose: 'user_data' })
  const none = all.filter(({ isLong, lists }) => isLong || lists !== null)
  assert.ok(none.length >= 2 && none.every(({ method }) => method === 'GET'))
  const before = it.account.requests.length
  for (const { path } of none) {
    const head = await it.app.send('HEAD', path.replace(/\{\w+\}/g, id), { key: it.a.key })
    assert.deepEqual([head.status, head.text], [405, ''], path)
    const allowed = head.headers.get('allow')?.split(', ') ?? []
    assert.ok(allowed.includes('GET') && !allowed.includes('HEAD'), `${path}: ${allowed}`)
  }
  assert.equal(it.account.requests.length, before, 'the model server was asked')
  const [get, head] = [
    await it.app.send('GET', `/v1/files/${id}`, { key: it.a.key }),
    await it.app.send('HEAD', `/v1/files/${id}`, { key: it.a.key }),
  ]
  assert.deepEqual([head.status, head.text, get.status], [200, '', 200])
  assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(get.text)))
})
