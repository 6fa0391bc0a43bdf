import assert from 'node:assert/strict'
import { newOrganization, newProjectKey, newUser } from '../contract/organizations.ts'
import { all, opens, refusal, type Scenario, unknownLike } from './scenario.ts'

const notFound = refusal(404, 'not_found', 'project_id')

export const projectScenarios: Record<string, Scenario> = {
  'organization.projects.create': async ({ app, admin }) => {
    const project = await admin.projects.create({ name: '  Größe 🚀  ', residency: 'GLOBAL', external_key_id: null })
    assert.match(project.id, /^proj_[0-9a-z]{24}$/)
    assert.deepEqual(project, {
      id: project.id,
      object: 'organization.project',
      name: 'Größe 🚀',
      created_at: project.created_at,
      archived_at: null,
      status: 'active',
      external_key_id: null,
      residency: 'GLOBAL',
    })
    const namesake = await admin.projects.create({ name: 'Größe 🚀' })
    assert.notEqual(namesake.id, project.id)
    const account = await admin.projects.serviceAccounts.create(project.id, { name: 'bot' })
    assert.equal(await opens(app, account.api_key?.value ?? ''), null)

    const before = (await all(admin.projects.list())).length
    const elsewhere = admin.projects.create({ name: 'x', residency: 'EU_STORAGE_PROCESSING' })
    await assert.rejects(elsewhere, refusal(400, 'residency_not_available', 'residency'))
    const geography = admin.projects.create({ name: 'x', geography: 'EU' })
    await assert.rejects(geography, refusal(400, 'residency_not_available', 'geography'))
    const both = admin.projects.create({ name: 'x', residency: 'GLOBAL', geography: 'GLOBAL' })
    await assert.rejects(both, refusal(400, 'residency_not_available', 'geography'))
    const encrypted = admin.projects.create({ name: 'x', external_key_id: 'extkey_1' })
    await assert.rejects(encrypted, refusal(400, 'external_key_not_found', 'external_key_id'))
    await assert.rejects(admin.projects.create({ name: ' ' }), refusal(400, 'string_below_min_length', 'name'))
    const long = admin.projects.create({ name: 'x'.repeat(256) })
    await assert.rejects(long, refusal(400, 'string_above_max_length', 'name'))
    assert.equal((await all(admin.projects.list())).length, before)
  },

  'organization.projects.retrieve': async ({ app, admin, organization }) => {
    const created = await admin.projects.create({ name: 'one' })
    assert.deepEqual(await admin.projects.retrieve(created.id), created)
    assert.equal((await admin.projects.retrieve(organization.defaultProjectId)).name, 'Default project')
    await assert.rejects(admin.projects.retrieve(unknownLike(created.id)), notFound)
    await assert.rejects(admin.projects.retrieve(created.id.toUpperCase()), notFound)
    const stranger = await newOrganization(app)
    await assert.rejects(admin.projects.retrieve(stranger.defaultProjectId), notFound)
  },

  'organization.projects.update': async ({ app, admin, organization }) => {
    const created = await admin.projects.create({ name: 'before' })
    assert.deepEqual(await admin.projects.update(created.id, { name: ' after ' }), { ...created, name: 'after' })
    assert.equal((await admin.projects.update(created.id, { name: null })).name, 'after')
    assert.equal((await admin.projects.update(created.id, {})).name, 'after')
    const moved = admin.projects.update(created.id, { name: 'moved', geography: 'EU' })
    await assert.rejects(moved, refusal(400, 'residency_not_available', 'geography'))
    const encrypted = admin.projects.update(created.id, { name: 'moved', external_key_id: 'extkey_1' })
    await assert.rejects(encrypted, refusal(400, 'external_key_not_found', 'external_key_id'))
    assert.equal((await admin.projects.retrieve(created.id)).name, 'after')
    const byDefault = admin.projects.update(organization.defaultProjectId, { name: 'mine' })
    await assert.rejects(byDefault, refusal(400, 'default_project_not_modifiable', 'project_id'))
    const stranger = await newOrganization(app)
    await assert.rejects(stranger.admin.projects.update(created.id, { name: 'stolen' }), notFound)
    await admin.projects.archive(created.id)
    const archived = admin.projects.update(created.id, { name: 'too late' })
    await assert.rejects(archived, refusal(400, 'project_archived', 'project_id'))
  },

  'organization.projects.list': async ({ admin, organization }) => {
    const first = await admin.projects.create({ name: 'first' })
    const second = await admin.projects.create({ name: 'second' })
    await admin.projects.archive(first.id)
    const ids = async (include_archived?: boolean) => {
      const query = include_archived === undefined ? {} : { include_archived }
      return (await all(admin.projects.list({ ...query, limit: 2 }))).map((project) => project.id)
    }
    assert.deepEqual(await ids(), [organization.defaultProjectId, second.id])
    assert.deepEqual(await ids(false), [organization.defaultProjectId, second.id])
    assert.deepEqual(await ids(true), [organization.defaultProjectId, first.id, second.id])
    const page = await admin.projects.list({ include_archived: true, limit: 1, after: organization.defaultProjectId })
    assert.deepEqual([page.data[0]?.id, page.data[0]?.status, page.has_more], [first.id, 'archived', true])
    assert.equal(page.last_id, first.id)
  },

  'organization.projects.archive': async ({ app, admin, organization }) => {
    const { projects } = admin
    const project = await projects.create({ name: 'doomed' })
    const { id, email } = await newUser(app, organization)
    await projects.users.create(project.id, { email, role: 'member' })
    const account = await projects.serviceAccounts.create(project.id, { name: 'bot' })
    const own = await newProjectKey(app, organization, project.id, id)
    const secrets = [own.value, account.api_key?.value ?? '']
    for (const secret of secrets) assert.equal(await opens(app, secret), null)

    const archived = await projects.archive(project.id)
    assert.equal(archived.status, 'archived')
    assert.ok(typeof archived.archived_at === 'number' && archived.archived_at >= archived.created_at)
    for (const secret of secrets) assert.equal(await opens(app, secret), 'not_authorized_invalid_project')
    assert.deepEqual(await projects.retrieve(project.id), archived)

    const refused = refusal(400, 'project_archived', 'project_id')
    await assert.rejects(projects.archive(project.id), refused)
    await assert.rejects(projects.users.create(project.id, { user_id: id, role: 'owner' }), refused)
    await assert.rejects(projects.users.list(project.id), refused)
    await assert.rejects(projects.serviceAccounts.list(project.id), refused)
    await assert.rejects(projects.serviceAccounts.create(project.id, { name: 'late' }), refused)
    await assert.rejects(projects.apiKeys.delete(own.id, { project_id: project.id }), refused)
    assert.deepEqual(await all(projects.apiKeys.list(project.id, { owner_project_access: 'any' })), [])
    await assert.rejects(projects.users.retrieve(id, { project_id: project.id }), { status: 404 })
    await assert.rejects(projects.apiKeys.retrieve(own.id, { project_id: project.id }), { status: 404 })

    const byDefault = projects.archive(organization.defaultProjectId)
    await assert.rejects(byDefault, refusal(400, 'default_project_not_modifiable', 'project_id'))
    await assert.rejects(projects.archive(unknownLike(project.id)), notFound)
  },
}
