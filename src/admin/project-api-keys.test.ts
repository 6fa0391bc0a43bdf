import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization, newProjectKey, newUser } from '../../test/contract/organizations.ts'
import { until } from '../../test/process/gatehouse.ts'
import { all, opens, refusal, unknownLike } from '../../test/sdk/scenario.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

const unknown = refusal(404, 'not_found', 'api_key_id')

for (const database of databases) {
  describe(`project API keys on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    /** A project of its own, with one member and a key of the member's. */
    async function newProject() {
      const organization = await newOrganization(app)
      const { projects } = organization.admin
      const { id } = await projects.create({ name: 'shared' })
      const member = await newUser(app, organization)
      await projects.users.create(id, { user_id: member.id, role: 'member' })
      const key = await newProjectKey(app, organization, id, member.id)
      return { organization, projects, keys: projects.apiKeys, id, of: { project_id: id }, member, key }
    }

    const chat = (key: string) => {
      const messages = [{ role: 'user' as const, content: 'hello' }]
      return app.client(key).chat.completions.create({ model: 'echo', messages })
    }

    test("a user's own key is made on the command line, shown once, and listed without its secret", async () => {
      const { projects, keys, id, of, member, key } = await newProject()
      assert.match(key.value, /^sk-proj-/)
      const listed = await all(keys.list(id))
      assert.deepEqual(listed, [await keys.retrieve(key.id, of)])
      const [shown] = listed
      assert.deepEqual([shown?.id, shown?.owner.type, shown?.owner.user?.id], [key.id, 'user', member.id])
      assert.deepEqual([shown?.owner.user?.email, shown?.owner.user?.role], [member.email, 'member'])
      assert.partialDeepStrictEqual(shown?.owner.user, { ...(await projects.users.retrieve(member.id, of)) })
      assert.deepEqual([shown?.owner_project_access, shown?.expires_at, shown?.last_used_at], ['active', null, null])
      const stars = '*'.repeat(key.value.length - 12)
      assert.equal(shown?.redacted_value, key.value.slice(0, 8) + stars + key.value.slice(-4))
      await chat(key.value)
    })

    test('no key is made on the command line for somebody who is not in the project, nor with a strange scope', async () => {
      const { organization, id, member, keys } = await newProject()
      const outsider = await newUser(app, organization)
      await assert.rejects(newProjectKey(app, organization, id, outsider.id), /is not a user of project/)
      const flags = ['--org', organization.id, '--project', id, '--user', member.id, '--name', 'own']
      const strange = command(app, 'project-key', 'create', ...flags, '--scopes', 'api.management.write')
      await assert.rejects(strange, /Invalid value: 'api.management.write'/)
      assert.equal((await all(keys.list(id, { owner_project_access: 'any' }))).length, 1)
    })

    test('keys are listed by whether their owner can use the project now', async () => {
      const { organization, projects, keys, id, of, member, key } = await newProject()
      const { admin } = organization
      const listed = async (query: object) => (await all(keys.list(id, query))).map((one) => one.id)
      const removed = await newUser(app, organization)
      await projects.users.create(id, { user_id: removed.id, role: 'member' })
      const demoted = await newUser(app, organization, 'owner')
      const theirs = await newProjectKey(app, organization, id, removed.id)
      const inherited = await newProjectKey(app, organization, id, demoted.id)
      const owners = await newProjectKey(app, organization, id, organization.ownerId)
      const bot = await projects.serviceAccounts.create(id, { name: 'bot' })
      const bare = await projects.serviceAccounts.create(id, { name: 'bare', create_service_account_only: true })
      const idle = await projects.serviceAccounts.apiKeys.create(bare.id, of)
      const botKey = bot.api_key?.id ?? ''
      const everything = [key.id, theirs.id, inherited.id, owners.id, botKey, idle.id]
      assert.deepEqual(await listed({ owner_project_access: 'any' }), everything)
      assert.deepEqual(await listed({ owner_project_access: 'inactive' }), [idle.id])

      await projects.users.delete(member.id, of)
      await admin.users.delete(removed.id)
      await admin.users.update(demoted.id, { role: 'reader' })
      const active = [owners.id, botKey]
      const inactive = [key.id, theirs.id, inherited.id, idle.id]
      assert.deepEqual(await listed({}), active)
      assert.deepEqual(await listed({ owner_project_access: 'active', limit: 1 }), active)
      assert.deepEqual(await listed({ owner_project_access: 'inactive', limit: 1 }), inactive)
      assert.deepEqual(await listed({ owner_project_access: 'any', limit: 2 }), everything)
      await assert.rejects(
        listed({ owner_project_access: 'some' }),
        refusal(400, 'invalid_value', 'owner_project_access'),
      )
      for (const one of [key, theirs, inherited]) {
        const seen = await keys.retrieve(one.id, of)
        assert.deepEqual([seen.owner_project_access, seen.owner.user?.role], ['inactive', 'none'])
        assert.match((await opens(app, one.value)) ?? '', /You must be a member of an organization/)
      }
      assert.equal((await keys.retrieve(idle.id, of)).owner.service_account?.role, 'none')
    })

    test('narrowed scopes hold at the very next call, and so do widened ones', async () => {
      const { keys, of, key } = await newProject()
      await chat(key.value)
      const scoped = async (scopes: string[]) => keys.update(key.id, { ...of, scopes })
      await scoped(['api.all.read'])
      await assert.rejects(chat(key.value), { status: 401, code: null, message: /Missing scopes: api\.model\.request/ })
      assert.equal(await opens(app, key.value), null)
      await scoped(['api.model.request'])
      await chat(key.value)
      await assert.rejects(app.client(key.value).models.list(), { message: /Missing scopes: api\.model\.read/ })
      await scoped(['model.read', 'model.request'])
      await chat(key.value)
      assert.equal(await opens(app, key.value), null)
      const responses = () => app.client(key.value).responses.create({ model: 'echo', input: 'hello' })
      await assert.rejects(responses(), { message: /Missing scopes: api\.responses\.write/ })
      await scoped([])
      await responses()
    })

    test('scopes and expiry are changed together or apart, and the expiry counts from the request', async () => {
      const { keys, of, key } = await newProject()
      const scopes = async () => {
        const row = app.db.selectFrom('project_api_key').select('scopes').where('id', '=', key.id)
        return JSON.parse((await row.executeTakeFirstOrThrow()).scopes)
      }
      const before = Math.floor(Date.now() / 1000)
      const dated = await keys.update(key.id, { ...of, expires_in_seconds: 3600 })
      const after = Math.floor(Date.now() / 1000)
      assert.ok((dated.expires_at ?? 0) >= before + 3600 && (dated.expires_at ?? 0) <= after + 3600)
      assert.deepEqual(await scopes(), [])
      const narrowed = await keys.update(key.id, { ...of, scopes: ['api.all.read'] })
      assert.equal(narrowed.expires_at, dated.expires_at)
      assert.deepEqual(await scopes(), ['api.all.read'])
      const both = await keys.update(key.id, { ...of, scopes: [], expires_in_seconds: 7200 })
      assert.deepEqual(await scopes(), [])
      assert.ok((both.expires_at ?? 0) >= (dated.expires_at ?? 0) + 3600)
      assert.deepEqual(await keys.retrieve(key.id, of), both)
      assert.ok(!('value' in both))
    })

    test('an update that says nothing, says null, or names a scope nobody enforces changes nothing', async () => {
      const { keys, of, key } = await newProject()
      const kept = await keys.update(key.id, { ...of, scopes: ['api.model.read'], expires_in_seconds: 3600 })
      const refused = [
        [{}, 'missing_required_parameter', 'scopes'],
        [{ scopes: null }, 'invalid_type', 'scopes'],
        [{ expires_in_seconds: null }, 'invalid_type', 'expires_in_seconds'],
        [{ scopes: [], expires_in_seconds: 0 }, 'integer_below_min_value', 'expires_in_seconds'],
        [{ scopes: 'api.model.read' }, 'invalid_type', 'scopes'],
        [{ scopes: ['api.all.read', 'api.all'], expires_in_seconds: 60 }, 'invalid_value', 'scopes[1]'],
        [{ scopes: ['api.management.write'] }, 'invalid_value', 'scopes[0]'],
        [{ scopes: ['nul\u0000'] }, 'invalid_value', 'scopes[0]'],
        [{ scopes: Array<string>(101).fill('api.all.read') }, 'array_above_max_length', 'scopes'],
        [{ name: 'renamed', scopes: [] }, 'unknown_parameter', 'name'],
      ] as const
      for (const [body, code, param] of refused) {
        const update = keys.update(key.id, { ...of, ...body } as typeof of)
        await assert.rejects(update, refusal(400, code, param), JSON.stringify(body).slice(0, 60))
      }
      assert.deepEqual(await keys.retrieve(key.id, of), kept)
      await assert.rejects(chat(key.value), { message: /Missing scopes/ })
    })

    test('an expired key opens nothing, cannot be changed back to life, and can be deleted', async () => {
      await using own = await startTestApp({ database })
      const { projects } = own.admin().organization
      const { id } = await projects.create({ name: 'short' })
      const of = { project_id: id }
      const { api_key } = await projects.serviceAccounts.create(id, { name: 'bot' })
      const key = api_key ?? assert.fail('no key')
      await projects.apiKeys.update(key.id, { ...of, expires_in_seconds: 60 })
      own.advance(50)
      assert.equal(await opens(own, key.value), null)
      own.advance(10)
      const late = own.client(key.value).models.list()
      await assert.rejects(late, { status: 401, code: 'invalid_api_key', message: /has expired/ })
      for (const body of [{ scopes: [] }, { expires_in_seconds: 3600 }]) {
        const update = projects.apiKeys.update(key.id, { ...of, ...body })
        await assert.rejects(update, refusal(400, 'api_key_expired', 'api_key_id'))
      }
      assert.equal((await projects.apiKeys.retrieve(key.id, of)).owner_project_access, 'active')
      await projects.apiKeys.delete(key.id, of)
      await assert.rejects(projects.apiKeys.retrieve(key.id, of), unknown)
    })

    test("a deleted key is dead at once, a user's like a service account's", async () => {
      const { projects, keys, id, of, key } = await newProject()
      const { api_key } = await projects.serviceAccounts.create(id, { name: 'bot' })
      for (const one of [key, api_key ?? assert.fail('no key')]) {
        assert.equal(await opens(app, one.value), null)
        const deleted = await keys.delete(one.id, of)
        assert.deepEqual(deleted, { object: 'organization.project.api_key.deleted', id: one.id, deleted: true })
        assert.equal(await opens(app, one.value), 'invalid_api_key')
        await assert.rejects(keys.retrieve(one.id, of), unknown)
        await assert.rejects(keys.delete(one.id, of), unknown)
      }
      assert.equal((await all(projects.serviceAccounts.list(id))).length, 1)
    })

    test('a key is known in its own project only', async () => {
      const { keys, key, organization } = await newProject()
      const elsewhere = { project_id: organization.defaultProjectId }
      await assert.rejects(keys.retrieve(key.id, elsewhere), unknown)
      await assert.rejects(keys.update(key.id, { ...elsewhere, scopes: [] }), unknown)
      await assert.rejects(keys.delete(key.id, elsewhere), unknown)
      await assert.rejects(keys.retrieve(unknownLike(key.id), elsewhere), unknown)
      assert.equal(await opens(app, key.value), null)
    })

    test('when a key was last used is there soon after', async () => {
      const { keys, of, key } = await newProject()
      const before = Math.floor(Date.now() / 1000)
      assert.equal(await opens(app, key.value), null)
      let used: number | null = null
      await until(async () => {
        used = (await keys.retrieve(key.id, of)).last_used_at
        return used !== null
      }, 'the use is written')
      assert.ok(used !== null && used >= before && used <= Date.now() / 1000)
    })
  })
}
