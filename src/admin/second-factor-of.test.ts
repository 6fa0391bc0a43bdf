import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { clientOf } from '../../test/support/client.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { FACTOR, withFactor } from '../../test/support/second-factor.ts'
import { asSession, CONSOLE } from '../../test/support/signing-in.ts'
import { contract } from '../contract/index.ts'

const SIGN_IN = '/v1/organization/sign_in'

for (const database of databases) {
  describe(`${database}: somebody else's second factor`, () => {
    let app: TestApp
    let own: Organization
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const someone = async (role: 'owner' | 'reader' = 'reader') =>
      withFactor(app, own.id, await newUser(app, own, role))
    const reset = (user_id: string, key = own.key) =>
      clientOf(app, key)(contract.secondFactor.reset, { params: { user_id } })
    const statusOf = async (cookie: string, method: string, path: string) =>
      (await asSession(app, cookie, method, path)).status
    const signIn = (body: object) => app.send('POST', SIGN_IN, { key: null, body })

    test('is taken away by owners who hold all: a password is enough then, and no session is left', async () => {
      const { id, claim, cookie } = await someone()
      for (const scopes of [['api.management.write'], ['api.management.read', 'api.management.write']]) {
        const narrowed = await newAdminKey(app, own, own.ownerId, scopes)
        await assert.rejects(reset(id, narrowed), { status: 401, message: /Missing scopes/ })
      }
      const reader = await someone()
      await assert.rejects(reset(id, await newAdminKey(app, own, reader.id)), { status: 401 })
      const stranger = await newOrganization(app)
      await assert.rejects(reset(id, stranger.key), { status: 404, param: 'user_id' })
      assert.equal((await signIn(claim)).status, 401)
      assert.deepEqual(await reset(id), { object: 'organization.second_factor.deleted', id, deleted: true })
      assert.equal(await statusOf(cookie, 'GET', '/v1/organization/sessions'), 401)
      assert.equal((await signIn(claim)).status, 200)
      await assert.rejects(reset(id), { status: 400, code: 'no_second_factor' })
      const [event] = (await own.admin.auditLogs.list({ resource_ids: [id], event_types: ['user.updated'] })).data
      assert.deepEqual(event?.['user.updated'], { id, changes_requested: { second_factor: 'reset' } })
      assert.equal(event?.actor?.api_key?.id, own.keyId)
    })

    test('whoever got hold of a session has no way to the one that it began with', async () => {
      const { id, cookie, claim, authenticator } = await someone('owner')
      const own = `/v1/organization/users/${id}/second_factor`
      const refused = await asSession(app, cookie, 'DELETE', own)
      assert.deepEqual([refused.status, refused.body.error.param], [400, 'user_id'])
      for (const path of ['', '/confirm', '/recovery_codes', '/remove']) {
        const reply = await asSession(app, cookie, 'POST', FACTOR + path, {
          email: claim.email,
          code: authenticator.code(),
        })
        assert.deepEqual([reply.status, reply.body.error.param], [400, 'password'], path)
      }
      assert.equal((await signIn(claim)).body.error.code, 'second_factor_required')
    })

    test('no page of another origin begins, confirms or removes one', async () => {
      const { claim, authenticator } = await someone()
      const headers = { ...CONSOLE, origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' }
      for (const path of ['', '/confirm', '/recovery_codes', '/remove']) {
        const body = { ...claim, code: authenticator.code() }
        const reply = await app.send('POST', FACTOR + path, { key: null, headers, body })
        assert.deepEqual([reply.status, reply.body.error.code], [403, 'foreign_origin'], path)
      }
    })

    test('is seen by owners, and by others only of themselves', async () => {
      const { id, cookie } = await someone()
      const path = '/v1/organization/second_factor'
      const { body } = await app.send('GET', `${path}?user_id=${id}`, { key: own.key })
      assert.deepEqual([body.id, body.recovery_codes, typeof body.set_at], [id, 10, 'number'])
      const refused = await asSession(app, cookie, 'GET', `${path}?user_id=${own.ownerId}`)
      const nobody = await asSession(app, cookie, 'GET', `${path}?user_id=user-none`)
      assert.deepEqual([refused.status, nobody.text], [401, refused.text])
      assert.equal((await asSession(app, cookie, 'GET', `${path}?user_id=${id}`)).status, 200)
    })

    test('the command line takes away that of the last owner', async () => {
      const { id, claim, cookie } = await withFactor(app, own.id, { id: own.ownerId, email: own.ownerEmail })
      const printed = await command(app, 'user', 'reset-second-factor', own.ownerEmail, '--org', own.id)
      assert.deepEqual(printed, { object: 'organization.second_factor.deleted', id, deleted: true })
      assert.equal(await statusOf(cookie, 'GET', '/v1/organization/sessions'), 401)
      assert.equal((await signIn(claim)).status, 200)
      const [event] = (await own.admin.auditLogs.list({ resource_ids: [id], event_types: ['user.updated'] })).data
      assert.deepEqual([event?.actor, event?.['user.updated']?.id], [null, id])
    })
  })
}
