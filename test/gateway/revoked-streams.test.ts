import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { metered } from './declared.ts'
import { CHAT, makeKey, openCall, replyTo, startGate, type TestGate } from './gate.ts'
import { revocations } from './revocations.ts'
import { EVENTS, event, until } from './upstream.ts'

const body = JSON.stringify({ model: 'm1', messages: [{ role: 'user', content: 'Hi.' }], stream: true })
const said = event({ choices: [{ index: 0, delta: { content: 'one two three' } }] })

/** A stream in its middle, of which the model server never says the end. */
async function streaming(gate: Pick<TestGate, 'app' | 'upstream'>, key: string, head: Record<string, string> = EVENTS) {
  const number = gate.upstream.calls.length
  gate.upstream.answer(({ response }) => {
    response.writeHead(200, head)
    response.write(said)
  })
  const call = openCall({ app: gate.app, key }, CHAT)
  call.end(body)
  const reply = await replyTo(call)
  await until(() => reply.chunks.length > 0, 'the first event')
  return { reply, served: await gate.upstream.call(number) }
}

const isOver = (gate: TestGate) =>
  until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'the end of all calls')

for (const database of databases) {
  for (const [what, arrange] of Object.entries(revocations)) {
    test(`${database}: the running stream of ${what} is cut, its work cancelled, and what was delivered is metered`, async () => {
      await using gate = await startGate({ database })
      const { key, revoke } = await arrange(gate)
      const { reply, served } = await streaming(gate, key)
      const other = await makeKey(gate.app)
      const others = await streaming(gate, other.key)
      await revoke()
      assert.equal(await reply.ended, 'broken')
      await until(() => served.cancelled, 'the model server is told')
      assert.equal(Buffer.concat(reply.chunks).toString(), said)
      await until(async () => (await metered(gate, gate)).length > 0, 'it is metered')
      const [row] = await metered(gate, gate)
      assert.ok(row && row.num_model_requests === 1 && row.output_tokens > 0)

      assert.ok(!others.served.cancelled)
      others.served.response.end(said)
      assert.equal(await others.reply.ended, 'complete')
      await isOver(gate)
    })
  }

  test(`${database}: a stream that is labelled as something else is cut, too`, async () => {
    await using gate = await startGate({ database })
    const { reply, served } = await streaming(gate, gate.key, { 'content-type': 'text/plain' })
    await gate.app.admin().organization.projects.apiKeys.delete(gate.keyId, { project_id: gate.projectId })
    assert.equal(await reply.ended, 'broken')
    await until(() => served.cancelled, 'the model server is told')
  })

  test(`${database}: a stream is cut where its key was revoked before it began`, async () => {
    await using gate = await startGate({ database })
    const begin = Promise.withResolvers<void>()
    gate.upstream.answer(async ({ response }) => {
      await begin.promise
      response.writeHead(200, EVENTS)
      response.write(said)
    })
    const call = openCall(gate, CHAT)
    call.end(body)
    const reply = replyTo(call)
    const served = await gate.upstream.call()
    await gate.app.admin().organization.projects.apiKeys.delete(gate.keyId, { project_id: gate.projectId })
    begin.resolve()
    await reply
      .then(
        ({ ended }) => ended,
        () => 'broken',
      )
      .then((end) => assert.equal(end, 'broken'))
    await until(() => served.cancelled, 'the model server is told')
    await isOver(gate)
  })

  test(`${database}: what changes and leaves the key what it needs cuts no stream`, async () => {
    await using gate = await startGate({ database })
    const streams = [await streaming(gate, gate.key), await streaming(gate, gate.key)]
    const { projects } = gate.app.admin().organization
    await projects.update(gate.projectId, { name: 'another name' })
    const { keyId, key } = await makeKey(gate.app, gate.projectId)
    const third = await streaming(gate, key)
    await projects.apiKeys.delete(keyId, { project_id: gate.projectId })
    assert.equal(await third.reply.ended, 'broken')
    for (const { reply, served } of streams) {
      assert.ok(!served.cancelled)
      served.response.end(said)
      assert.equal(await reply.ended, 'complete')
    }
  })

  test(`${database}: with GATEHOUSE_REVOKED_STREAMS=finish a stream runs to its end`, async () => {
    await using gate = await startGate({ database, env: { GATEHOUSE_REVOKED_STREAMS: 'finish' } })
    const { reply, served } = await streaming(gate, gate.key)
    const { projects } = gate.app.admin().organization
    await projects.apiKeys.delete(gate.keyId, { project_id: gate.projectId })
    assert.equal((await gate.app.send('GET', '/v1/models', { key: gate.key })).status, 401)
    served.response.end(said)
    assert.equal(await reply.ended, 'complete')
    assert.equal(Buffer.concat(reply.chunks).toString(), said + said)
  })
}

test('postgres: a stream of one node is cut when another one revokes its key', async () => {
  await using database = await openTestDatabase('postgres')
  await using gate = await startGate({ databaseUrl: database.url })
  await using other = await startTestApp({ databaseUrl: database.url })
  const { reply, served } = await streaming(gate, gate.key)
  await other.admin().organization.projects.apiKeys.delete(gate.keyId, { project_id: gate.projectId })
  assert.equal(await reply.ended, 'broken')
  await until(() => served.cancelled, 'the model server is told')
})
