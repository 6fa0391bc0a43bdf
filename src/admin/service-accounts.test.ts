import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization } from '../../test/contract/organizations.ts'
import { all, opens, refusal, unknownLike } from '../../test/sdk/scenario.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

const unknown = refusal(404, 'not_found', 'service_account_id')

for (const database of databases) {
  describe(`service accounts on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    /** A project of its own, and the official client's operations below it. */
    async function newProject() {
      const { admin } = await newOrganization(app)
      const { id } = await admin.projects.create({ name: 'shared' })
      const { serviceAccounts, apiKeys } = admin.projects
      return { id, of: { project_id: id }, accounts: serviceAccounts, keys: apiKeys, admin }
    }

    test('an account is a member with a key of its own name, whose secret is shown this once', async () => {
      const { id, of, accounts, keys } = await newProject()
      const made = await accounts.create(id, { name: ' bot ' })
      assert.deepEqual([made.name, made.role, made.api_key?.name], ['bot', 'member', 'bot'])
      assert.equal(made.api_key?.expires_at, null)
      const { api_key, ...account } = made
      assert.match(api_key?.value ?? '', /^sk-svcacct-/)
      assert.deepEqual(await accounts.retrieve(made.id, of), account)
      assert.deepEqual(await all(accounts.list(id)), [account])
      const key = await keys.retrieve(api_key?.id ?? '', of)
      assert.equal(key.owner.type, 'service_account')
      assert.deepEqual(key.owner.service_account, account)
      assert.ok(!JSON.stringify(key).includes(api_key?.value ?? ''))
      assert.equal(await opens(app, api_key?.value ?? ''), null)
    })

    test('an account alone has no key and no role, so what is made for it opens nothing until it has one', async () => {
      const { id, of, accounts, keys } = await newProject()
      const bare = { create_service_account_only: true, expires_in_seconds: null }
      const account = await accounts.create(id, { name: 'bare', ...bare })
      assert.deepEqual([account.role, account.api_key], ['none', null])
      assert.deepEqual(await all(keys.list(id, { owner_project_access: 'any' })), [])
      const { value, id: keyId } = await accounts.apiKeys.create(account.id, of)
      assert.match((await opens(app, value)) ?? '', /You must be a member of an organization to use the API/)
      assert.equal((await keys.retrieve(keyId, of)).owner_project_access, 'inactive')
      assert.equal((await accounts.update(account.id, { ...of, role: 'member' })).role, 'member')
      assert.equal(await opens(app, value), null)
      assert.equal((await keys.retrieve(keyId, of)).owner_project_access, 'active')
    })

    test('an account alone has no key that could expire: asking for that stores nothing', async () => {
      const { id, accounts } = await newProject()
      const both = accounts.create(id, { name: 'bare', create_service_account_only: true, expires_in_seconds: 60 })
      await assert.rejects(both, refusal(400, 'invalid_value', 'expires_in_seconds'))
      assert.deepEqual(await all(accounts.list(id)), [])
      const explicit = await accounts.create(id, { name: 'bot', create_service_account_only: false })
      assert.deepEqual([explicit.role, explicit.api_key?.name], ['member', 'bot'])
      const unsaid = await accounts.create(id, { name: 'bot', create_service_account_only: null })
      assert.equal(unsaid.role, 'member')
    })

    test('a key dies at its second, also one that the gate has just let through', async () => {
      await using own = await startTestApp({ database })
      const { projects } = own.admin().organization
      const { id } = await projects.create({ name: 'short-lived' })
      const { api_key: first, id: account } = await projects.serviceAccounts.create(id, {
        name: 'bot',
        expires_in_seconds: 60,
      })
      const body = { project_id: id, expires_in_seconds: 90 }
      const second = await projects.serviceAccounts.apiKeys.create(account, body)
      assert.equal(first?.expires_at, (first?.created_at ?? 0) + 60)
      assert.equal(second.expires_at, second.created_at + 90)
      for (const { value } of [first ?? second, second]) assert.equal(await opens(own, value), null)
      own.advance(60)
      const late = own.client(first?.value ?? '').models.list()
      await assert.rejects(late, { status: 401, code: 'invalid_api_key', message: /has expired/ })
      assert.equal(await opens(own, second.value), null)
      own.advance(30)
      assert.equal(await opens(own, second.value), 'invalid_api_key')
    })

    test('a lifetime is a whole number of seconds up to ten years', async () => {
      const { id, of, accounts } = await newProject()
      const account = await accounts.create(id, { name: 'bot' })
      const most = 315_360_000
      const refused = [
        [0, 'integer_below_min_value'],
        [-1, 'integer_below_min_value'],
        [most + 1, 'integer_above_max_value'],
        [1.5, 'invalid_type'],
        ['60', 'invalid_type'],
      ] as const
      for (const [wanted, code] of refused) {
        const expires_in_seconds = wanted as number
        const expected = refusal(400, code, 'expires_in_seconds')
        await assert.rejects(accounts.create(id, { name: 'bot', expires_in_seconds }), expected, String(wanted))
        await assert.rejects(
          accounts.apiKeys.create(account.id, { ...of, expires_in_seconds }),
          expected,
          String(wanted),
        )
      }
      const long = await accounts.apiKeys.create(account.id, { ...of, expires_in_seconds: most })
      assert.equal(long.expires_at, long.created_at + most)
      const never = await accounts.apiKeys.create(account.id, { ...of, expires_in_seconds: null })
      assert.equal(never.expires_at, null)
    })

    test('a further key has the name and the scopes it was made with, and the gate holds it to them', async () => {
      const { id, of, accounts, keys } = await newProject()
      const account = await accounts.create(id, { name: 'bot' })
      const plain = await accounts.apiKeys.create(account.id, of)
      assert.equal(plain.name, 'bot')
      const reads = await accounts.apiKeys.create(account.id, { ...of, name: 'reads', scopes: ['api.all.read'] })
      const asks = await accounts.apiKeys.create(account.id, { ...of, scopes: ['model.request'] })
      assert.equal(reads.name, 'reads')
      const messages = [{ role: 'user' as const, content: 'hello' }]
      const chat = (key: string) => app.client(key).chat.completions.create({ model: 'echo', messages })
      assert.equal(await opens(app, reads.value), null)
      await assert.rejects(chat(reads.value), { status: 401, message: /Missing scopes: api\.model\.request/ })
      await chat(asks.value)
      await assert.rejects(app.client(asks.value).models.list(), { message: /Missing scopes: api\.model\.read/ })
      await chat(plain.value)
      const names = (await all(keys.list(id))).map(({ name }) => name)
      assert.deepEqual(names, ['bot', 'bot', 'reads', 'bot'])
    })

    test('a key with a scope that nobody enforces is not made', async () => {
      const { id, of, accounts, keys } = await newProject()
      const account = await accounts.create(id, { name: 'bot', create_service_account_only: true })
      for (const scope of ['api.everything', 'api.management.write', '', 'API.ALL.READ', '__proto__']) {
        const made = accounts.apiKeys.create(account.id, { ...of, scopes: ['api.model.read', scope] })
        await assert.rejects(made, refusal(400, 'invalid_value', 'scopes[1]'), scope)
      }
      assert.deepEqual(await all(keys.list(id, { owner_project_access: 'any' })), [])
    })

    test('a deleted key leaves the account and its other keys alone', async () => {
      const { id, of, accounts, keys } = await newProject()
      const { api_key: first, id: account } = await accounts.create(id, { name: 'bot' })
      const second = await accounts.apiKeys.create(account, of)
      for (const key of [first ?? second, second]) assert.equal(await opens(app, key.value), null)
      await keys.delete(first?.id ?? '', of)
      assert.equal(await opens(app, first?.value ?? ''), 'invalid_api_key')
      assert.equal(await opens(app, second.value), null)
      assert.equal((await accounts.retrieve(account, of)).role, 'member')
    })

    test('name and role are changed apart from one another; null and other roles are refused', async () => {
      const { id, of, accounts } = await newProject()
      const { api_key: _, ...account } = await accounts.create(id, { name: 'bot' })
      const renamed = await accounts.update(account.id, { ...of, name: ' robot ' })
      assert.deepEqual(renamed, { ...account, name: 'robot' })
      const promoted = await accounts.update(account.id, { ...of, role: 'owner' })
      assert.deepEqual(promoted, { ...renamed, role: 'owner' })
      assert.deepEqual(await accounts.update(account.id, of), promoted)
      const refused = [
        [{ role: 'none' }, 'invalid_value', 'role'],
        [{ role: null }, 'invalid_type', 'role'],
        [{ name: null }, 'invalid_type', 'name'],
        [{ name: ' ' }, 'string_below_min_length', 'name'],
      ] as const
      for (const [body, code, param] of refused) {
        const update = accounts.update(account.id, { ...of, ...body } as typeof of)
        await assert.rejects(update, refusal(400, code, param), JSON.stringify(body))
      }
      assert.deepEqual(await accounts.retrieve(account.id, of), promoted)
    })

    test('with an account go all of its keys, at once', async () => {
      const { id, of, accounts, keys } = await newProject()
      const { api_key: first, id: account } = await accounts.create(id, { name: 'bot' })
      const second = await accounts.apiKeys.create(account, of)
      const other = await accounts.create(id, { name: 'other' })
      for (const key of [first ?? second, second]) assert.equal(await opens(app, key.value), null)
      const deleted = await accounts.delete(account, of)
      assert.deepEqual(deleted, { object: 'organization.project.service_account.deleted', id: account, deleted: true })
      for (const key of [first ?? second, second]) assert.equal(await opens(app, key.value), 'invalid_api_key')
      const left = (await all(keys.list(id, { owner_project_access: 'any' }))).map((key) => key.id)
      assert.deepEqual(left, [other.api_key?.id])
      assert.equal(await opens(app, other.api_key?.value ?? ''), null)
      await assert.rejects(accounts.retrieve(account, of), unknown)
      await assert.rejects(accounts.update(account, { ...of, name: 'revived' }), unknown)
      await assert.rejects(accounts.delete(account, of), unknown)
      await assert.rejects(accounts.apiKeys.create(account, of), unknown)
    })

    test('an account belongs to its project: by another path it is unknown, and its key names no other project', async () => {
      const { id, of, accounts, admin } = await newProject()
      const other = await admin.projects.create({ name: 'other' })
      const account = await accounts.create(id, { name: 'bot' })
      const there = { project_id: other.id }
      await assert.rejects(accounts.retrieve(account.id, there), unknown)
      await assert.rejects(accounts.update(account.id, { ...there, role: 'owner' }), unknown)
      await assert.rejects(accounts.delete(account.id, there), unknown)
      await assert.rejects(accounts.apiKeys.create(account.id, there), unknown)
      await assert.rejects(accounts.retrieve(unknownLike(account.id), of), unknown)
      const key = account.api_key?.value ?? ''
      const elsewhere = await app.send('GET', '/v1/models', { key, headers: { 'openai-project': other.id } })
      assert.deepEqual([elsewhere.status, elsewhere.body.error.code], [401, 'mismatched_project'])
    })
  })
}
