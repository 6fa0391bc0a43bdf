import assert from 'node:assert/strict'
import { newAdminKey, newOrganization, newProjectKey, newUser } from '../contract/organizations.ts'
import { all, opens, refusal, type Scenario, unknownLike } from './scenario.ts'

const notFound = refusal(404, 'not_found', 'user_id')

export const userScenarios: Record<string, Scenario> = {
  'organization.users.retrieve': async ({ app, admin, organization }) => {
    const { id, email } = await newUser(app, organization)
    const user = await admin.users.retrieve(id)
    assert.equal(user.object, 'organization.user')
    assert.deepEqual([user.id, user.email, user.name, user.role], [id, email, 'Somebody', 'reader'])
    assert.equal(user.user?.id, id)
    assert.equal(user.is_service_account, false)
    assert.equal(user.api_key_last_used_at, null)
    await assert.rejects(admin.users.retrieve(unknownLike(id)), notFound)
    const stranger = await newOrganization(app)
    await assert.rejects(admin.users.retrieve(stranger.ownerId), notFound)
    const account = await admin.projects.serviceAccounts.create(organization.defaultProjectId, { name: 'bot' })
    await assert.rejects(admin.users.retrieve(account.id), notFound)
  },

  'organization.users.list': async ({ app, admin, organization }) => {
    const first = await newUser(app, organization)
    const second = await newUser(app, organization, 'owner')
    const ids = async (emails?: string[]) =>
      (await all(admin.users.list(emails ? { emails } : {}))).map((user) => user.id)
    assert.deepEqual(await ids(), [organization.ownerId, first.id, second.id])
    assert.deepEqual(await ids([second.email, first.email.toUpperCase()]), [first.id, second.id])
    assert.deepEqual(await ids(['nobody@example.com']), [])
    const stranger = await newOrganization(app)
    assert.deepEqual(await ids([stranger.ownerEmail]), [])
  },

  'organization.users.update': async ({ app, admin, organization }) => {
    const { id } = await newUser(app, organization)
    const theirs = app.admin(await newAdminKey(app, organization, id)).organization
    await assert.rejects(theirs.projects.list(), { status: 401, message: /Missing scopes: api.management.read/ })
    assert.equal((await admin.users.update(id, { role: 'owner' })).role, 'owner')
    await theirs.projects.list()
    await admin.users.update(id, { role_id: 'role-api-organization-reader' })
    assert.equal((await admin.users.retrieve(id)).role, 'reader')
    await assert.rejects(theirs.projects.list(), { status: 401 })
    const long = `role-api-organization-owner__api-organization__${organization.id}`
    assert.equal((await admin.users.update(id, { role_id: long })).role, 'owner')
    const elsewhere = `role-api-organization-owner__api-organization__${unknownLike(organization.id)}`
    for (const role_id of [elsewhere, 'role-api-project-owner', '']) {
      await assert.rejects(admin.users.update(id, { role_id }), refusal(400, 'invalid_value', 'role_id'))
    }
    const contradiction = { role: 'reader', role_id: 'role-api-organization-owner' }
    await assert.rejects(admin.users.update(id, contradiction), refusal(400, 'invalid_value', 'role_id'))

    const profiled = await admin.users.update(id, { technical_level: 'expert', developer_persona: 'builder' })
    assert.deepEqual([profiled.technical_level, profiled.developer_persona], ['expert', 'builder'])
    const cleared = await admin.users.update(id, { technical_level: null })
    assert.deepEqual([cleared.technical_level, cleared.developer_persona], [null, 'builder'])
    assert.equal(cleared.role, 'owner')

    const self = admin.users.update(organization.ownerId, { role: 'reader' })
    await assert.rejects(self, refusal(400, 'would_lock_out_caller', 'user_id'))
    await theirs.users.update(organization.ownerId, { role: 'reader' })
    await assert.rejects(admin.projects.list(), { status: 401 })
    await assert.rejects(theirs.users.update(id, { role: 'reader' }), { status: 400, code: 'would_lock_out_caller' })
    await assert.rejects(theirs.users.update(unknownLike(id), { role: 'owner' }), notFound)
  },

  'organization.users.delete': async ({ app, admin, organization }) => {
    const { id, email } = await newUser(app, organization, 'owner')
    const project = await admin.projects.create({ name: 'shared' })
    const member = await newUser(app, organization)
    await admin.projects.users.create(project.id, { user_id: member.id, role: 'member' })
    const own = await newProjectKey(app, organization, project.id, member.id)
    const theirs = app.admin(await newAdminKey(app, organization, id)).organization
    await theirs.projects.list()
    assert.equal(await opens(app, own.value), null)

    const deleted = await admin.users.delete(member.id)
    assert.deepEqual(deleted, { object: 'organization.user.deleted', id: member.id, deleted: true })
    assert.match((await opens(app, own.value)) ?? '', /You must be a member of an organization/)
    const people = await all(admin.projects.users.list(project.id))
    assert.ok(people.every((person) => person.id !== member.id))
    const kept = await all(admin.projects.apiKeys.list(project.id, { owner_project_access: 'inactive' }))
    assert.deepEqual(
      kept.map((key) => key.id),
      [own.id],
    )
    await admin.users.delete(id)
    await assert.rejects(theirs.projects.list(), { status: 401, code: null, message: /You must be a member/ })
    await assert.rejects(admin.users.retrieve(id), notFound)
    await assert.rejects(admin.users.delete(id), notFound)

    await assert.rejects(admin.users.delete(organization.ownerId), refusal(400, 'would_lock_out_caller', 'user_id'))
    const again = await admin.invites.create({ email, role: 'reader' })
    assert.equal(again.status, 'pending')
  },
}
