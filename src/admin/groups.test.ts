import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { recorded } from '../../test/decision/audit.ts'
import { awayPlace, homePlace, type Place } from '../../test/decision/people.ts'
import { idsOf } from '../../test/decision/roles.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

const NO_GROUP = 'group_000000000000000000000000'

for (const database of databases) {
  describe(`${database}: groups`, () => {
    let app: TestApp
    let home: Place
    let away: Place
    before(async () => {
      app = await startTestApp({ database })
      home = await homePlace(app)
      away = (await awayPlace(app)).away
    })
    after(() => app[Symbol.asyncDispose]())

    const newGroup = async (name = 'g') => (await home.admin.groups.create({ name })).id
    const newAccount = async (project = home.project) =>
      (await home.admin.projects.serviceAccounts.create(project, { name: 'bot' })).id
    const scimManaged = (id: string) =>
      app.db.updateTable('user_group').set({ scim_managed_at: 1 }).where('id', '=', id).execute()

    test('have the published shapes: no `object`, and no `group_type` once renamed', async () => {
      const { groups } = home.admin
      const created = await groups.create({ name: '  Support Team ' })
      const { id, created_at } = created
      assert.match(id, /^group_[0-9a-z]{24}$/)
      assert.deepEqual(created, { id, name: 'Support Team', created_at, is_scim_managed: false, group_type: 'group' })
      assert.deepEqual(await groups.retrieve(id), created)
      assert.deepEqual(await groups.update(id, { name: 'Help' }), {
        id,
        name: 'Help',
        created_at,
        is_scim_managed: false,
      })
      assert.equal((await groups.retrieve(id)).name, 'Help')
      assert.deepEqual(await groups.delete(id), { object: 'group.deleted', id, deleted: true })
      const gone = { status: 404, code: 'not_found', param: 'group_id' }
      await assert.rejects(groups.retrieve(id), gone)
      await assert.rejects(groups.update(id, { name: 'x' }), gone)
      await assert.rejects(groups.delete(id), gone)
    })

    test('may share a name, which is 1 to 255 characters long', async () => {
      const { groups } = home.admin
      assert.notEqual(await newGroup('same'), await newGroup('same'))
      const id = await newGroup('x'.repeat(255))
      for (const name of ['', '   ', 'x'.repeat(256), 'a\nb']) {
        await assert.rejects(groups.create({ name }), { status: 400, param: 'name' })
        await assert.rejects(groups.update(id, { name }), { status: 400, param: 'name' })
      }
    })

    test('are listed oldest first or newest first, page by page, without a gap where one was deleted', async () => {
      const { groups } = home.admin
      for (const name of ['a', 'b', 'c', 'd', 'e']) await newGroup(name)
      const all = await idsOf(groups.list())
      assert.deepEqual(all, all.toSorted())
      assert.deepEqual(await idsOf(groups.list({ limit: 2 })), all)
      assert.deepEqual(await idsOf(groups.list({ limit: 2, order: 'desc' })), all.toReversed())
      const first = await groups.list({ limit: 2 })
      assert.deepEqual([first.has_more, first.next], [true, all[1]])
      await groups.delete(all[1] ?? '')
      assert.deepEqual(await idsOf(groups.list({ after: all[1] ?? '' })), all.slice(2))
      assert.deepEqual(await idsOf(groups.list({ after: all[1] ?? '', order: 'desc' })), all.slice(0, 1))
      const last = await groups.list({ limit: 1000, after: all.at(-1) ?? '' })
      assert.deepEqual([last.data, last.has_more, last.next], [[], false, null])
    })

    test('can be asked for as an empty page; other limits and cursors are refused', async () => {
      const { groups } = home.admin
      const empty = await groups.list({ limit: 0 })
      assert.deepEqual([empty.data, empty.has_more, empty.next], [[], false, null])
      await assert.rejects(groups.list({ limit: 1001 }), { status: 400, code: 'integer_above_max_value' })
      await assert.rejects(groups.list({ limit: -1 }), { status: 400, code: 'integer_below_min_value' })
      for (const cursor of ['x', 'proj_000000000000000000000000', 'group_'])
        await assert.rejects(groups.list({ after: cursor }), { status: 400, code: 'invalid_value', param: 'after' })
    })

    test('have users and service accounts as members', async () => {
      const { users } = home.admin.groups
      const [group_id, user_id, account] = [await newGroup(), await home.newUser(), await newAccount()]
      for (const id of [user_id, account]) {
        const added = { object: 'group.user', user_id: id, group_id }
        assert.deepEqual(await users.create(group_id, { user_id: id }), added)
        assert.deepEqual(await users.create(group_id, { user_id: id }), added, 'twice is once')
      }
      const { email, name } = await home.admin.users.retrieve(user_id)
      const [person, bot] = [
        { id: user_id, name, email },
        { id: account, name: 'bot', email: null },
      ]
      assert.deepEqual((await users.list(group_id)).data, [person, bot])
      const more = { picture: null, user_type: 'user' }
      assert.deepEqual(await users.retrieve(user_id, { group_id }), { ...person, ...more, is_service_account: false })
      assert.deepEqual(await users.retrieve(account, { group_id }), { ...bot, ...more, is_service_account: true })
      assert.deepEqual(await users.delete(user_id, { group_id }), { object: 'group.user.deleted', deleted: true })
      assert.deepEqual(await idsOf(users.list(group_id)), [account])
      const gone = { status: 404, code: 'not_found', param: 'user_id' }
      await assert.rejects(users.delete(user_id, { group_id }), gone)
      await assert.rejects(users.retrieve(user_id, { group_id }), gone)
    })

    test('list their members newest first unless asked otherwise, page by page', async () => {
      const { users } = home.admin.groups
      const group = await newGroup()
      const added = [await home.newUser(), await home.newUser(), await home.newUser(), await newAccount()]
      for (const user_id of added.toReversed()) await users.create(group, { user_id })
      const all = added.toSorted()
      assert.deepEqual(await idsOf(users.list(group)), all.toReversed())
      assert.deepEqual(await idsOf(users.list(group, { limit: 1 })), all.toReversed())
      assert.deepEqual(await idsOf(users.list(group, { limit: 3, order: 'asc' })), all)
      await users.delete(all[1] ?? '', { group_id: group })
      assert.deepEqual(await idsOf(users.list(group, { after: all[1] ?? '', order: 'asc' })), all.slice(2))
      assert.deepEqual((await users.list(group, { limit: 0 })).data, [])
      await assert.rejects(users.list(group, { after: group }), { code: 'invalid_value', param: 'after' })
      await assert.rejects(users.list(NO_GROUP), { status: 404, param: 'group_id' })
    })

    test('take nobody who is not there: removed, archived, unknown, of another organization', async () => {
      const { users } = home.admin.groups
      const [group, removed, project] = [await newGroup(), await home.newUser(), await home.newProject()]
      await home.admin.users.delete(removed)
      const archived = await newAccount(project)
      await home.admin.projects.archive(project)
      const strange = [removed, archived, 'user-000000000000000000000000', await away.newUser(), group, '']
      for (const user_id of strange)
        await assert.rejects(users.create(group, { user_id }), { status: 404, code: 'not_found', param: 'user_id' })
      assert.deepEqual((await users.list(group)).data, [])
    })

    test('lose whoever leaves the organization, and a service account that is deleted', async () => {
      const { groups, users, projects } = home.admin
      const [group, user_id, account] = [await newGroup(), await home.newUser(), await newAccount()]
      await groups.users.create(group, { user_id })
      await groups.users.create(group, { user_id: account })
      await users.delete(user_id)
      assert.deepEqual(await idsOf(groups.users.list(group)), [account])
      await projects.serviceAccounts.delete(account, { project_id: home.project })
      assert.deepEqual(await idsOf(groups.users.list(group)), [])
    })

    test('take with them, when deleted, their members, their roles and their projects', async () => {
      const { groups, projects } = home.admin
      const [id, user_id] = [await newGroup(), await home.newUser()]
      await groups.users.create(id, { user_id })
      await groups.roles.create(id, { role_id: 'role-api-organization-reader' })
      await projects.groups.create(home.project, { group_id: id, role: 'role-api-project-member' })
      const events = await recorded(app, () => groups.delete(id))
      assert.deepEqual(events, [{ type: 'group.deleted', project: await defaultProject(app), payload: { id } }])
      for (const table of ['group_user', 'project_group'] as const)
        assert.deepEqual(await app.db.selectFrom(table).selectAll().where('group_id', '=', id).execute(), [])
      const left = app.db.selectFrom('role_assignment').selectAll().where('principal_id', '=', id)
      assert.deepEqual(await left.execute(), [])
      assert.deepEqual(await idsOf(home.admin.users.roles.list(user_id)), ['role-api-organization-reader'])
    })

    test('that are deleted while somebody joins are gone, and so is the membership', async () => {
      const { groups } = home.admin
      const id = await newGroup()
      const users = [await home.newUser(), await home.newUser(), await home.newUser()]
      const done = await Promise.allSettled([
        ...users.map((user_id) => groups.users.create(id, { user_id })),
        groups.delete(id),
        ...users.map((user_id) => groups.users.create(id, { user_id })),
      ])
      for (const one of done) if (one.status === 'rejected') assert.equal(one.reason.status, 404)
      await assert.rejects(groups.retrieve(id), { status: 404 })
      assert.deepEqual(await app.db.selectFrom('group_user').selectAll().where('group_id', '=', id).execute(), [])
    })

    test('that an identity provider keeps are read-only here, and can be given roles and projects', async () => {
      const { groups, projects } = home.admin
      const [id, member, other] = [await newGroup('kept'), await home.newUser(), await home.newUser()]
      await groups.users.create(id, { user_id: member })
      await scimManaged(id)
      assert.equal((await groups.retrieve(id)).is_scim_managed, true)
      const refused = { status: 400, code: 'group_scim_managed', param: 'group_id' }
      const events = await recorded(app, async () => {
        await assert.rejects(groups.update(id, { name: 'mine' }), refused)
        await assert.rejects(groups.delete(id), refused)
        await assert.rejects(groups.users.create(id, { user_id: other }), refused)
        await assert.rejects(groups.users.delete(member, { group_id: id }), refused)
      })
      assert.deepEqual(events, [])
      assert.equal((await groups.retrieve(id)).name, 'kept')
      assert.deepEqual(await idsOf(groups.users.list(id)), [member])
      const { group } = await groups.roles.create(id, { role_id: 'role-api-organization-reader' })
      assert.equal(group.scim_managed, true)
      await projects.groups.create(home.project, { group_id: id, role: 'role-api-project-member' })
      await projects.groups.delete(id, { project_id: home.project })
    })

    test('are recorded: created, renamed, joined, left', async () => {
      const { groups } = home.admin
      const [user_id, project] = [await home.newUser(), await defaultProject(app)]
      let id = ''
      const events = await recorded(app, async () => {
        id = await newGroup('new')
        await groups.update(id, { name: 'renamed' })
        await groups.users.create(id, { user_id })
        await groups.users.delete(user_id, { group_id: id })
      })
      const updated = (changes_requested: object) => ({
        type: 'group.updated',
        project,
        payload: { id, changes_requested },
      })
      assert.deepEqual(events, [
        { type: 'group.created', project, payload: { id, data: { group_name: 'new' } } },
        updated({ group_name: 'renamed' }),
        updated({ users_added: [user_id] }),
        updated({ users_removed: [user_id] }),
      ])
    })

    test('cannot be joined to gain what one does not hold', async () => {
      const { groups, roles, users, projects } = home.admin
      const [manager, someone] = [await home.newUser(), await home.newUser()]
      const permissions = ['api.groups.read', 'api.groups.write', 'api.files.read']
      const role = await roles.create({ role_name: `Group manager ${database}`, permissions })
      await users.roles.create(manager, { role_id: role.id })
      const own = app.admin(await home.keyOf(manager)).organization
      const [owners, members, files] = [await newGroup('owners'), await newGroup('members'), await newGroup('files')]
      await groups.roles.create(owners, { role_id: 'role-api-organization-owner' })
      await projects.groups.create(home.project, { group_id: members, role: 'role-api-project-member' })
      await groups.roles.create(files, { role_id: role.id })
      for (const group of [owners, members]) {
        for (const user_id of [manager, someone])
          await assert.rejects(own.groups.users.create(group, { user_id }), {
            status: 401,
            message: /Missing scopes: api\./,
          })
        assert.deepEqual((await groups.users.list(group)).data, [])
      }
      await own.groups.users.create(files, { user_id: someone })
      await own.groups.users.create((await own.groups.create({ name: 'mine' })).id, { user_id: manager })
      // Of what is theirs to change they cannot make more.
      await assert.rejects(own.groups.roles.create(files, { role_id: 'role-api-organization-owner' }), { status: 401 })
      await assert.rejects(own.roles.update(role.id, { permissions: ['api.usage.read'] }), { status: 401 })
      await assert.rejects(own.users.roles.create(manager, { role_id: 'role-api-organization-owner' }), { status: 401 })
    })

    test('cannot be changed so that the caller is an owner no longer; another owner can', async () => {
      const { groups } = home.admin
      const [id, owner] = [await newGroup('owners'), await home.newUser()]
      await groups.roles.create(id, { role_id: 'role-api-organization-owner' })
      await groups.users.create(id, { user_id: owner })
      const own = app.admin(await home.keyOf(owner)).organization
      const refused = { status: 400, code: 'would_lock_out_caller' }
      await assert.rejects(own.groups.delete(id), refused)
      await assert.rejects(own.groups.users.delete(owner, { group_id: id }), refused)
      await assert.rejects(own.groups.roles.delete('role-api-organization-owner', { group_id: id }), refused)
      assert.deepEqual(await idsOf(own.groups.users.list(id)), [owner])
      await groups.users.delete(owner, { group_id: id })
      await assert.rejects(own.groups.delete(id), { status: 401 })
    })
  })
}

async function defaultProject({ db }: TestApp): Promise<string> {
  return (await db.selectFrom('organization').select('default_project_id').orderBy('id').executeTakeFirstOrThrow())
    .default_project_id
}
