import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { opens, refusal } from '../../test/sdk/scenario.ts'
import { clientOf } from '../../test/support/client.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { contract } from '../contract/index.ts'

const { create } = contract.projectApiKeys
const missing = (permission: string) => ({ status: 401, message: new RegExp(`Missing scopes: ${permission}\\.`) })

for (const database of databases) {
  describe(`keys of one's own in a project on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    /** A project with a member, and the member's admin key. */
    async function newProject() {
      const organization = await newOrganization(app)
      const { projects } = organization.admin
      const { id: project_id } = await projects.create({ name: 'shared' })
      const member = await newUser(app, organization)
      await projects.users.create(project_id, { user_id: member.id, role: 'member' })
      const key = await newAdminKey(app, organization, member.id)
      const make = (body: { name: string; scopes?: string[]; user_id?: string }, by = key) =>
        clientOf(app, by)(create, { params: { project_id }, body })
      return { organization, admin: organization.admin, projects, project_id, member, key, make }
    }

    test('a member makes one, sees it once, and it ends with what they may do in the project', async () => {
      const { admin, projects, project_id, member, make } = await newProject()
      const { value, ...made } = await make({ name: 'mine' })
      assert.match(value, /^sk-proj-/)
      assert.deepEqual(made, { ...(await projects.apiKeys.retrieve(made.id, { project_id })) })
      assert.deepEqual([made.name, made.owner.user?.id, made.owner.user?.role], ['mine', member.id, 'member'])
      assert.equal(await opens(app, value), null)
      const event = (await admin.auditLogs.list({ limit: 1 })).data[0]
      assert.deepEqual([event?.type, event?.['api_key.created']?.id], ['api_key.created', made.id])
      assert.deepEqual([event?.project?.id, event?.actor?.api_key?.user?.id], [project_id, member.id])
      assert.ok(!JSON.stringify(event).includes(value))
      await projects.users.delete(member.id, { project_id })
      await assert.rejects(app.client(value).models.list(), { status: 401, message: /must be a member/ })
      await assert.rejects(make({ name: 'late' }), refusal(404, 'not_found', 'project_id'))
    })

    test('nobody makes one for a service account, which has its own', async () => {
      const { organization, projects, project_id, make } = await newProject()
      const { id: user_id } = await projects.serviceAccounts.create(project_id, { name: 'bot' })
      await assert.rejects(make({ name: 'x', user_id }, organization.key), {
        status: 400,
        message: /is not in project/,
      })
    })

    test('a member makes none for somebody else, and is told the same whoever that is', async () => {
      const { organization, make, projects, project_id } = await newProject()
      const other = await newUser(app, organization)
      await projects.users.create(project_id, { user_id: other.id, role: 'member' })
      const outside = await newUser(app, organization)
      for (const user_id of [other.id, outside.id, organization.ownerId, 'user-x']) {
        await assert.rejects(make({ name: 'x', user_id }), missing('api.organization.projects.api_keys.write'))
      }
      const of = (await projects.apiKeys.list(project_id, { owner_project_access: 'any' })).data
      assert.deepEqual(of, [])
    })

    test('who may write keys makes one for others in the project, that can do no more than they may', async () => {
      const { organization, admin, projects, project_id, member, make } = await newProject()
      const manager = await newUser(app, organization)
      await projects.users.create(project_id, { user_id: manager.id, role: 'owner' })
      const by = await newAdminKey(app, organization, manager.id)
      const { value, owner } = await make({ name: 'for a member', user_id: member.id }, by)
      assert.equal(owner.user?.id, member.id)
      assert.equal(await opens(app, value), null)
      // Who loses the role uses the key no more, whoever made it.
      await admin.projects.users.roles.delete('role-api-project-member', { project_id, user_id: member.id })
      const asking = app.client(value).embeddings.create({ model: 'echo', input: 'hello' })
      await assert.rejects(asking, missing('api.model.request'))
      const outside = await newUser(app, organization)
      for (const user_id of [outside.id, 'user-x']) {
        await assert.rejects(make({ name: 'x', user_id }, by), refusal(400, 'user_not_in_project', 'user_id'))
      }
    })

    test('who may write keys and lacks what a key could do makes none for others, but a narrower one', async () => {
      const { organization, admin, projects, project_id, member, make } = await newProject()
      const clerk = await newUser(app, organization)
      await projects.users.create(project_id, { user_id: clerk.id, role: 'member' })
      const { id: role_id } = await projects.roles.create(project_id, {
        role_name: 'Clerk',
        permissions: ['api.organization.projects.api_keys.write', 'api.model.read', 'api.model.request'],
      })
      await admin.projects.users.roles.create(clerk.id, { project_id, role_id })
      await admin.projects.users.roles.delete('role-api-project-member', { project_id, user_id: clerk.id })
      const by = await newAdminKey(app, organization, clerk.id)
      const asked = { name: 'x', user_id: member.id }
      await assert.rejects(make(asked, by), { status: 401, message: /Missing scopes: api\.responses\.read\./ })
      const { value } = await make({ ...asked, scopes: ['api.model.request'] }, by)
      await assert.rejects(app.client(value).models.list(), missing('api.model.read'))
      await app.client(value).embeddings.create({ model: 'echo', input: 'hello' })
    })

    test('somebody whose role in the organization lets them use models makes none where they are not in', async () => {
      const { organization, admin, make } = await newProject()
      const { id } = await newUser(app, organization)
      const { id: role_id } = await admin.roles.create({ role_name: 'All models', permissions: ['api.model.request'] })
      await admin.users.roles.create(id, { role_id })
      const by = await newAdminKey(app, organization, id)
      await assert.rejects(make({ name: 'x' }, by), refusal(400, 'user_not_in_project', 'user_id'))
      await assert.rejects(make({ name: 'x', scopes: ['api.fly'] }, by), refusal(400, 'invalid_value', 'scopes[0]'))
    })
  })
}
