import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../support/databases.ts'
import type { Reply } from '../support/harness.ts'
import { CHAT, makeKey, question, startGate, type TestGate } from './gate.ts'
import { type Revocation, revocations } from './revocations.ts'
import { until } from './upstream.ts'

const ask = (gate: TestGate, key: string) => gate.app.send('POST', CHAT, { key, body: question })

function isRefused(reply: Reply, { code, sentence }: Revocation) {
  assert.equal(reply.status, 401, reply.text)
  assert.deepEqual(Object.keys(reply.body.error).sort(), ['code', 'message', 'param', 'type'])
  assert.equal(reply.body.error.code, code)
  assert.match(reply.body.error.message, sentence)
  assert.equal(reply.body.error.type, 'invalid_request_error')
  assert.equal(reply.headers.get('x-gatehouse-error-source'), 'gateway')
}

for (const database of databases) {
  for (const [what, arrange] of Object.entries(revocations)) {
    test(`${database}: ${what} opens nothing from the very next request on`, async () => {
      await using gate = await startGate({ database })
      const one = await arrange(gate)
      for (let warm = 0; warm < 3; warm++) assert.equal((await ask(gate, one.key)).status, 200)
      const reached = gate.upstream.calls.length
      await one.revoke()
      isRefused(await ask(gate, one.key), one)
      isRefused(await ask(gate, one.key), one)
      assert.equal(gate.upstream.calls.length, reached)
      if (!one.restore) return
      await one.restore()
      assert.equal((await ask(gate, one.key)).status, 200)
    })
  }

  test(`${database}: calls that were let in end in peace, and none is let in after the key's deletion`, async () => {
    await using gate = await startGate({ database })
    const release = Promise.withResolvers<void>()
    gate.upstream.answer(async ({ whole, response }) => {
      await whole
      await release.promise
      response.end('{}')
    })
    const inFlight = Array.from({ length: 50 }, () => ask(gate, gate.key))
    await until(() => gate.upstream.calls.length === 50, '50 calls at the upstream')
    await gate.app.admin().organization.projects.apiKeys.delete(gate.keyId, { project_id: gate.projectId })
    const refused = await Promise.all(Array.from({ length: 20 }, () => ask(gate, gate.key)))
    for (const reply of refused) assert.deepEqual([reply.status, reply.body.error.code], [401, 'invalid_api_key'])
    release.resolve()
    for (const reply of await Promise.all(inFlight)) assert.equal(reply.status, 200)
    assert.equal(gate.upstream.calls.length, 50)
  })

  test(`${database}: a key that is deleted while its first calls are still being looked up opens nothing afterwards`, async () => {
    await using gate = await startGate({ database })
    const { apiKeys } = gate.app.admin().organization.projects
    for (let round = 0; round < 25; round++) {
      const { key, keyId } = await makeKey(gate.app, gate.projectId)
      const early = Array.from({ length: 5 }, () => ask(gate, key))
      await apiKeys.delete(keyId, { project_id: gate.projectId })
      const late = await Promise.all(Array.from({ length: 5 }, () => ask(gate, key)))
      assert.deepEqual(new Set(late.map(({ status }) => status)), new Set([401]), `round ${round}`)
      await Promise.all(early)
      assert.equal((await ask(gate, key)).status, 401)
    }
  })
}
