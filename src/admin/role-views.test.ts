import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { homePlace, type Place } from '../../test/decision/people.ts'
import { idsOf } from '../../test/decision/roles.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

const OWNER = 'role-api-organization-owner'
const READER = 'role-api-organization-reader'
const PROJECT_OWNER = 'role-api-project-owner'
const MEMBER = 'role-api-project-member'
const VIEWER = 'role-api-project-viewer'

/*
 * The older `role` strings and the role ids are two views of one truth: whatever one way changes, the other shows.
 */
for (const database of databases) {
  describe(`${database}: role names and role ids`, () => {
    let app: TestApp
    let home: Place
    before(async () => {
      app = await startTestApp({ database })
      home = await homePlace(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const heldBy = (user: string) => idsOf(home.admin.users.roles.list(user))
    const heldIn = (project_id: string, user: string) =>
      idsOf(home.admin.projects.users.roles.list(user, { project_id }))
    const nameOf = async (user: string) => (await home.admin.users.retrieve(user)).role
    const nameIn = async (project_id: string, user: string) =>
      (await home.admin.projects.users.retrieve(user, { project_id })).role
    let named = 0
    const newRole = async () => (await home.admin.roles.create({ role_name: `Role ${++named}`, permissions: [] })).id

    test("a user's role in the organization, by its name and by its id", async () => {
      const { users } = home.admin
      const id = await home.newUser()
      const custom = await newRole()
      await users.roles.create(id, { role_id: custom })
      assert.deepEqual([await nameOf(id), await heldBy(id)], ['reader', [READER, custom]])
      for (const [change, name, role] of [
        [{ role: 'owner' }, 'owner', OWNER],
        [{ role: 'reader' }, 'reader', READER],
        [{ role_id: OWNER }, 'owner', OWNER],
        [{ role_id: `${READER}__api-organization__${home.id}` }, 'reader', READER],
        [{ role: 'owner', role_id: OWNER }, 'owner', OWNER],
        [{ role: null, technical_level: 'high' }, 'owner', OWNER],
      ] as const) {
        assert.equal((await users.update(id, change)).role, name)
        assert.deepEqual([await nameOf(id), await heldBy(id)], [name, [role, custom]])
      }
    })

    test("a user's roles in the organization, given and taken: the name is the strongest", async () => {
      const { users } = home.admin
      const id = await home.newUser()
      const given = await users.roles.create(id, { role_id: OWNER })
      assert.deepEqual([given.user.role, await nameOf(id), await heldBy(id)], ['owner', 'owner', [OWNER, READER]])
      const listed = (await Array.fromAsync(users.list())).find((user) => user.id === id)
      assert.equal(listed?.role, 'owner')
      const { owner } = await home.run('admin-key', 'create', '--user', id)
      assert.equal(owner.role, 'owner')
      await users.roles.delete(OWNER, { user_id: id })
      assert.deepEqual([await nameOf(id), await heldBy(id)], ['reader', [READER]])
      await users.roles.delete(READER, { user_id: id })
      assert.deepEqual([await nameOf(id), await heldBy(id)], [null, []])
      assert.equal((await users.update(id, { role: 'reader' })).role, 'reader')
      assert.deepEqual(await heldBy(id), [READER])
    })

    test("a user's role in a project, by its name and by its ids", async () => {
      const { users, roles } = home.admin.projects
      const [project_id, user_id] = [await home.newProject(), await home.newUser()]
      assert.equal((await users.create(project_id, { user_id, role: 'member' })).role, 'member')
      assert.deepEqual(await heldIn(project_id, user_id), [MEMBER])
      const custom = (await roles.create(project_id, { role_name: 'Custom', permissions: [] })).id
      await users.roles.create(user_id, { project_id, role_id: custom })
      assert.equal((await users.update(user_id, { project_id, role: 'owner' })).role, 'owner')
      assert.deepEqual(await heldIn(project_id, user_id), [PROJECT_OWNER, custom])
      await users.roles.create(user_id, { project_id, role_id: VIEWER })
      assert.equal(await nameIn(project_id, user_id), 'owner')
      await users.roles.delete(PROJECT_OWNER, { project_id, user_id })
      assert.equal(await nameIn(project_id, user_id), 'viewer')
      const listed = await Array.fromAsync(users.list(project_id))
      assert.equal(listed.find(({ id }) => id === user_id)?.role, 'viewer')
      await users.roles.delete(VIEWER, { project_id, user_id })
      assert.deepEqual([await nameIn(project_id, user_id), await heldIn(project_id, user_id)], ['none', [custom]])
      assert.equal((await users.update(user_id, { project_id, role: 'member' })).role, 'member')
      assert.deepEqual(await heldIn(project_id, user_id), [MEMBER, custom])
    })

    test('a role that its name gave shows the form of its id that first asks for it, and keeps it', async () => {
      const { users, projects, groups } = home.admin
      const [project_id, user_id] = [await home.newProject(), await home.newUser()]
      const long = `${READER}__api-organization__${home.id}`
      assert.deepEqual(await heldBy(user_id), [READER])
      for (const role_id of [long, READER, long]) await users.roles.create(user_id, { role_id })
      assert.deepEqual(await heldBy(user_id), [long])
      await users.update(user_id, { role_id: READER })
      assert.deepEqual(await heldBy(user_id), [long])
      await users.update(user_id, { role: 'owner' })
      await users.update(user_id, { role: 'reader' })
      assert.deepEqual(await heldBy(user_id), [READER], 'another assignment begins anew')
      await projects.users.create(project_id, { user_id, role: 'member' })
      const member = `${MEMBER}__api-project__${project_id}`
      await projects.users.roles.create(user_id, { project_id, role_id: member })
      await projects.users.update(user_id, { project_id, role: 'member' })
      assert.deepEqual(await heldIn(project_id, user_id), [member])
      assert.equal(await nameIn(project_id, user_id), 'member')
      const group_id = (await groups.create({ name: 'g' })).id
      await projects.groups.create(project_id, { group_id, role: member })
      const held = await projects.groups.roles.list(group_id, { project_id })
      assert.deepEqual(
        held.data.map(({ id }) => id),
        [member],
      )
    })

    test("a service account's role", async () => {
      const { serviceAccounts } = home.admin.projects
      const project_id = await home.newProject()
      const roleIds = async (account: string) => {
        const rows = app.db.selectFrom('role_assignment').select('role_id').where('principal_id', '=', account)
        return (await rows.execute()).map(({ role_id }) => role_id)
      }
      const account = await serviceAccounts.create(project_id, { name: 'bot' })
      assert.deepEqual([account.role, await roleIds(account.id)], ['member', [MEMBER]])
      assert.equal((await serviceAccounts.update(account.id, { project_id, role: 'owner' })).role, 'owner')
      assert.deepEqual(await roleIds(account.id), [PROJECT_OWNER])
      assert.equal((await serviceAccounts.retrieve(account.id, { project_id })).role, 'owner')
      const bare = await serviceAccounts.create(project_id, { name: 'bare', create_service_account_only: true })
      assert.deepEqual([bare.role, await roleIds(bare.id)], ['none', []])
      assert.equal((await serviceAccounts.update(bare.id, { project_id, role: 'member' })).role, 'member')
      assert.deepEqual(await roleIds(bare.id), [MEMBER])
      await serviceAccounts.delete(account.id, { project_id })
      assert.deepEqual(await roleIds(account.id), [])
      await assert.rejects(home.admin.projects.users.roles.list(bare.id, { project_id }), { status: 404 })
    })

    test('the roles that an invite promises', async () => {
      const project_id = await home.newProject()
      const [email, projects] = ['invited@example.com', [{ id: project_id, role: 'owner' as const }]]
      const { id } = await home.admin.invites.create({ email, role: 'owner', projects })
      const { token } = await home.run('invite', 'link', id)
      const user = await home.run('invite', 'accept', token, '--name', 'Invited')
      assert.deepEqual([user.role, await heldBy(user.id)], ['owner', [OWNER]])
      await home.admin.users.update(user.id, { role: 'reader' })
      assert.equal(await nameIn(project_id, user.id), 'owner')
      assert.deepEqual(await heldIn(project_id, user.id), [PROJECT_OWNER])
    })

    test('a role counts from the next request on, and so does its loss', async () => {
      const { users } = home.admin
      const id = await home.newUser()
      const own = app.admin(await home.keyOf(id)).organization
      const missing = { status: 401, message: /Missing scopes: api\.management\.read/ }
      await assert.rejects(own.users.list(), missing)
      await users.roles.create(id, { role_id: OWNER })
      await own.users.list()
      await users.update(id, { role: 'reader' })
      await assert.rejects(own.users.list(), missing)
      await own.roles.list()
      await users.roles.delete(READER, { user_id: id })
      await assert.rejects(own.roles.list(), { status: 401, message: /Missing scopes: api\.roles\.read/ })
    })

    test('an owner of the organization owns every project without an assignment, also through a group', async () => {
      const { users, groups, projects } = home.admin
      const project_id = await home.newProject()
      const [direct, member] = [await home.newUser(), await home.newUser()]
      await users.update(direct, { role: 'owner' })
      const { id: group_id } = await groups.create({ name: 'owners' })
      await groups.roles.create(group_id, { role_id: OWNER })
      await groups.users.create(group_id, { user_id: member })
      const sourcesOf = async (user: string) => {
        const { data } = await projects.users.roles.list(user, { project_id })
        return data.map(({ id, assignment_sources }) => [id, assignment_sources])
      }
      const [self, group] = [
        { principal_type: 'user', principal_id: direct },
        { principal_type: 'group', principal_id: group_id },
      ]
      assert.deepEqual(await sourcesOf(direct), [[PROJECT_OWNER, [self]]])
      assert.deepEqual(await sourcesOf(member), [[PROJECT_OWNER, [group]]])
      for (const user of [direct, member]) {
        const own = app.admin(await home.keyOf(user)).organization
        await own.projects.update(project_id, { name: 'owned' })
        await own.users.list()
        await app.client(await home.projectKeyOf(user, project_id)).models.list()
      }
      await groups.users.create(group_id, { user_id: direct })
      assert.deepEqual(await sourcesOf(direct), [[PROJECT_OWNER, [group, self]]])
    })

    test('an owner of the organization is not demoted in a project; what else they are given there stays theirs', async () => {
      const { users, projects } = home.admin
      const [project_id, user_id] = [await home.newProject(), await home.newUser()]
      await users.update(user_id, { role: 'owner' })
      const refused = { status: 400, code: 'user_organization_owner', param: 'user_id' }
      for (const role of [PROJECT_OWNER, `${PROJECT_OWNER}__api-project__${project_id}`])
        await assert.rejects(projects.users.roles.delete(role, { project_id, user_id }), refused)
      await assert.rejects(projects.users.update(user_id, { project_id, role: 'member' }), refused)
      await projects.users.roles.create(user_id, { project_id, role_id: VIEWER })
      assert.equal(await nameIn(project_id, user_id), 'owner')
      assert.deepEqual(await heldIn(project_id, user_id), [PROJECT_OWNER, VIEWER])
      await users.update(user_id, { role: 'reader' })
      assert.equal(await nameIn(project_id, user_id), 'viewer')
      const listed = await idsOf(projects.users.list(project_id))
      assert.ok(listed.includes(user_id), 'nobody has access to a project without being shown')
      await projects.users.delete(user_id, { project_id })
      await assert.rejects(projects.users.roles.list(user_id, { project_id }), { status: 404 })
    })

    test('an owner does not take the role from themselves, by any name of it', async () => {
      const { users } = home.admin
      const [{ id: self = '' } = {}] = (await users.list({ limit: 1 })).data
      const refused = { status: 400, code: 'would_lock_out_caller', param: 'user_id' }
      await assert.rejects(users.roles.delete(OWNER, { user_id: self }), refused)
      await assert.rejects(users.roles.delete(`${OWNER}__api-organization__${home.id}`, { user_id: self }), refused)
      await assert.rejects(users.update(self, { role_id: READER }), refused)
      await assert.rejects(users.update(self, { role: 'reader' }), refused)
      assert.deepEqual(await heldBy(self), [OWNER])
    })
  })

  test(`${database}: the organization keeps an owner of its own, whichever way the last one would go`, async () => {
    await using app = await startTestApp({ database })
    const home = await homePlace(app)
    const { users, groups } = home.admin
    const [{ id: first = '' } = {}] = (await users.list({ limit: 1 })).data
    // Somebody who is an owner through a group only: the group may go at any time.
    const second = await home.newUser()
    const { id: group_id } = await groups.create({ name: 'owners' })
    await groups.roles.create(group_id, { role_id: OWNER })
    await groups.users.create(group_id, { user_id: second })
    const own = app.admin(await home.keyOf(second)).organization
    const last = { status: 400, code: 'last_organization_owner', param: 'user_id' }
    await assert.rejects(own.users.roles.delete(OWNER, { user_id: first }), last)
    await assert.rejects(own.users.update(first, { role: 'reader' }), last)
    await assert.rejects(own.users.delete(first), last)
    assert.equal((await users.retrieve(first)).role, 'owner')
    // Two who take the role from one another at the same moment: one of them keeps it.
    const third = await home.newUser()
    await users.roles.create(third, { role_id: OWNER })
    const thirds = app.admin(await home.keyOf(third)).organization
    const done = await Promise.allSettled([
      users.roles.delete(OWNER, { user_id: third }),
      thirds.users.roles.delete(OWNER, { user_id: first }),
    ])
    assert.equal(done.filter(({ status }) => status === 'fulfilled').length, 1)
    const owners = app.db.selectFrom('organization_user').select('id').where('role', '=', 'owner')
    assert.equal((await owners.execute()).length, 1)
  })
}
