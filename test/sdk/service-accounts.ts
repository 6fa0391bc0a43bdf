import assert from 'node:assert/strict'
import { newOrganization } from '../contract/organizations.ts'
import { startTestApp } from '../support/harness.ts'
import { all, opens, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

const notFound = refusal(404, 'not_found', 'service_account_id')

async function newProject({ admin }: World) {
  return (await admin.projects.create({ name: 'robots' })).id
}

export const serviceAccountScenarios: Record<string, Scenario> = {
  'organization.projects.serviceAccounts.create': async (world) => {
    const { app, admin, database } = world
    const project = await newProject(world)
    const account = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
    assert.match(account.id, /^svc_acct_[0-9a-z]{24}$/)
    assert.equal(account.object, 'organization.project.service_account')
    assert.deepEqual([account.name, account.role], ['bot', 'member'])
    assert.ok(account.api_key)
    assert.equal(account.api_key.object, 'organization.project.service_account.api_key')
    assert.deepEqual([account.api_key.name, account.api_key.expires_at], ['bot', null])
    assert.match(account.api_key.value, /^sk-svcacct-/)
    assert.equal(await opens(app, account.api_key.value), null)

    const bare = await admin.projects.serviceAccounts.create(project, {
      name: 'bare',
      create_service_account_only: true,
    })
    assert.deepEqual([bare.role, bare.api_key], ['none', null])
    const contradiction = { name: 'x', create_service_account_only: true, expires_in_seconds: 60 }
    const refused = admin.projects.serviceAccounts.create(project, contradiction)
    await assert.rejects(refused, refusal(400, 'invalid_value', 'expires_in_seconds'))
    const keys = await all(admin.projects.apiKeys.list(project, { owner_project_access: 'any' }))
    assert.deepEqual(
      keys.map((key) => key.id),
      [account.api_key.id],
    )

    await using own = await startTestApp({ database })
    const { projects } = own.admin().organization
    const { id } = await projects.create({ name: 'brief' })
    const brief = await projects.serviceAccounts.create(id, { name: 'brief', expires_in_seconds: 60 })
    assert.equal(brief.api_key?.expires_at, brief.created_at + 60)
    assert.equal(await opens(own, brief.api_key.value), null)
    own.advance(60)
    assert.equal(await opens(own, brief.api_key.value), 'invalid_api_key')
  },

  'organization.projects.serviceAccounts.retrieve': async (world) => {
    const { app, admin, organization } = world
    const project = await newProject(world)
    const { api_key, ...account } = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
    const found = await admin.projects.serviceAccounts.retrieve(account.id, { project_id: project })
    assert.deepEqual(found, account)
    const elsewhere = { project_id: organization.defaultProjectId }
    await assert.rejects(admin.projects.serviceAccounts.retrieve(account.id, elsewhere), notFound)
    const unknown = admin.projects.serviceAccounts.retrieve(unknownLike(account.id), { project_id: project })
    await assert.rejects(unknown, notFound)
    const stranger = await newOrganization(app)
    const foreign = stranger.admin.projects.serviceAccounts.retrieve(account.id, { project_id: project })
    await assert.rejects(foreign, refusal(404, 'not_found', 'project_id'))
    const own = { project_id: stranger.defaultProjectId }
    await assert.rejects(stranger.admin.projects.serviceAccounts.retrieve(account.id, own), notFound)
    assert.equal(await opens(app, api_key?.value ?? ''), null)
  },

  'organization.projects.serviceAccounts.list': async (world) => {
    const { admin, organization } = world
    const project = await newProject(world)
    const first = await admin.projects.serviceAccounts.create(project, { name: 'same' })
    const second = await admin.projects.serviceAccounts.create(project, { name: 'same' })
    await admin.projects.serviceAccounts.create(organization.defaultProjectId, { name: 'elsewhere' })
    const listed = await all(admin.projects.serviceAccounts.list(project, { limit: 1 }))
    assert.deepEqual(
      listed.map((account) => account.id),
      [first.id, second.id],
    )
    assert.ok(!JSON.stringify(listed).includes('sk-svcacct-'))
    const behind = await admin.projects.serviceAccounts.list(project, { after: second.id })
    assert.deepEqual([behind.data, behind.has_more], [[], false])
  },

  'organization.projects.serviceAccounts.update': async (world) => {
    const { app, admin } = world
    const project = await newProject(world)
    const at = { project_id: project }
    const bare = await admin.projects.serviceAccounts.create(project, {
      name: 'bare',
      create_service_account_only: true,
    })
    const key = await admin.projects.serviceAccounts.apiKeys.create(bare.id, at)
    assert.match((await opens(app, key.value)) ?? '', /You must be a member/)
    const updated = await admin.projects.serviceAccounts.update(bare.id, { ...at, name: ' bot ', role: 'member' })
    assert.deepEqual([updated.name, updated.role, updated.created_at], ['bot', 'member', bare.created_at])
    assert.equal(await opens(app, key.value), null)
    assert.equal((await admin.projects.serviceAccounts.update(bare.id, { ...at, role: 'owner' })).name, 'bot')
    assert.deepEqual((await admin.projects.serviceAccounts.update(bare.id, at)).role, 'owner')
    const shown = await admin.projects.apiKeys.retrieve(key.id, at)
    assert.deepEqual([shown.owner.service_account?.role, shown.owner.service_account?.name], ['owner', 'bot'])
    await assert.rejects(admin.projects.serviceAccounts.update(unknownLike(bare.id), { ...at, name: 'x' }), notFound)
  },

  'organization.projects.serviceAccounts.delete': async (world) => {
    const { app, admin } = world
    const project = await newProject(world)
    const at = { project_id: project }
    const account = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
    const second = await admin.projects.serviceAccounts.apiKeys.create(account.id, at)
    const other = await admin.projects.serviceAccounts.create(project, { name: 'stays' })
    const secrets = [account.api_key?.value ?? '', second.value]
    for (const secret of secrets) assert.equal(await opens(app, secret), null)
    const deleted = await admin.projects.serviceAccounts.delete(account.id, at)
    assert.deepEqual(deleted, { object: 'organization.project.service_account.deleted', id: account.id, deleted: true })
    for (const secret of secrets) assert.equal(await opens(app, secret), 'invalid_api_key')
    await assert.rejects(admin.projects.serviceAccounts.retrieve(account.id, at), notFound)
    await assert.rejects(admin.projects.serviceAccounts.delete(account.id, at), notFound)
    await assert.rejects(admin.projects.apiKeys.retrieve(second.id, at), { status: 404 })
    assert.equal(await opens(app, other.api_key?.value ?? ''), null)
  },

  'organization.projects.serviceAccounts.apiKeys.create': async (world) => {
    const { app, admin, organization, database } = world
    const project = await newProject(world)
    const at = { project_id: project }
    const account = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
    const { apiKeys } = admin.projects.serviceAccounts
    const plain = await apiKeys.create(account.id, at)
    assert.equal(plain.object, 'organization.project.service_account.api_key')
    assert.deepEqual([plain.name, plain.expires_at], ['bot', null])
    assert.equal(await opens(app, plain.value), null)
    assert.equal(await opens(app, account.api_key?.value ?? ''), null)

    const reading = await apiKeys.create(account.id, { ...at, name: 'reads', scopes: ['api.all.read'] })
    assert.equal(reading.name, 'reads')
    assert.equal(await opens(app, reading.value), null)
    const asking = app.client(reading.value).embeddings.create({ model: 'echo', input: 'hello' })
    await assert.rejects(asking, { status: 401, message: /Missing scopes: api.model.request/ })
    const odd = apiKeys.create(account.id, { ...at, scopes: ['api.model.read', 'api.fly'] })
    await assert.rejects(odd, refusal(400, 'invalid_value', 'scopes[1]'))
    await assert.rejects(apiKeys.create(account.id, { project_id: organization.defaultProjectId }), notFound)

    await using own = await startTestApp({ database })
    const { projects } = own.admin().organization
    const { id } = await projects.create({ name: 'brief' })
    const bot = await projects.serviceAccounts.create(id, { name: 'bot' })
    const brief = await projects.serviceAccounts.apiKeys.create(bot.id, { project_id: id, expires_in_seconds: 60 })
    assert.equal(brief.expires_at, brief.created_at + 60)
    assert.equal(await opens(own, brief.value), null)
    own.advance(60)
    assert.equal(await opens(own, brief.value), 'invalid_api_key')
    assert.equal(await opens(own, bot.api_key?.value ?? ''), null)
  },
}
