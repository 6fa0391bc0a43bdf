import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCall, question, replyTo, startGate } from '../gate.ts'

for (const path of ['/v1/chat/completions', '/check/v1/chat/completions']) {
  test(`${path}: a key whose end comes while the body arrives opens nothing`, async () => {
    await using gate = await startGate()
    const { apiKeys } = gate.app.admin().organization.projects
    await apiKeys.update(gate.keyId, { project_id: gate.projectId, expires_in_seconds: 600 })
    const body = JSON.stringify(question)
    const call = openCall(gate, path, { headers: { 'content-length': body.length, expect: '100-continue' } })
    // Told to go on, so its head is with the gate.
    await new Promise((resolve) => call.once('continue', resolve).flushHeaders())
    call.write(body.slice(0, 5))
    gate.app.advance(600)
    call.end(body.slice(5))
    const { response, chunks, ended } = await replyTo(call)
    await ended
    assert.equal(response.statusCode, 401)
    assert.match(Buffer.concat(chunks).toString(), /The key has expired/)
    assert.equal(gate.upstream.calls.length, 0)
  })
}
