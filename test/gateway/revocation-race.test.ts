import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { CHAT, makeKey, openCall, question, startGate } from './gate.ts'
import { startSlowPostgres } from './slow-postgres.ts'
import { until } from './upstream.ts'

const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }

/** Only the look-up of a key's grant compares this column. */
const LOOK_UP = '"k"."hash" ='

test('postgres: what the database said before a deletion, and the network delivers after it, lets nobody in', async () => {
  await using database = await openTestDatabase('postgres')
  await using slow = await startSlowPostgres(database.url)
  await using app = await startTestApp({ databaseUrl: slow.url })
  const { key, keyId, projectId } = await makeKey(app)
  const ask = async () => (await app.send('POST', CHAT, { key, body })).status
  const { apiKeys } = app.admin().organization.projects
  // The connections that the deletion needs are there, and none is the one whose answer is held back.
  await Promise.all(Array.from({ length: 5 }, () => apiKeys.list(projectId)))

  const answer = slow.hold(LOOK_UP)
  const before = ask()
  await until(answer.held, 'the look-up')
  await apiKeys.delete(keyId, { project_id: projectId })
  assert.equal(await ask(), 401)
  answer.release()
  // It began while the key was there, so it may be let in; what it learned must not be kept.
  await before
  assert.equal(await ask(), 401)
})

for (const method of ['GET', 'POST']) {
  test(`postgres: a client that leaves its ${method} while its key is looked up costs the model server nothing`, async () => {
    await using database = await openTestDatabase('postgres')
    await using slow = await startSlowPostgres(database.url)
    await using gate = await startGate({ databaseUrl: slow.url })
    const answer = slow.hold(LOOK_UP)
    const call = openCall(gate, method === 'GET' ? '/v1/models' : CHAT, { method })
    call.end(method === 'GET' ? undefined : JSON.stringify(question))
    await until(answer.held, 'the look-up')
    call.destroy()
    // One is the request for the metrics itself.
    await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'the end of the call')
    answer.release()
    // The key is known now: this call is behind the other one in every queue.
    const reply = await gate.app.send('POST', '/v1/embeddings', { key: gate.key, body: { model: 'm1', input: 'x' } })
    assert.equal(reply.status, 200)
    const urls = gate.upstream.calls.map(({ request }) => request.url)
    assert.deepEqual(urls, ['/v1/embeddings'])
  })
}
