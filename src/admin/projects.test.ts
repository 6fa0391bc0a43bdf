import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization, newProjectKey, newUser } from '../../test/contract/organizations.ts'
import { all, opens, refusal } from '../../test/sdk/scenario.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

const archived = refusal(400, 'project_archived', 'project_id')
const isDefault = refusal(400, 'default_project_not_modifiable', 'project_id')

for (const database of databases) {
  describe(`projects on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    test('two projects may have one name: each is its own', async () => {
      const { admin } = await newOrganization(app)
      const [first, second] = [
        await admin.projects.create({ name: 'twin' }),
        await admin.projects.create({ name: 'twin' }),
      ]
      assert.notEqual(first.id, second.id)
      await admin.projects.archive(first.id)
      assert.equal((await admin.projects.retrieve(second.id)).status, 'active')
    })

    test('a name is trimmed and then has 1 to 255 characters, whatever they weigh', async () => {
      const { admin } = await newOrganization(app)
      const { id, name } = await admin.projects.create({ name: '  \t with blanks  ' })
      assert.equal(name, 'with blanks')
      assert.equal((await admin.projects.update(id, { name: `  ${'🐘'.repeat(255)}\n` })).name, '🐘'.repeat(255))
      assert.equal((await admin.projects.retrieve(id)).name, '🐘'.repeat(255))
      const wrong: [name: string, code: string][] = [
        ['', 'string_below_min_length'],
        [' \t ', 'string_below_min_length'],
        ['x'.repeat(256), 'string_above_max_length'],
        ['a\u0000b', 'invalid_value'],
        ['a\nb', 'invalid_value'],
        ['a\u0085b', 'invalid_value'],
        ['a\u007fb', 'invalid_value'],
        ['a\ud800b', 'invalid_value'],
      ]
      for (const [name, code] of wrong) {
        await assert.rejects(admin.projects.create({ name }), refusal(400, code, 'name'), JSON.stringify(name))
        await assert.rejects(admin.projects.update(id, { name }), refusal(400, code, 'name'), JSON.stringify(name))
      }
      assert.equal((await all(admin.projects.list())).length, 2)
    })

    test('an update with a null name, or with nothing, leaves the name', async () => {
      const { admin } = await newOrganization(app)
      const project = await admin.projects.create({ name: 'kept' })
      assert.deepEqual(await admin.projects.update(project.id, { name: null }), project)
      assert.deepEqual(await admin.projects.update(project.id, {}), project)
      assert.deepEqual(await admin.projects.update(project.id, { geography: null, external_key_id: null }), project)
      const renamed = await admin.projects.update(project.id, { name: 'new' })
      assert.deepEqual(renamed, { ...project, name: 'new' })
      assert.deepEqual(await admin.projects.retrieve(project.id), renamed)
    })

    test('data stay where the server runs: any other place, and any external key, is refused and nothing stored', async () => {
      const { admin } = await newOrganization(app)
      const name = 'placed'
      const here = await admin.projects.create({ name, residency: 'GLOBAL', geography: null, external_key_id: null })
      assert.deepEqual([here.residency, here.external_key_id], ['GLOBAL', null])
      const refusals = [
        [{ name, residency: 'EU_STORAGE_PROCESSING' }, 'residency_not_available', 'residency'],
        [{ name, residency: 'MARS' }, 'invalid_value', 'residency'],
        [{ name, geography: 'EU' }, 'residency_not_available', 'geography'],
        [{ name, geography: 'GLOBAL' }, 'residency_not_available', 'geography'],
        [{ name, residency: 'GLOBAL', geography: 'GLOBAL' }, 'residency_not_available', 'geography'],
        [{ name, external_key_id: 'key_1' }, 'external_key_not_found', 'external_key_id'],
        [{ name, external_key_id: '' }, 'external_key_not_found', 'external_key_id'],
      ] as const
      for (const [body, code, param] of refusals) {
        await assert.rejects(admin.projects.create(body as { name: string }), refusal(400, code, param))
      }
      const both = { name, residency: 'GLOBAL' as const, geography: 'GLOBAL' }
      await assert.rejects(admin.projects.create(both), { message: /either 'residency' or 'geography', not both/ })
      const changes = [
        [{ geography: 'EU' }, 'residency_not_available', 'geography'],
        [{ external_key_id: 'key_1' }, 'external_key_not_found', 'external_key_id'],
        [{ residency: 'GLOBAL' }, 'unknown_parameter', 'residency'],
        [{ status: 'active' }, 'unknown_parameter', 'status'],
      ] as const
      for (const [body, code, param] of changes) {
        await assert.rejects(admin.projects.update(here.id, { name: 'moved', ...body }), refusal(400, code, param))
      }
      assert.deepEqual(
        (await all(admin.projects.list())).map((project) => project.name),
        ['Default project', name],
      )
    })

    test('the default project cannot be archived or changed, and goes on working', async () => {
      const { admin, defaultProjectId } = await newOrganization(app)
      const { api_key } = await admin.projects.serviceAccounts.create(defaultProjectId, { name: 'bot' })
      const before = await admin.projects.retrieve(defaultProjectId)
      await assert.rejects(admin.projects.archive(defaultProjectId), isDefault)
      for (const name of ['mine', before.name ?? '', null]) {
        await assert.rejects(admin.projects.update(defaultProjectId, { name }), isDefault)
      }
      await assert.rejects(admin.projects.update(defaultProjectId, {}), isDefault)
      assert.deepEqual(await admin.projects.retrieve(defaultProjectId), before)
      assert.equal(await opens(app, api_key?.value ?? ''), null)
    })

    test("an organization's default project is another one's stranger", async () => {
      const { admin } = await newOrganization(app)
      const other = await newOrganization(app)
      const unknown = refusal(404, 'not_found', 'project_id')
      await assert.rejects(admin.projects.archive(other.defaultProjectId), unknown)
      await assert.rejects(admin.projects.update(other.defaultProjectId, { name: 'mine' }), unknown)
    })

    test('archiving stops every key of the project at once, and those of no other project', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const [project, other] = [await admin.projects.create({ name: 'a' }), await admin.projects.create({ name: 'b' })]
      const member = await newUser(app, organization)
      await admin.projects.users.create(project.id, { user_id: member.id, role: 'member' })
      const bot = await admin.projects.serviceAccounts.create(project.id, { name: 'bot' })
      const survivor = await admin.projects.serviceAccounts.create(other.id, { name: 'bot' })
      const own = await newProjectKey(app, organization, project.id, member.id)
      const owners = await newProjectKey(app, organization, project.id, organization.ownerId)
      const keys = [bot.api_key?.value ?? '', own.value, owners.value]
      for (const key of keys) assert.equal(await opens(app, key), null)

      await admin.projects.archive(project.id)
      for (const key of keys) {
        const { status, body } = await app.send('GET', '/v1/models', { key })
        assert.equal(status, 401)
        assert.equal(body.error.code, 'not_authorized_invalid_project')
        assert.equal(body.error.message, 'The project you are requesting has been archived and is no longer accessible')
      }
      assert.equal(await opens(app, survivor.api_key?.value ?? ''), null)
    })

    test('an archived project can be looked at, has nobody and nothing in it, and stays archived', async () => {
      const organization = await newOrganization(app)
      const { projects } = organization.admin
      const project = await projects.create({ name: 'old' })
      const { id: project_id } = project
      const { id: member } = await newUser(app, organization)
      await projects.users.create(project_id, { user_id: member, role: 'member' })
      const account = await projects.serviceAccounts.create(project_id, { name: 'bot' })
      const key = account.api_key?.id ?? ''
      const gone = await projects.archive(project_id)
      assert.equal(gone.status, 'archived')
      assert.ok((gone.archived_at ?? 0) >= project.created_at)
      assert.deepEqual(await projects.retrieve(project_id), gone)

      await assert.rejects(all(projects.users.list(project_id)), archived)
      await assert.rejects(all(projects.serviceAccounts.list(project_id)), archived)
      for (const owner_project_access of ['active', 'inactive', 'any'] as const) {
        assert.deepEqual(await all(projects.apiKeys.list(project_id, { owner_project_access })), [])
      }
      const of = { project_id }
      await assert.rejects(projects.users.retrieve(member, of), refusal(404, 'not_found', 'user_id'))
      await assert.rejects(projects.users.retrieve(organization.ownerId, of), refusal(404, 'not_found', 'user_id'))
      await assert.rejects(projects.apiKeys.retrieve(key, of), refusal(404, 'not_found', 'api_key_id'))
      const noAccount = refusal(404, 'not_found', 'service_account_id')
      await assert.rejects(projects.serviceAccounts.retrieve(account.id, of), noAccount)

      const changes = [
        () => projects.archive(project_id),
        () => projects.update(project_id, { name: 'revived' }),
        () => projects.users.create(project_id, { user_id: organization.ownerId, role: 'owner' }),
        () => projects.users.update(member, { ...of, role: 'owner' }),
        () => projects.users.delete(member, of),
        () => projects.serviceAccounts.create(project_id, { name: 'late' }),
        () => projects.serviceAccounts.update(account.id, { ...of, name: 'late' }),
        () => projects.serviceAccounts.apiKeys.create(account.id, { ...of, name: 'late' }),
        () => projects.serviceAccounts.delete(account.id, of),
        () => projects.apiKeys.update(key, { ...of, scopes: [] }),
        () => projects.apiKeys.delete(key, of),
      ]
      for (const change of changes) await assert.rejects(change(), archived, change.toString())
      assert.deepEqual(await projects.retrieve(project_id), gone)
    })

    test('no key can be made for an archived project on the command line either', async () => {
      const organization = await newOrganization(app)
      const { id } = await organization.admin.projects.create({ name: 'old' })
      await organization.admin.projects.archive(id)
      const flags = ['--org', organization.id, '--project', id, '--user', organization.ownerId, '--name', 'late']
      await assert.rejects(command(app, 'project-key', 'create', ...flags), /archived/)
    })

    test('lists hold archived projects only when asked to, oldest first', async () => {
      const { admin, defaultProjectId } = await newOrganization(app)
      const ids: string[] = [defaultProjectId]
      for (const name of ['a', 'b', 'c']) ids.push((await admin.projects.create({ name })).id)
      const [first = '', , third = '', fourth = ''] = ids
      await admin.projects.archive(third)
      const listed = async (query: object) => (await all(admin.projects.list(query))).map((project) => project.id)
      const active = ids.filter((id) => id !== third)
      assert.deepEqual(await listed({}), active)
      assert.deepEqual(await listed({ include_archived: false }), active)
      assert.deepEqual(await listed({ include_archived: true }), ids)
      assert.deepEqual(await listed({ include_archived: true, limit: 1 }), ids)
      assert.deepEqual(await listed({ limit: 1 }), active)
      // An archived project keeps its place in the order, so an iteration that stands on it goes on.
      assert.deepEqual(await listed({ after: third }), [fourth])
      assert.deepEqual(await listed({ after: first, include_archived: true }), ids.slice(1))
    })
  })
}
