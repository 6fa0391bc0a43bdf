import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { opens, refusal } from '../../test/sdk/scenario.ts'
import { clientOf } from '../../test/support/client.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { contract } from '../contract/index.ts'

const { projectApiKeys, adminApiKeys } = contract

for (const database of databases) {
  describe(`keys that are disabled on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    /** A project with a service account and its key. */
    async function newKey() {
      const own = await newOrganization(app)
      const call = clientOf(app, own.key)
      const { id: project_id } = await own.admin.projects.create({ name: 'shared' })
      const account = await own.admin.projects.serviceAccounts.create(project_id, { name: 'bot' })
      const { id = '', value = '' } = account.api_key ?? {}
      const change = (body: { disabled?: boolean; scopes?: string[] }, by = call) =>
        by(projectApiKeys.update, { params: { project_id, api_key_id: id }, body })
      const latest = async () => (await own.admin.auditLogs.list({ limit: 1 })).data[0]
      return { own, admin: own.admin, call, project_id, id, value, change, latest }
    }

    test('open nothing, are shown as such, recorded, and open again as they were', async () => {
      const { admin, project_id, id, value, change, latest } = await newKey()
      assert.equal(await opens(app, value), null)
      const { disabled_at, ...shown } = await change({ disabled: true })
      assert.ok(typeof disabled_at === 'number' && disabled_at >= shown.created_at)
      assert.equal(await opens(app, value), 'invalid_api_key')
      const message = /The key is disabled\. Whoever manages it can enable it again\.$/
      await assert.rejects(app.client(value).models.list(), { status: 401, message })
      await assert.rejects(app.admin(value).organization.projects.list(), { status: 401, message: /Missing scopes/ })
      const event = await latest()
      assert.deepEqual([event?.type, event?.project?.id], ['login.failed', project_id])
      const { data } = await admin.projects.apiKeys.list(project_id)
      assert.deepEqual(
        data.map((one) => ({ ...one })),
        [{ ...shown, disabled_at }],
      )
      // To be asked for once more changes nothing, not even since when it is so.
      app.advance(60)
      assert.equal((await change({ disabled: true })).disabled_at, disabled_at)
      const again = await change({ disabled: false })
      assert.equal(again.disabled_at, null)
      assert.equal(await opens(app, value), null)
      const enabled = (await admin.auditLogs.list({ event_types: ['api_key.updated'] })).data[0]?.['api_key.updated']
      assert.deepEqual([enabled?.id, enabled?.changes_requested], [id, { disabled: false }])
    })

    test('are enabled by nobody who could not hand out what they can do, but disabled', async () => {
      const { own, admin, project_id, change, value } = await newKey()
      const clerk = await newUser(app, own)
      await admin.projects.users.create(project_id, { user_id: clerk.id, role: 'member' })
      const permissions = ['api.organization.projects.api_keys.write']
      const { id: role_id } = await admin.projects.roles.create(project_id, { role_name: 'Clerk', permissions })
      await admin.projects.users.roles.create(clerk.id, { project_id, role_id })
      await admin.projects.users.roles.delete('role-api-project-member', { project_id, user_id: clerk.id })
      const by = clientOf(app, await newAdminKey(app, own, clerk.id))
      await change({ disabled: true }, by)
      await assert.rejects(change({ disabled: false }, by), { status: 401, message: /Missing scopes: api\.model\./ })
      assert.equal(await opens(app, value), 'invalid_api_key')
      await change({ disabled: false })
      assert.equal(await opens(app, value), null)
    })

    test('can be deleted, and say that they have expired where they have', async () => {
      const { admin, project_id, change, value, id, call } = await newKey()
      await change({ disabled: true })
      await admin.projects.apiKeys.delete(id, { project_id })
      assert.equal(await opens(app, value), 'invalid_api_key')
      const brief = await admin.adminAPIKeys.create({ name: 'brief', expires_in_seconds: 60 })
      await call(adminApiKeys.update, { params: { key_id: brief.id }, body: { disabled: true } })
      app.advance(60)
      const told = app.admin(brief.value).organization.projects.list()
      await assert.rejects(told, { status: 401, message: /The key has expired\.$/ })
    })

    test('of administrators open neither door; the one that asks is not disabled', async () => {
      const { own, admin, call } = await newKey()
      const other = await admin.adminAPIKeys.create({ name: 'other' })
      const change = (key_id: string, disabled: boolean) =>
        call(adminApiKeys.update, { params: { key_id }, body: { disabled } })
      await assert.rejects(change(own.keyId, true), refusal(400, 'would_lock_out_caller', 'key_id'))
      assert.ok((await change(other.id, true)).disabled_at)
      const refused = { status: 401, code: 'invalid_api_key', message: /The key is disabled\./ }
      await assert.rejects(app.admin(other.value).organization.projects.list(), refused)
      await assert.rejects(app.client(other.value).models.list(), refused)
      await change(other.id, false)
      await app.admin(other.value).organization.projects.list()
    })

    test('of administrators are enabled by no narrower key', async () => {
      const { own, admin, call } = await newKey()
      const { id: key_id } = await admin.adminAPIKeys.create({ name: 'wide' })
      await call(adminApiKeys.update, { params: { key_id }, body: { disabled: true } })
      const narrow = clientOf(app, await newAdminKey(app, own, own.ownerId, ['api.management.write']))
      const enabling = narrow(adminApiKeys.update, { params: { key_id }, body: { disabled: false } })
      await assert.rejects(enabling, { status: 401, message: /Missing scopes: api\./ })
    })
  })
}
