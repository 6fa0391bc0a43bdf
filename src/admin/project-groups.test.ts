import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { recorded } from '../../test/decision/audit.ts'
import { awayPlace, homePlace, type Place } from '../../test/decision/people.ts'
import { lacking } from '../../test/decision/roles.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

const MEMBER = 'role-api-project-member'
const VIEWER = 'role-api-project-viewer'
const NO_GROUP = 'group_000000000000000000000000'
/** The gate's answers to a key that opens nothing, and to one that opens something else. */
const outside = { status: 401, message: /You must be a member of an organization/ }

for (const database of databases) {
  describe(`${database}: groups in projects`, () => {
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
    const idsOf = async (list: AsyncIterable<{ group_id: string }>) =>
      (await Array.fromAsync(list)).map(({ group_id }) => group_id)
    const ask = (key: string) =>
      app.client(key).chat.completions.create({ model: 'echo', messages: [{ role: 'user', content: 'hello' }] })
    /** A user in a group that is in a project of its own, with this role there, and the user's own key for it. */
    async function throughGroup(role = MEMBER) {
      const [project_id, group_id, user_id] = [await home.newProject(), await newGroup(), await home.newUser()]
      await home.admin.groups.users.create(group_id, { user_id })
      await home.admin.projects.groups.create(project_id, { group_id, role })
      return { project_id, group_id, user_id, key: await home.projectKeyOf(user_id, project_id) }
    }

    test('have the published shapes; the role is a role id, short or long', async () => {
      const { groups, roles } = home.admin.projects
      const project_id = await home.newProject()
      const custom = await roles.create(project_id, { role_name: 'Custom', permissions: [] })
      for (const role of [MEMBER, `role-api-project-owner__api-project__${project_id}`, custom.id]) {
        const group_id = await newGroup('Team')
        const created = await groups.create(project_id, { group_id, role })
        const { created_at } = created
        const expected = {
          object: 'project.group',
          project_id,
          group_id,
          group_name: 'Team',
          group_type: 'group',
          created_at,
        }
        assert.deepEqual(created, expected)
        assert.deepEqual(await groups.retrieve(group_id, { project_id }), expected)
        const [held] = (await groups.roles.list(group_id, { project_id })).data
        assert.equal(held?.id, role)
        const deleted = { object: 'project.group.deleted', deleted: true }
        assert.deepEqual(await groups.delete(group_id, { project_id }), deleted)
        await assert.rejects(groups.retrieve(group_id, { project_id }), { status: 404, param: 'group_id' })
        await assert.rejects(groups.delete(group_id, { project_id }), { status: 404, param: 'group_id' })
      }
    })

    test('are not added with a role that is none of the project, and not twice', async () => {
      const { projects, roles } = home.admin
      const [project_id, group_id, elsewhere] = [await home.newProject(), await newGroup(), await home.newProject()]
      const wide = await roles.create({ role_name: `Wide ${project_id}`, permissions: [] })
      const other = await projects.roles.create(elsewhere, { role_name: 'Other', permissions: [] })
      const long = `${MEMBER}__api-project__${elsewhere}`
      for (const role of ['member', wide.id, other.id, long, 'role-api-organization-reader', ''])
        await assert.rejects(projects.groups.create(project_id, { group_id, role }), { status: 404, param: 'role' })
      assert.deepEqual((await projects.groups.list(project_id)).data, [])
      const theirs = (await away.admin.groups.create({ name: 'theirs' })).id
      await assert.rejects(projects.groups.create(project_id, { group_id: theirs, role: MEMBER }), {
        status: 404,
        param: 'group_id',
      })
      await projects.groups.create(project_id, { group_id, role: MEMBER })
      const twice = {
        status: 400,
        code: 'group_already_in_project',
        param: 'group_id',
        message: /already exists in project/,
      }
      await assert.rejects(projects.groups.create(project_id, { group_id, role: VIEWER }), twice)
      const held = await projects.groups.roles.list(group_id, { project_id })
      assert.deepEqual(
        held.data.map(({ id }) => id),
        [MEMBER],
      )
    })

    test('of another type than `group` do not exist', async () => {
      const { project_id, group_id } = await throughGroup()
      const { groups } = home.admin.projects
      assert.equal((await groups.retrieve(group_id, { project_id, group_type: 'group' })).group_id, group_id)
      const tenant = groups.retrieve(group_id, { project_id, group_type: 'tenant_group' })
      await assert.rejects(tenant, { status: 404, param: 'group_id' })
    })

    test('are listed oldest group first or last, page by page, also as an empty page', async () => {
      const { groups } = home.admin.projects
      const project_id = await home.newProject()
      for (const group_id of [await newGroup(), await newGroup(), await newGroup()])
        await groups.create(project_id, { group_id, role: MEMBER })
      const all = await idsOf(groups.list(project_id))
      assert.deepEqual([all.length, all], [3, all.toSorted()])
      assert.deepEqual(await idsOf(groups.list(project_id, { limit: 1 })), all)
      assert.deepEqual(await idsOf(groups.list(project_id, { limit: 2, order: 'desc' })), all.toReversed())
      await groups.delete(all[1] ?? '', { project_id })
      assert.deepEqual(await idsOf(groups.list(project_id, { after: all[1] ?? '' })), all.slice(2))
      const empty = await groups.list(project_id, { limit: 0 })
      assert.deepEqual([empty.data, empty.has_more, empty.next], [[], false, null])
      await assert.rejects(groups.list(project_id, { limit: 101 }), { code: 'integer_above_max_value' })
      await assert.rejects(groups.list(project_id, { after: project_id }), { code: 'invalid_value', param: 'after' })
    })

    test("open the gate to a member's own key while they are in the project and the user is in them", async () => {
      const { groups, projects } = home.admin
      const { project_id, group_id, user_id, key } = await throughGroup()
      await ask(key)
      await groups.users.delete(user_id, { group_id })
      await assert.rejects(ask(key), outside)
      await groups.users.create(group_id, { user_id })
      await ask(key)
      await projects.groups.delete(group_id, { project_id })
      await assert.rejects(ask(key), outside)
      await projects.groups.create(project_id, { group_id, role: MEMBER })
      await ask(key)
      await groups.delete(group_id)
      await assert.rejects(ask(key), outside)
      await assert.rejects(home.projectKeyOf(user_id, project_id), /is not a user of project/)
    })

    test('show whether the owner of a key can use it, and whose it is', async () => {
      const { groups, projects } = home.admin
      const { project_id, group_id, user_id } = await throughGroup()
      const access = async (owner_project_access: 'active' | 'inactive') =>
        (await projects.apiKeys.list(project_id, { owner_project_access })).data.map(({ owner }) => owner.user?.id)
      assert.deepEqual([await access('active'), await access('inactive')], [[user_id], []])
      await groups.users.delete(user_id, { group_id })
      assert.deepEqual([await access('active'), await access('inactive')], [[], [user_id]])
    })

    test('open to their members what their role there holds, and no more; a change counts at once', async () => {
      const { project_id, group_id, key } = await throughGroup(VIEWER)
      const { groups, roles } = home.admin.projects
      assert.equal((await app.client(key).models.list()).data[0]?.id, 'echo')
      await assert.rejects(ask(key), lacking('api.model.request'))
      const custom = await roles.create(project_id, { role_name: 'Asker', permissions: ['api.model.request'] })
      await groups.roles.create(group_id, { project_id, role_id: custom.id })
      await ask(key)
      await roles.update(custom.id, { project_id, permissions: ['api.files.read'] })
      await assert.rejects(ask(key), lacking('api.model.request'))
      await roles.update(custom.id, { project_id, permissions: ['api.model.request'] })
      await ask(key)
      await roles.delete(custom.id, { project_id })
      await assert.rejects(ask(key), lacking('api.model.request'))
    })

    test('stay in a project without any role there, and so do their members', async () => {
      const { project_id, group_id, user_id, key } = await throughGroup()
      const { groups, apiKeys } = home.admin.projects
      await groups.roles.delete(MEMBER, { project_id, group_id })
      assert.deepEqual(await idsOf(groups.list(project_id)), [group_id])
      assert.deepEqual((await groups.roles.list(group_id, { project_id })).data, [])
      await assert.rejects(ask(key), lacking('api.model.request'))
      assert.equal((await apiKeys.list(project_id)).data[0]?.owner.user?.id, user_id)
      await groups.roles.create(group_id, { project_id, role_id: MEMBER })
      await ask(key)
    })

    test('make a service account without a role of its own usable', async () => {
      const { groups, projects } = home.admin
      const { project_id, group_id } = await throughGroup()
      const bot = { name: 'bot', create_service_account_only: true }
      const account = await projects.serviceAccounts.create(project_id, bot)
      assert.deepEqual([account.role, account.api_key], ['none', null])
      const { value } = await projects.serviceAccounts.apiKeys.create(account.id, { project_id, name: 'k' })
      await assert.rejects(ask(value), outside)
      await groups.users.create(group_id, { user_id: account.id })
      await ask(value)
      await groups.users.delete(account.id, { group_id })
      await assert.rejects(ask(value), outside)
      // A group of another project opens nothing in this one.
      const other = await throughGroup()
      await groups.users.create(other.group_id, { user_id: account.id })
      await assert.rejects(ask(value), outside)
    })

    test('open the Administration API of the project to their members, for as long', async () => {
      const { projects, groups } = home.admin
      const { project_id, group_id, user_id } = await throughGroup('role-api-project-owner')
      const own = app.admin(await home.keyOf(user_id)).organization
      assert.equal((await own.projects.retrieve(project_id)).id, project_id)
      await own.projects.serviceAccounts.create(project_id, { name: 'bot' })
      await assert.rejects(own.projects.retrieve(home.project), { status: 404 })
      await projects.groups.roles.create(group_id, { project_id, role_id: MEMBER })
      await projects.groups.roles.delete('role-api-project-owner', { project_id, group_id })
      await assert.rejects(own.projects.retrieve(project_id), lacking('api.management.read'))
      await groups.users.delete(user_id, { group_id })
      const told = { status: 404, message: /No such project/, param: 'project_id' }
      await assert.rejects(own.projects.retrieve(project_id), told)
    })

    test('are no way in by a role of the organization alone: the project must have the group', async () => {
      const { groups, roles, projects } = home.admin
      const [project_id, group_id, user_id] = [await home.newProject(), await newGroup(), await home.newUser()]
      const role = await roles.create({ role_name: `Asker ${project_id}`, permissions: ['api.model.request'] })
      await groups.roles.create(group_id, { role_id: role.id })
      await groups.users.create(group_id, { user_id })
      await assert.rejects(home.projectKeyOf(user_id, project_id), /is not a user of project/)
      await projects.groups.create(project_id, { group_id, role: VIEWER })
      await ask(await home.projectKeyOf(user_id, project_id))
    })

    test('cannot be given more than the giver holds in the project', async () => {
      const { projects } = home.admin
      const [project_id, group_id, user_id] = [await home.newProject(), await newGroup(), await home.newUser()]
      await projects.users.create(project_id, { user_id, role: 'owner' })
      const apps = await projects.roles.create(project_id, { role_name: 'Apps', permissions: ['api.apps.write'] })
      const own = app.admin(await home.keyOf(user_id)).organization.projects
      await assert.rejects(own.groups.create(project_id, { group_id, role: apps.id }), lacking('api.apps.write'))
      assert.deepEqual(await idsOf(projects.groups.list(project_id)), [])
      await own.groups.create(project_id, { group_id, role: 'role-api-project-owner' })
      const asked = own.groups.roles.create(group_id, { project_id, role_id: apps.id })
      await assert.rejects(asked, lacking('api.apps.write'))
    })

    test('are gone once the project is archived: no list, no change, and its keys say why', async () => {
      const { projects } = home.admin
      const { groups } = projects
      const { project_id, group_id, key } = await throughGroup()
      await projects.archive(project_id)
      assert.deepEqual(await idsOf(groups.list(project_id)), [])
      await assert.rejects(groups.retrieve(group_id, { project_id }), { status: 404, param: 'group_id' })
      const archived = { status: 400, code: 'project_archived', param: 'project_id' }
      await assert.rejects(groups.create(project_id, { group_id: await newGroup(), role: MEMBER }), archived)
      await assert.rejects(groups.delete(group_id, { project_id }), archived)
      await assert.rejects(groups.roles.create(group_id, { project_id, role_id: MEMBER }), archived)
      await assert.rejects(ask(key), { status: 401, code: 'not_authorized_invalid_project' })
    })

    test('are recorded: the group that gained or lost a project, and the roles that came and went with it', async () => {
      const { groups } = home.admin.projects
      const [project, group_id] = [await home.newProject(), await newGroup()]
      const events = await recorded(app, async () => {
        await groups.create(project, { group_id, role: MEMBER })
        await groups.roles.create(group_id, { project_id: project, role_id: VIEWER })
        await groups.delete(group_id, { project_id: project })
      })
      const updated = (changes_requested: object) => {
        return { type: 'group.updated', project, payload: { id: group_id, changes_requested } }
      }
      const principal = { principal_id: group_id, principal_type: 'group' }
      const assignment = (type: string, id: string) => {
        const resource = { resource_type: 'api.project', resource_id: project }
        return { type: `role.assignment.${type}`, project, payload: { id, ...principal, ...resource } }
      }
      assert.deepEqual(events.slice(0, 4), [
        updated({ projects_added: [project] }),
        assignment('created', MEMBER),
        assignment('created', VIEWER),
        updated({ projects_removed: [project] }),
      ])
      const byId = (a: { payload: unknown }, b: { payload: unknown }) =>
        JSON.stringify(a.payload) < JSON.stringify(b.payload) ? -1 : 1
      assert.deepEqual(events.slice(4).toSorted(byId), [assignment('deleted', MEMBER), assignment('deleted', VIEWER)])
    })

    test('that are unknown are the same 404 everywhere', async () => {
      const { groups } = home.admin.projects
      const project_id = await home.newProject()
      const missing = { status: 404, code: 'not_found', param: 'group_id' }
      await assert.rejects(groups.retrieve(NO_GROUP, { project_id }), missing)
      await assert.rejects(groups.create(project_id, { group_id: NO_GROUP, role: MEMBER }), missing)
      await assert.rejects(groups.roles.create(NO_GROUP, { project_id, role_id: MEMBER }), missing)
      // One that is there, but not in this project.
      await assert.rejects(groups.roles.create(await newGroup(), { project_id, role_id: MEMBER }), missing)
    })
  })
}
