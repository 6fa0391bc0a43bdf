import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../support/databases.ts'
import type { Reply } from '../support/harness.ts'
import { CHAT, makeKey, question, startGate, type TestGate } from './gate.ts'
import { makeUser, makeUserKey } from './people.ts'
import { until } from './upstream.ts'

const ask = (gate: TestGate, key: string) => gate.app.send('POST', CHAT, { key, body: question })

/** Something that takes a key's access away, how it is undone where it can be, and what the key is told then. */
type Case = {
  key: string
  revoke: () => Promise<unknown>
  restore?: () => Promise<unknown>
  code: string | null
  sentence: RegExp
}

const unknownKey = { code: 'invalid_api_key', sentence: /^Incorrect API key provided: sk-/ }
const stranger = { code: null, sentence: /^You must be a member of an organization to use the API$/ }

const cases: Record<string, (gate: TestGate) => Promise<Case>> = {
  'a deleted key': async ({ app, key, keyId, projectId }) => ({
    key,
    revoke: () => app.admin().organization.projects.apiKeys.delete(keyId, { project_id: projectId }),
    ...unknownKey,
  }),
  'a key of a deleted service account': async ({ app, projectId }) => {
    const { key, accountId } = await makeKey(app, projectId)
    const { serviceAccounts } = app.admin().organization.projects
    const revoke = () => serviceAccounts.delete(accountId, { project_id: projectId })
    return { key, revoke, ...unknownKey }
  },
  'a key of an archived project': async ({ app, key, projectId }) => ({
    key,
    revoke: () => app.admin().organization.projects.archive(projectId),
    code: 'not_authorized_invalid_project',
    sentence: /^The project you are requesting has been archived and is no longer accessible$/,
  }),
  'a key of a user who was removed from the project': async ({ app, projectId }) => {
    const userId = await makeUser(app)
    const { users } = app.admin().organization.projects
    const restore = () => users.create(projectId, { user_id: userId, role: 'member' })
    await restore()
    const { value: key } = await makeUserKey(app, projectId, userId)
    return { key, revoke: () => users.delete(userId, { project_id: projectId }), restore, ...stranger }
  },
  'a key of a user who was removed from the organization': async ({ app, projectId }) => {
    const userId = await makeUser(app)
    const { users, projects } = app.admin().organization
    await projects.users.create(projectId, { user_id: userId, role: 'owner' })
    const { value: key } = await makeUserKey(app, projectId, userId)
    return { key, revoke: () => users.delete(userId), ...stranger }
  },
  'a key of an owner who was demoted and is in the project by nothing else': async ({ app, projectId }) => {
    const userId = await makeUser(app, 'owner')
    const { value: key } = await makeUserKey(app, projectId, userId)
    const { users } = app.admin().organization
    const restore = () => users.update(userId, { role: 'owner' })
    return { key, revoke: () => users.update(userId, { role: 'reader' }), restore, ...stranger }
  },
  'a key whose scopes were narrowed': async ({ app, key, keyId, projectId }) => {
    const { apiKeys } = app.admin().organization.projects
    const narrow = (scopes: string[]) => apiKeys.update(keyId, { project_id: projectId, scopes })
    const sentence = /Missing scopes: api\.model\.request\./
    return { key, revoke: () => narrow(['api.model.read']), restore: () => narrow([]), code: null, sentence }
  },
  'an expired key': async ({ app, key, keyId, projectId }) => {
    const { apiKeys } = app.admin().organization.projects
    await apiKeys.update(keyId, { project_id: projectId, expires_in_seconds: 60 })
    const revoke = async () => app.advance(60)
    return {
      key,
      revoke,
      code: 'invalid_api_key',
      sentence: /^Incorrect API key provided: sk-.*The key has expired\.$/,
    }
  },
  'a key whose life was cut short': async ({ app, key, keyId, projectId }) => {
    const { apiKeys } = app.admin().organization.projects
    const revoke = async () => {
      await apiKeys.update(keyId, { project_id: projectId, expires_in_seconds: 1 })
      app.advance(1)
    }
    return { key, revoke, code: 'invalid_api_key', sentence: /The key has expired\.$/ }
  },
}

function isRefused(reply: Reply, { code, sentence }: Case) {
  assert.equal(reply.status, 401, reply.text)
  assert.deepEqual(Object.keys(reply.body.error).sort(), ['code', 'message', 'param', 'type'])
  assert.equal(reply.body.error.code, code)
  assert.match(reply.body.error.message, sentence)
  assert.equal(reply.body.error.type, 'invalid_request_error')
  assert.equal(reply.headers.get('x-gatehouse-error-source'), 'gateway')
}

for (const database of databases) {
  for (const [what, arrange] of Object.entries(cases)) {
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
