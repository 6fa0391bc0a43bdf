import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mintKey } from '../../src/core/key.ts'
import { command } from '../support/command.ts'
import { type DatabaseKind, databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { CHAT, makeKey, openCall, question, replyTo, startGate, type TestGate } from './gate.ts'
import { makeUser, makeUserKey } from './people.ts'
import { until } from './upstream.ts'

const ask = async (app: TestApp, key: string) => (await app.send('POST', CHAT, { key, body: question })).status

/** Callers that never rest, each on the next key in turn; every call is remembered with the time it started. */
function constantLoad(app: TestApp, keys: string[], callers: number) {
  const made: { key: string; startedAt: number; status: number }[] = []
  let stopped = false
  const caller = async (first: number) => {
    for (let turn = first; !stopped; turn++) {
      const key = keys[turn % keys.length] ?? ''
      const startedAt = performance.now()
      made.push({ key, startedAt, status: await ask(app, key) })
    }
  }
  const running = Array.from({ length: callers }, (_, i) => caller(i))
  const stop = async () => {
    stopped = true
    await Promise.all(running)
  }
  return {
    made,
    stop,
    get stopped() {
      return stopped
    },
  }
}

/** A call whose body comes in two halves. It has started when its head is sent. */
function slowCall(gate: TestGate, key: string) {
  const call = openCall({ app: gate.app, key }, CHAT, { headers: { 'content-length': String(text.length) } })
  call.write(text.slice(0, 20))
  // A refusal does not wait for the second half.
  const replied = replyTo(call)
  return {
    async finish(): Promise<number> {
      call.end(text.slice(20))
      const { response, ended } = await replied
      await ended
      return response.statusCode ?? 0
    },
  }
}
const text = JSON.stringify(question)

for (const database of databases) {
  test(`${database}: a key is deleted while 50 clients use it, fast and slow: no call that starts after the 200 succeeds`, async () => {
    await using gate = await startGate({ database })
    const { key, keyId } = await makeKey(gate.app, gate.projectId)
    const load = constantLoad(gate.app, [key], 40)
    const slow: { startedAt: number; status: number }[] = []
    const dawdling = Array.from({ length: 10 }, async () => {
      while (!load.stopped) {
        const startedAt = performance.now()
        const call = slowCall(gate, key)
        await sleep(5 + 40 * Math.random())
        slow.push({ startedAt, status: await call.finish() })
      }
    })
    await using _ = { [Symbol.asyncDispose]: () => load.stop() }
    await until(() => load.made.length >= 200 && slow.length >= 20, 'calls before the deletion', 30_000)
    await gate.app.admin().organization.projects.apiKeys.delete(keyId, { project_id: gate.projectId })
    const deletedAt = performance.now()
    const isLate = ({ startedAt }: { startedAt: number }) => startedAt >= deletedAt
    const enough = () => load.made.filter(isLate).length >= 200 && slow.filter(isLate).length >= 20
    await until(enough, 'calls after the deletion', 30_000)
    await Promise.all([load.stop(), ...dawdling])
    for (const call of [...load.made, ...slow]) {
      assert.ok(call.status === 401 || (call.status === 200 && !isLate(call)), `${call.status}, late: ${isLate(call)}`)
    }
    // What was refused reached no model server.
    const accepted = [...load.made, ...slow].filter(({ status }) => status === 200).length
    assert.equal(gate.upstream.calls.length, accepted)
  })

  test(`${database}: what is changed while a body arrives holds for its call`, async () => {
    await using gate = await startGate({ database })
    const { projects } = gate.app.admin().organization
    const [deleted, limited, archived] = [await makeKey(gate.app), await makeKey(gate.app), await makeKey(gate.app)]
    const calls = [deleted, limited, archived].map(({ key }) => slowCall(gate, key))
    await until(async () => (await gate.app.metric('gatehouse_body_bytes')) >= 60, 'the first halves')
    await projects.apiKeys.delete(deleted.keyId, { project_id: deleted.projectId })
    const nothing = { project_id: limited.projectId, max_requests_per_1_minute: 0 }
    await projects.rateLimits.updateRateLimit('rl-*default', nothing)
    await projects.archive(archived.projectId)
    const statuses = []
    for (const call of calls) statuses.push(await call.finish())
    assert.deepEqual(statuses, [401, 429, 401])
    assert.equal(gate.upstream.calls.length, 0)
  })

  test(`${database}: under constant load, no call that starts after a deletion's 200 succeeds`, async () => {
    await using gate = await startGate({ database })
    const { apiKeys } = gate.app.admin().organization.projects
    // In one project, so that every deletion throws all their grants out and sets off new look-ups.
    const minted = []
    for (let i = 0; i < 20; i++) minted.push(await makeKey(gate.app, gate.projectId))
    const load = constantLoad(
      gate.app,
      minted.map(({ key }) => key),
      12,
    )
    const deletedAt = new Map<string, number>()
    for (const { key, keyId } of minted) {
      const before = load.made.length
      await until(() => load.made.length >= before + 30, 'calls between two deletions')
      await apiKeys.delete(keyId, { project_id: gate.projectId })
      deletedAt.set(key, performance.now())
    }
    const before = load.made.length
    await until(() => load.made.length >= before + 100, 'calls after the last deletion')
    await load.stop()
    for (const { key, startedAt, status } of load.made) {
      const late = startedAt >= (deletedAt.get(key) ?? 0)
      assert.ok(status === 401 || (status === 200 && !late), `${status}, ${late ? 'after' : 'before'} the deletion`)
    }
    for (const { key } of minted) assert.ok(load.made.some((call) => call.key === key && call.status === 200))
  })

  test(`${database}: what another connection changes is noticed within five seconds, however busy the key`, async () => {
    await using gate = await startGate({ database })
    const { app } = gate
    const [deleted, archived] = [await makeKey(app, gate.projectId), await makeKey(app)]
    const userId = await makeUser(app, 'owner')
    const removed = await makeUserKey(app, gate.projectId, userId)
    const [{ organization_id }] = (await app.db.selectFrom('project').select('organization_id').limit(1).execute()) as [
      { organization_id: string },
    ]
    const fresh = mintKey('service_account')
    const opensBefore = { [deleted.key]: 200, [archived.key]: 200, [removed.value]: 200, [fresh.value]: 401 }
    for (const [key, status] of Object.entries(opensBefore)) assert.equal(await ask(app, key), status)

    const load = constantLoad(app, Object.keys(opensBefore), 4)
    await app.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('project_api_key').where('id', '=', deleted.keyId).execute()
      await tx.updateTable('project').set({ archived_at: 1 }).where('id', '=', archived.projectId).execute()
      await tx.updateTable('organization_user').set({ removed_at: 1 }).where('id', '=', userId).execute()
      const row = { id: 'key_made_elsewhere', name: 'x', hash: fresh.hash, redacted_value: 'x', scopes: '[]' }
      const owner = {
        project_id: gate.projectId,
        user_id: null,
        service_account_id: deleted.accountId,
        organization_id,
      }
      await tx
        .insertInto('project_api_key')
        .values({ ...row, ...owner, owner_standing: 'own', created_at: 1, expires_at: null, last_used_at: null })
        .execute()
    })
    const changedAt = performance.now()
    const lateWith = (key: string) => load.made.filter((call) => call.key === key && call.startedAt >= changedAt + 5000)
    const keys = Object.keys(opensBefore)
    await until(() => keys.every((key) => lateWith(key).length >= 5), 'calls after five seconds', 15_000)
    await load.stop()
    for (const [key, before] of Object.entries(opensBefore)) {
      for (const { status } of lateWith(key)) assert.equal(status, before === 200 ? 401 : 200)
    }
  })

  test(`${database}: a key that the command line makes beside the running server opens it at once`, async () => {
    await using gate = await startGate({ database })
    const { value } = await makeUserKey(gate.app, gate.projectId, await makeUser(gate.app, 'owner'))
    assert.equal(await ask(gate.app, value), 200)
    const owners = (await gate.app.admin().organization.users.list()).data
    const args = ['admin-key', 'create', '--user', owners[0]?.id ?? '']
    const admin = await command<{ value: string }>(gate.app, ...args)
    const reply = await gate.app.send('POST', CHAT, { key: admin.value, body: question })
    assert.equal(reply.status, 401)
    assert.match(reply.body.error.message, /Missing scopes: api\.model\.request\./)
  })
}

test('postgres: a key deleted on one server is refused by the others long before its grant there grows old', async () => {
  const database: DatabaseKind = 'postgres'
  await using gate = await startGate({ database })
  const env = { GATEHOUSE_UPSTREAM_URL: `${gate.upstream.origin}/v1` }
  await using other = await startTestApp({ databaseUrl: gate.app.databaseUrl, env })
  const keys = [await makeKey(gate.app, gate.projectId), await makeKey(gate.app, gate.projectId)]
  for (const { key, keyId } of keys) {
    assert.equal(await ask(other, key), 200)
    await gate.app.admin().organization.projects.apiKeys.delete(keyId, { project_id: gate.projectId })
    await until(async () => (await ask(other, key)) === 401, 'the refusal on the other server', 3000)
  }
})
