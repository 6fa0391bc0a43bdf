import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { CHAT, makeKey, startEcho } from './gate.ts'
import { makeUser, makeUserKey } from './people.ts'
import { until } from './upstream.ts'

const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }
const now = () => Math.floor(Date.now() / 1000)

for (const database of databases) {
  test(`${database}: a key's last use, and its user's, can be read a few seconds later`, async () => {
    await using echo = await startEcho({ database })
    const { users, projects } = echo.app.admin().organization
    const { id: projectId } = await projects.create({ name: 'used' })
    const userId = await makeUser(echo.app, 'owner')
    const { id, value } = await makeUserKey(echo.app, projectId, userId)
    const unused = await makeUserKey(echo.app, projectId, userId)
    const lastUses = async () => [
      (await projects.apiKeys.retrieve(id, { project_id: projectId })).last_used_at,
      (await users.retrieve(userId)).api_key_last_used_at,
    ]
    assert.deepEqual(await lastUses(), [null, null])
    const from = now()
    assert.equal((await echo.app.send('POST', CHAT, { key: value, body })).status, 200)
    const to = now()
    await until(async () => (await lastUses()).every((at) => at !== null), 'both times')
    for (const at of await lastUses()) assert.ok(at !== null && at !== undefined && at >= from && at <= to)
    assert.equal((await projects.apiKeys.retrieve(unused.id, { project_id: projectId })).last_used_at, null)

    echo.app.advance(3600)
    assert.equal((await echo.app.send('GET', '/v1/models', { key: value })).status, 200)
    await until(async () => (await lastUses()).every((at) => (at ?? 0) >= to + 3599), 'both later times')
  })

  test(`${database}: a refused call is no use of a key`, async () => {
    await using echo = await startEcho({ database })
    const { projects } = echo.app.admin().organization
    const refused = await makeKey(echo.app)
    await projects.apiKeys.update(refused.keyId, { project_id: refused.projectId, scopes: ['api.responses.write'] })
    assert.equal((await echo.app.send('POST', CHAT, { key: refused.key, body })).status, 401)
    const used = await makeKey(echo.app, refused.projectId)
    assert.equal((await echo.app.send('POST', CHAT, { key: used.key, body })).status, 200)
    const lastUse = async (keyId: string) =>
      (await projects.apiKeys.retrieve(keyId, { project_id: refused.projectId })).last_used_at
    await until(() => lastUse(used.keyId), 'the use that counts')
    assert.equal(await lastUse(refused.keyId), null)
  })

  test(`${database}: uses of the last moment survive a graceful stop`, async () => {
    await using own = await openTestDatabase(database)
    const keys: { keyId: string; projectId: string }[] = []
    {
      await using app = await startTestApp({ databaseUrl: own.url })
      for (let i = 0; i < 5; i++) {
        const made = await makeKey(app)
        keys.push(made)
        assert.equal((await app.send('POST', CHAT, { key: made.key, body })).status, 200)
      }
    }
    await using again = await startTestApp({ databaseUrl: own.url })
    const { apiKeys } = again.admin().organization.projects
    for (const { keyId, projectId } of keys) {
      const { last_used_at } = await apiKeys.retrieve(keyId, { project_id: projectId })
      assert.ok(last_used_at !== null && last_used_at <= now())
    }
  })

  test(`${database}: a key that is deleted between its use and the writing of it harms nobody's times`, async () => {
    await using echo = await startEcho({ database })
    const { projects } = echo.app.admin().organization
    const [gone, stays] = [await makeKey(echo.app), await makeKey(echo.app)]
    for (const { key } of [gone, stays]) assert.equal((await echo.app.send('POST', CHAT, { key, body })).status, 200)
    await projects.apiKeys.delete(gone.keyId, { project_id: gone.projectId })
    const lastUse = async () =>
      (await projects.apiKeys.retrieve(stays.keyId, { project_id: stays.projectId })).last_used_at
    await until(lastUse, 'the time of the key that stays')
  })
}
