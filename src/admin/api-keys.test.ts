import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { opens, refusal } from '../../test/sdk/scenario.ts'
import { clientOf } from '../../test/support/client.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import type { ApiKey } from '../contract/api-keys.ts'
import { contract } from '../contract/index.ts'

const { apiKeys, myApiKeys, projectApiKeys } = contract
const ids = (keys: readonly Pick<ApiKey, 'id'>[]) => keys.map(({ id }) => id)

for (const database of databases) {
  describe(`lists of keys on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    /** Two projects; in the first a member with a key of their own, and a service account with one. */
    async function setUp() {
      const own = await newOrganization(app)
      const call = clientOf(app, own.key)
      const { projects } = own.admin
      const [first, second] = [await projects.create({ name: 'first' }), await projects.create({ name: 'second' })]
      const member = await newUser(app, own)
      for (const { id } of [first, second]) await projects.users.create(id, { user_id: member.id, role: 'member' })
      const mine = clientOf(app, await newAdminKey(app, own, member.id))
      const make = (project_id: string, body: { name: string; expires_in_seconds?: number }, by = mine) =>
        by(projectApiKeys.create, { params: { project_id }, body })
      const key = await make(first.id, { name: 'Laptop' })
      const bot = await projects.serviceAccounts.create(first.id, { name: 'Night Bot' })
      const all = async (query: Parameters<typeof call<typeof apiKeys.list>>[1]['query'], by = call) => {
        const found: ApiKey[] = []
        for (let after = ''; ; ) {
          const page = await by(apiKeys.list, { query: { ...query, limit: 2, ...(after !== '' && { after }) } })
          found.push(...page.data)
          if (!page.has_more) return found
          after = page.last_id ?? ''
        }
      }
      return { own, admin: own.admin, call, projects, first, second, member, mine, make, key, bot, all }
    }

    test('show every key of the organization in one order, of both kinds, with its owner and how it stands', async () => {
      const { own, first, second, member, key, bot, all, make, projects, admin } = await setUp()
      const listed = await all({})
      const [theirs] = (await admin.adminAPIKeys.list()).data.filter(({ id }) => id !== own.keyId)
      assert.deepEqual(ids(listed), [own.keyId, theirs?.id, key.id, bot.api_key?.id])
      const { value: _, object: __, owner: ___, owner_project_access: ____, ...shown } = key
      assert.deepEqual(listed[2], {
        object: 'organization.api_key',
        ...shown,
        kind: 'project',
        scopes: [],
        status: 'active',
        disabled_by: null,
        project: { id: first.id, name: 'first' },
        owner: { type: 'user', id: member.id, name: 'Somebody', email: member.email },
      })
      assert.deepEqual([listed[0]?.kind, listed[0]?.project, listed[0]?.owner.id], ['admin', null, own.ownerId])
      const account = { type: 'service_account', id: bot.id, name: 'Night Bot', email: null }
      assert.deepEqual(listed[3]?.owner, account)
      // What is in an archived project is kept, and no longer shown.
      await make(second.id, { name: 'of the second' })
      await projects.archive(second.id)
      assert.deepEqual(ids(await all({})), ids(listed))
    })

    test('are filtered by name, kind, owner and how they stand, one at a time and together', async () => {
      const { own, first, second, call, member, key, bot, all, make } = await setUp()
      const brief = await make(second.id, { name: 'Brief laptop', expires_in_seconds: 60 })
      const botKey = bot.api_key?.id ?? ''
      const disable = { params: { project_id: first.id, api_key_id: botKey }, body: { disabled: true } }
      await call(projectApiKeys.update, disable)
      app.advance(60)
      const of = async (query: Parameters<typeof all>[0]) => ids(await all(query))
      assert.deepEqual(await of({ name: 'LAPTOP' }), [key.id, brief.id])
      assert.deepEqual(await of({ name: '' }), await of({}))
      assert.deepEqual(await of({ name: '%' }), [])
      assert.deepEqual(await of({ status: 'disabled' }), [botKey])
      assert.deepEqual(await of({ status: 'expired' }), [brief.id])
      assert.deepEqual(await of({ status: 'active', kind: 'project' }), [key.id])
      assert.deepEqual(await of({ owner_id: bot.id }), [botKey])
      assert.deepEqual(await of({ owner_id: member.id, kind: 'project' }), [key.id, brief.id])
      assert.deepEqual(await of({ owner_id: own.ownerId }), [own.keyId])
      assert.deepEqual(await of({ owner_id: member.id, name: 'brief', status: 'active' }), [])
      assert.deepEqual(await of({ owner_id: 'nobody' }), [])

      const list = async (query: { name?: string; status?: ApiKey['status']; owner_id?: string }) =>
        ids((await call(projectApiKeys.list, { params: { project_id: first.id }, query })).data)
      assert.deepEqual(await list({ name: 'bot' }), [botKey])
      assert.deepEqual(await list({ status: 'active' }), [key.id])
      assert.deepEqual(await list({ owner_id: member.id }), [key.id])
    })

    test("of one's own go over all projects; they are disabled, enabled and deleted there, and nobody else's are", async () => {
      const { admin, first, second, make, mine, key, bot, member } = await setUp()
      const other = await make(second.id, { name: 'Phone' })
      const list = async () => (await mine(myApiKeys.list, {})).data
      assert.deepEqual(ids(await list()).slice(1), [key.id, other.id])
      assert.deepEqual(
        (await list()).slice(1).map(({ project }) => project?.name),
        ['first', 'second'],
      )
      const change = (api_key_id: string, disabled: boolean) =>
        mine(myApiKeys.update, { params: { api_key_id }, body: { disabled } })
      const off = await change(key.id, true)
      assert.deepEqual([off.status, off.disabled_by], ['disabled', member.id])
      const event = (await admin.auditLogs.list({ limit: 1 })).data[0]
      assert.deepEqual([event?.type, event?.project?.id], ['api_key.updated', first.id])
      assert.equal(await opens(app, key.value), 'invalid_api_key')
      assert.equal((await change(key.id, false)).status, 'active')
      assert.equal(await opens(app, key.value), null)
      const remove = (api_key_id: string) => mine(myApiKeys.delete, { params: { api_key_id } })
      for (const foreign of [bot.api_key?.id ?? '', 'key_x', ids(await list())[0] ?? '']) {
        await assert.rejects(change(foreign, true), refusal(404, 'not_found', 'api_key_id'))
        await assert.rejects(remove(foreign), refusal(404, 'not_found', 'api_key_id'))
      }
      await remove(other.id)
      assert.equal(await opens(app, other.value), 'invalid_api_key')
      assert.deepEqual(ids(await list()).slice(1), [key.id])
      const gone = (await admin.auditLogs.list({ limit: 1, event_types: ['api_key.deleted'] })).data[0]
      assert.deepEqual([gone?.project?.id, gone?.['api_key.deleted']?.id], [second.id, other.id])
    })

    test("of one's own that somebody else disabled one does not enable, nor with a key that ends before them", async () => {
      const { own, call, mine, key, first, member } = await setUp()
      const set = (by: typeof call, disabled: boolean) =>
        by(projectApiKeys.update, { params: { project_id: first.id, api_key_id: key.id }, body: { disabled } })
      const enable = (by: typeof call) =>
        by(myApiKeys.update, { params: { api_key_id: key.id }, body: { disabled: false } })
      await set(call, true)
      await assert.rejects(enable(mine), {
        status: 401,
        message: /Missing scopes: api\.organization\.projects\.api_keys\.write/,
      })
      assert.equal(await opens(app, key.value), 'invalid_api_key')
      await set(call, false)
      await mine(myApiKeys.update, { params: { api_key_id: key.id }, body: { disabled: true } })
      const flags = ['--org', own.id, '--user', member.id, '--expires-in-seconds', '600']
      const brief = clientOf(app, (await command(app, 'admin-key', 'create', ...flags)).value)
      await assert.rejects(enable(brief), refusal(400, 'invalid_value', 'expires_in_seconds'))
      await enable(mine)
      assert.equal(await opens(app, key.value), null)
    })

    test("of one's own that one had disabled oneself is somebody else's to enable once they disable it", async () => {
      const { call, mine, key, first } = await setUp()
      const params = { api_key_id: key.id }
      const disable = () => mine(myApiKeys.update, { params, body: { disabled: true } })
      const set = (disabled: boolean) =>
        call(projectApiKeys.update, { params: { project_id: first.id, ...params }, body: { disabled } })
      const { disabled_by: before } = await disable()
      await set(true)
      const after = await disable()
      assert.notEqual(after.disabled_by, before)
      const enabling = mine(myApiKeys.update, { params, body: { disabled: false } })
      await assert.rejects(enabling, { status: 401, message: /Missing scopes/ })
      assert.equal(await opens(app, key.value), 'invalid_api_key')
      await set(false)
      assert.equal(await opens(app, key.value), null)
    })
  })
}
