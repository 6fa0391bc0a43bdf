import assert from 'node:assert/strict'
import { newOrganization, newProjectKey, newUser } from '../contract/organizations.ts'
import { startTestApp } from '../support/harness.ts'
import { all, opens, refusal, type Scenario, unknownLike, until, type World } from './scenario.ts'

const notFound = refusal(404, 'not_found', 'api_key_id')

/** A project with a key of a service account and one of a user's own. */
async function newKeys({ app, admin, organization }: World) {
  const project = (await admin.projects.create({ name: 'keys' })).id
  const user = await newUser(app, organization)
  await admin.projects.users.create(project, { user_id: user.id, role: 'member' })
  const account = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
  const bot = { id: account.api_key?.id ?? '', value: account.api_key?.value ?? '' }
  const own = await newProjectKey(app, organization, project, user.id)
  return { project, at: { project_id: project }, user, account, bot, own }
}

export const projectKeyScenarios: Record<string, Scenario> = {
  'organization.projects.apiKeys.retrieve': async (world) => {
    const { app, admin, organization } = world
    // The organization is older than the project.
    app.advance(60)
    const { project, at, user, account, bot, own } = await newKeys(world)
    const key = await admin.projects.apiKeys.retrieve(bot.id, at)
    assert.equal(key.object, 'organization.project.api_key')
    assert.equal(key.owner_project_access, 'active')
    const { id, created_at } = account
    const object = 'organization.project.service_account'
    const service_account = { object, id, name: 'bot', created_at, role: 'member' }
    assert.deepEqual<object>(key.owner, { type: 'service_account', service_account })
    assert.equal(key.redacted_value.length, bot.value.length)
    assert.ok(!JSON.stringify(key).includes(bot.value))
    const personal = await admin.projects.apiKeys.retrieve(own.id, at)
    assert.deepEqual(personal.owner.type, 'user')
    assert.deepEqual([personal.owner.user?.id, personal.owner.user?.email], [user.id, user.email])
    assert.deepEqual([personal.owner.user?.role, personal.last_used_at], ['member', null])

    for (const userId of [user.id, organization.ownerId]) {
      const { id } = await newProjectKey(app, organization, project, userId)
      const { added_at } = await admin.projects.users.retrieve(userId, at)
      // The client's type leaves it out, the API's document does not.
      const owner: { user?: object } = (await admin.projects.apiKeys.retrieve(id, at)).owner
      assert.equal(Reflect.get(owner.user ?? {}, 'added_at'), added_at)
    }

    assert.equal(await opens(app, own.value), null)
    const used = await until(async () => (await admin.projects.apiKeys.retrieve(own.id, at)).last_used_at)
    assert.ok(used >= personal.created_at)

    await assert.rejects(admin.projects.apiKeys.retrieve(unknownLike(bot.id), at), notFound)
    const elsewhere = { project_id: organization.defaultProjectId }
    await assert.rejects(admin.projects.apiKeys.retrieve(bot.id, elsewhere), notFound)
    const stranger = await newOrganization(app)
    const own2 = { project_id: stranger.defaultProjectId }
    await assert.rejects(stranger.admin.projects.apiKeys.retrieve(bot.id, own2), notFound)
  },

  'organization.projects.apiKeys.list': async (world) => {
    const { admin } = world
    const { project, at, user, bot, own } = await newKeys(world)
    const bare = await admin.projects.serviceAccounts.create(project, { name: 'x', create_service_account_only: true })
    const idle = await admin.projects.serviceAccounts.apiKeys.create(bare.id, at)
    const ids = async (owner_project_access?: 'active' | 'inactive' | 'any') => {
      const query = owner_project_access === undefined ? {} : { owner_project_access }
      const keys = await all(admin.projects.apiKeys.list(project, { ...query, limit: 1 }))
      return keys.map((key) => key.id)
    }
    const inOrder = [bot.id, own.id, idle.id].sort()
    assert.deepEqual(await ids('any'), inOrder)
    assert.deepEqual((await ids()).sort(), [bot.id, own.id].sort())
    assert.deepEqual(await ids('active'), await ids())
    assert.deepEqual(await ids('inactive'), [idle.id])
    await admin.projects.users.delete(user.id, at)
    assert.deepEqual(await ids('active'), [bot.id])
    assert.deepEqual((await ids('inactive')).sort(), [idle.id, own.id].sort())
    await admin.users.update(user.id, { role: 'owner' })
    assert.deepEqual((await ids('active')).sort(), [bot.id, own.id].sort())
  },

  'organization.projects.apiKeys.update': async (world) => {
    const { app, admin, database } = world
    const { at, bot, own } = await newKeys(world)
    const { apiKeys } = admin.projects
    for (const key of [bot, own]) {
      const model = app.client(key.value)
      await model.embeddings.create({ model: 'echo', input: 'hello' })
      await apiKeys.update(key.id, { ...at, scopes: ['api.model.read'] })
      await model.models.list()
      const asking = model.embeddings.create({ model: 'echo', input: 'hello' })
      await assert.rejects(asking, { status: 401, message: /Missing scopes: api.model.request/ })
      await apiKeys.update(key.id, { ...at, scopes: [] })
      await model.embeddings.create({ model: 'echo', input: 'hello' })
    }
    const expiring = await apiKeys.update(bot.id, { ...at, expires_in_seconds: 3600 })
    assert.ok(typeof expiring.expires_at === 'number' && expiring.expires_at >= expiring.created_at + 3600)
    const scoped = await apiKeys.update(bot.id, { ...at, scopes: ['api.all.read'] })
    assert.equal(scoped.expires_at, expiring.expires_at)

    await assert.rejects(apiKeys.update(bot.id, at), refusal(400, 'missing_required_parameter', 'scopes'))
    const odd = apiKeys.update(bot.id, { ...at, scopes: ['api.fly'] })
    await assert.rejects(odd, refusal(400, 'invalid_value', 'scopes[0]'))
    const never = apiKeys.update(bot.id, { ...at, expires_in_seconds: 0 })
    await assert.rejects(never, refusal(400, 'integer_below_min_value', 'expires_in_seconds'))
    for (const field of ['scopes', 'expires_in_seconds']) {
      const path = `/v1/organization/projects/${at.project_id}/api_keys/${bot.id}`
      const reply = await app.send('POST', path, { key: world.organization.key, body: { [field]: null } })
      assert.deepEqual([reply.status, reply.body.error.code, reply.body.error.param], [400, 'invalid_type', field])
    }
    await assert.rejects(apiKeys.update(unknownLike(bot.id), { ...at, scopes: [] }), notFound)

    await using later = await startTestApp({ database })
    const { projects } = later.admin().organization
    const { id } = await projects.create({ name: 'brief' })
    const brief = await projects.serviceAccounts.create(id, { name: 'brief', expires_in_seconds: 60 })
    later.advance(60)
    const dead = projects.apiKeys.update(brief.api_key?.id ?? '', { project_id: id, expires_in_seconds: 60 })
    await assert.rejects(dead, refusal(400, 'api_key_expired', 'api_key_id'))
    assert.equal(await opens(later, brief.api_key?.value ?? ''), 'invalid_api_key')
  },

  'organization.projects.apiKeys.delete': async (world) => {
    const { app, admin, organization } = world
    const { project, at, account, bot, own } = await newKeys(world)
    const second = await admin.projects.serviceAccounts.apiKeys.create(account.id, at)
    for (const key of [bot, own]) {
      assert.equal(await opens(app, key.value), null)
      const elsewhere = { project_id: organization.defaultProjectId }
      await assert.rejects(admin.projects.apiKeys.delete(key.id, elsewhere), notFound)
      const deleted = await admin.projects.apiKeys.delete(key.id, at)
      assert.deepEqual(deleted, { object: 'organization.project.api_key.deleted', id: key.id, deleted: true })
      assert.equal(await opens(app, key.value), 'invalid_api_key')
      await assert.rejects(admin.projects.apiKeys.delete(key.id, at), notFound)
      await assert.rejects(admin.projects.apiKeys.retrieve(key.id, at), notFound)
    }
    // The service account and its other key stay.
    assert.equal(await opens(app, second.value), null)
    const accounts = await all(admin.projects.serviceAccounts.list(project))
    assert.deepEqual(
      accounts.map(({ id }) => id),
      [account.id],
    )
  },
}
