import assert from 'node:assert/strict'
import { newAdminKey, newOrganization, newUser } from '../contract/organizations.ts'
import { all, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

const noGroup = refusal(404, 'not_found', 'group_id')
const noUser = refusal(404, 'not_found', 'user_id')
const READER = 'role-api-organization-reader'

const newGroup = async ({ admin }: World, name = 'team') => (await admin.groups.create({ name })).id
const newBot = async ({ admin, organization }: World) =>
  (await admin.projects.serviceAccounts.create(organization.defaultProjectId, { name: 'bot' })).id
const memberIds = async ({ admin }: World, group: string) =>
  (await all(admin.groups.users.list(group, { order: 'asc', limit: 1 }))).map(({ id }) => id)

export const groupScenarios: Record<string, Scenario> = {
  'organization.groups.create': async ({ admin }) => {
    const group = await admin.groups.create({ name: '  Größe 🚀  ' })
    const { id, created_at } = group
    assert.match(id, /^group_[0-9a-z]{24}$/)
    assert.deepEqual(group, { id, name: 'Größe 🚀', created_at, is_scim_managed: false, group_type: 'group' })
    const namesake = await admin.groups.create({ name: 'Größe 🚀' })
    assert.notEqual(namesake.id, id)
    await assert.rejects(admin.groups.create({ name: ' ' }), refusal(400, 'string_below_min_length', 'name'))
    const long = admin.groups.create({ name: 'x'.repeat(256) })
    await assert.rejects(long, refusal(400, 'string_above_max_length', 'name'))
    assert.equal((await all(admin.groups.list())).length, 2)
  },

  'organization.groups.retrieve': async ({ app, admin }) => {
    const group = await admin.groups.create({ name: 'team' })
    assert.deepEqual(await admin.groups.retrieve(group.id), group)
    await assert.rejects(admin.groups.retrieve(unknownLike(group.id)), noGroup)
    const stranger = await newOrganization(app)
    await assert.rejects(stranger.admin.groups.retrieve(group.id), noGroup)
  },

  'organization.groups.update': async ({ app, admin }) => {
    const { id, created_at } = await admin.groups.create({ name: 'before' })
    const renamed = await admin.groups.update(id, { name: ' after ' })
    assert.deepEqual(renamed, { id, name: 'after', created_at, is_scim_managed: false })
    assert.equal((await admin.groups.retrieve(id)).name, 'after')
    await assert.rejects(admin.groups.update(id, { name: '' }), refusal(400, 'string_below_min_length', 'name'))
    await assert.rejects(admin.groups.update(unknownLike(id), { name: 'x' }), noGroup)
    const stranger = await newOrganization(app)
    await assert.rejects(stranger.admin.groups.update(id, { name: 'stolen' }), noGroup)
    assert.equal((await admin.groups.retrieve(id)).name, 'after')
  },

  'organization.groups.list': async (world) => {
    const { app, admin } = world
    const ids = [await newGroup(world, 'a'), await newGroup(world, 'b'), await newGroup(world, 'c')]
    const listed = async (order: 'asc' | 'desc') =>
      (await all(admin.groups.list({ order, limit: 2 }))).map(({ id }) => id)
    assert.deepEqual(await listed('asc'), ids)
    assert.deepEqual(await listed('desc'), ids.toReversed())
    const page = await admin.groups.list({ limit: 1 })
    assert.deepEqual([page.data[0]?.name, page.has_more, page.next], ['a', true, ids[0]])
    const stranger = await newOrganization(app)
    assert.deepEqual((await stranger.admin.groups.list()).data, [])
    await assert.rejects(admin.groups.list({ after: 'x' }), refusal(400, 'invalid_value', 'after'))
  },

  'organization.groups.delete': async (world) => {
    const { app, admin, organization } = world
    const [id, user] = [await newGroup(world), await newUser(app, organization)]
    await admin.groups.users.create(id, { user_id: user.id })
    await admin.groups.roles.create(id, { role_id: 'role-api-organization-owner' })
    const theirs = app.admin(await newAdminKey(app, organization, user.id)).organization
    assert.equal((await theirs.groups.retrieve(id)).id, id)
    assert.deepEqual(await admin.groups.delete(id), { object: 'group.deleted', id, deleted: true })
    await assert.rejects(theirs.groups.create({ name: 'x' }), { status: 401 })
    await assert.rejects(admin.groups.retrieve(id), noGroup)
    await assert.rejects(admin.groups.delete(id), noGroup)
    assert.equal((await admin.users.retrieve(user.id)).id, user.id)
  },

  'organization.groups.users.create': async (world) => {
    const { app, admin, organization } = world
    const { users } = admin.groups
    const [group_id, user, bot] = [await newGroup(world), await newUser(app, organization), await newBot(world)]
    for (const user_id of [user.id, bot]) {
      const added = { object: 'group.user', user_id, group_id }
      assert.deepEqual(await users.create(group_id, { user_id }), added)
      assert.deepEqual(await users.create(group_id, { user_id }), added)
    }
    assert.equal((await memberIds(world, group_id)).length, 2)
    const stranger = await newOrganization(app)
    for (const user_id of [unknownLike(user.id), stranger.ownerId])
      await assert.rejects(users.create(group_id, { user_id }), noUser)
    await assert.rejects(users.create(unknownLike(group_id), { user_id: user.id }), noGroup)
    // What the group may do, its member may do at once.
    await admin.groups.roles.create(group_id, { role_id: READER })
    const held = (await all(admin.users.roles.list(user.id))).flatMap(({ assignment_sources }) => assignment_sources)
    assert.ok(held.some((source) => source?.principal_id === group_id))
  },

  'organization.groups.users.retrieve': async (world) => {
    const { app, admin, organization } = world
    const [group_id, user, bot] = [await newGroup(world), await newUser(app, organization), await newBot(world)]
    await assert.rejects(admin.groups.users.retrieve(user.id, { group_id }), noUser)
    for (const user_id of [user.id, bot]) await admin.groups.users.create(group_id, { user_id })
    const shared = { picture: null, user_type: 'user' }
    const person = { id: user.id, name: 'Somebody', email: user.email, is_service_account: false, ...shared }
    assert.deepEqual(await admin.groups.users.retrieve(user.id, { group_id }), person)
    const account = { id: bot, name: 'bot', email: null, is_service_account: true, ...shared }
    assert.deepEqual(await admin.groups.users.retrieve(bot, { group_id }), account)
    const elsewhere = { group_id: await newGroup(world) }
    await assert.rejects(admin.groups.users.retrieve(user.id, elsewhere), noUser)
  },

  'organization.groups.users.list': async (world) => {
    const { app, admin, organization } = world
    const group = await newGroup(world)
    const members = [await newUser(app, organization), await newUser(app, organization)]
    for (const { id } of members) await admin.groups.users.create(group, { user_id: id })
    const shown = members.map(({ id, email }) => ({ id, email, name: 'Somebody' }))
    assert.deepEqual(await all(admin.groups.users.list(group, { limit: 1, order: 'asc' })), shown)
    assert.deepEqual(await all(admin.groups.users.list(group)), shown.toReversed())
    await admin.users.delete(members[0]?.id ?? '')
    assert.deepEqual(await all(admin.groups.users.list(group)), shown.slice(1))
    await assert.rejects(admin.groups.users.list(unknownLike(group)), noGroup)
  },

  'organization.groups.users.delete': async (world) => {
    const { app, admin, organization } = world
    const [group_id, user] = [await newGroup(world), await newUser(app, organization)]
    await admin.groups.users.create(group_id, { user_id: user.id })
    const deleted = await admin.groups.users.delete(user.id, { group_id })
    assert.deepEqual(deleted, { object: 'group.user.deleted', deleted: true })
    assert.deepEqual(await memberIds(world, group_id), [])
    await assert.rejects(admin.groups.users.delete(user.id, { group_id }), noUser)
    assert.equal((await admin.users.retrieve(user.id)).id, user.id)
  },
}
