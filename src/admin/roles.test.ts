import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { recorded } from '../../test/decision/audit.ts'
import { awayPlace, homePlace, type Place } from '../../test/decision/people.ts'
import { idsOf, lacking, organizationRoles, projectRoles, type Roles } from '../../test/decision/roles.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { customPermissions, predefinedRoles } from '../core/permission.ts'

const NO_ROLE = 'role_000000000000000000000000'
const taken = { status: 400, code: 'role_already_exists', param: 'role_name' }

for (const database of databases) {
  describe(`${database}: roles`, () => {
    let app: TestApp
    let home: Place
    let away: Place
    before(async () => {
      app = await startTestApp({ database })
      home = await homePlace(app)
      away = (await awayPlace(app)).away
    })
    after(() => app[Symbol.asyncDispose]())

    const inProject = async () => projectRoles(home.admin.projects, await home.newProject())
    const both = async () => [organizationRoles(home), await inProject()]
    let named = 0
    const newName = () => `Role ${++named}`

    test('begin with the predefined ones, the strongest first, with ids that never change', async () => {
      for (const roles of await both()) {
        const expected = predefinedRoles
          .filter(({ level }) => level === roles.level)
          .map(({ id, name, description, permissions }) => {
            const shared = { object: 'role', resource_type: `api.${roles.level}`, predefined_role: true }
            return { ...shared, id, name, description, permissions }
          })
        assert.deepEqual((await roles.list({ limit: expected.length })).data, expected)
        for (const role of expected) {
          assert.deepEqual(await roles.retrieve(role.id), role)
          assert.deepEqual(await roles.retrieve(`${role.id}__api-${roles.level}__${roles.resource}`), role)
        }
      }
    })

    test('can be made with a name, permissions and a description, changed, and deleted', async () => {
      for (const roles of await both()) {
        const role_name = newName()
        const permissions = ['api.files.read', 'api.model.request', 'api.files.read']
        const created = await roles.create({ role_name: ` ${role_name} `, permissions })
        const { id } = created
        assert.match(id, /^role_[0-9a-z]{24}$/)
        const shared = { object: 'role', id, resource_type: `api.${roles.level}`, predefined_role: false }
        const expected = { ...shared, name: role_name, description: null, permissions: permissions.slice(0, 2) }
        assert.deepEqual(created, expected)
        assert.deepEqual(await roles.retrieve(id), expected)
        const left = { role_name: null, permissions: null, description: null }
        assert.deepEqual(await roles.update(id, left), expected)
        const changed = { ...expected, description: 'What for', permissions: [] }
        assert.deepEqual(await roles.update(id, { description: 'What for', permissions: [] }), changed)
        const renamed = { ...changed, name: newName(), description: null }
        assert.deepEqual(await roles.update(id, { role_name: renamed.name, description: null }), renamed)
        assert.deepEqual(await roles.retrieve(id), renamed)
        assert.deepEqual(await roles.delete(id), { object: 'role.deleted', id, deleted: true })
        const gone = { status: 404, code: 'not_found', param: 'role_id' }
        await assert.rejects(roles.retrieve(id), gone)
        await assert.rejects(roles.update(id, {}), gone)
        await assert.rejects(roles.delete(id), gone)
      }
    })

    test('have names of their own in the organization or the project, predefined names included', async () => {
      const [organization, one, other] = [organizationRoles(home), await inProject(), await inProject()]
      const role_name = newName()
      for (const roles of [organization, one, other, organizationRoles(away)]) {
        const { id } = await roles.create({ role_name, permissions: [] })
        await assert.rejects(roles.create({ role_name, permissions: [] }), taken)
        await assert.rejects(roles.create({ role_name: ` ${role_name} `, permissions: [] }), taken)
        const second = await roles.create({ role_name: newName(), permissions: [] })
        await assert.rejects(roles.update(second.id, { role_name }), taken)
        assert.equal((await roles.update(id, { role_name })).name, role_name)
        const own = roles.level === 'project' ? ['owner', 'member', 'viewer'] : ['owner', 'reader']
        for (const name of [...own, 'Owner']) {
          await assert.rejects(roles.create({ role_name: name, permissions: [] }), taken)
          await assert.rejects(roles.update(id, { role_name: name }), taken)
        }
      }
      await one.create({ role_name: 'reader', permissions: [] })
      await organization.create({ role_name: 'viewer', permissions: [] })
    })

    test('of one name that are made at the same moment are one', async () => {
      for (const roles of await both()) {
        const role_name = newName()
        const tries = await Promise.allSettled(
          Array.from({ length: 8 }, () => roles.create({ role_name, permissions: [] })),
        )
        const refused = tries.filter((one) => one.status === 'rejected').map(({ reason }) => reason.code)
        assert.deepEqual(refused, Array(7).fill('role_already_exists'))
        assert.equal((await Array.fromAsync(roles.list())).filter(({ name }) => name === role_name).length, 1)
      }
    })

    test('hold any permission of their level', async () => {
      for (const roles of await both()) {
        const permissions = [...customPermissions(roles.level)]
        assert.deepEqual((await roles.create({ role_name: newName(), permissions })).permissions, permissions)
      }
    })

    test('hold no permission of another level, none that is predefined roles’ alone, none that is unknown', async () => {
      const wrong: Record<Roles['level'], string[]> = {
        organization: ['api.organization.projects.api_keys.read', 'api.organization.projects.api_keys.write'],
        project: ['api.groups.read', 'api.groups.write', 'api.usage.read'],
      }
      const never = [
        'api.management.read',
        'api.management.write',
        'api.roles.read',
        'api.roles.write',
        'api.batch.read',
      ]
      const unknown = ['api.everything', 'api.all.read', 'model.request', '*', '', ' api.files.read', 'API.FILES.READ']
      for (const roles of await both()) {
        const { id } = await roles.create({ role_name: newName(), permissions: ['api.files.read'] })
        for (const one of [...wrong[roles.level], ...never, ...unknown]) {
          const permissions = ['api.files.read', 'api.files.write', one]
          const refused = { status: 400, code: 'invalid_value', param: 'permissions[2]' }
          await assert.rejects(roles.create({ role_name: newName(), permissions }), refused, one)
          await assert.rejects(roles.update(id, { permissions, description: 'x' }), refused, one)
        }
        const { permissions, description } = await roles.retrieve(id)
        assert.deepEqual([permissions, description], [['api.files.read'], null])
        const many = Array.from({ length: 201 }, () => 'api.files.read')
        const tooMany = { status: 400, code: 'array_above_max_length', param: 'permissions' }
        await assert.rejects(roles.create({ role_name: newName(), permissions: many }), tooMany)
      }
    })

    test('that are predefined can be neither changed nor deleted', async () => {
      for (const roles of await both()) {
        const refused = { status: 400, code: 'predefined_role_not_modifiable', param: 'role_id' }
        for (const { id, level } of predefinedRoles) {
          const error = level === roles.level ? refused : { status: 404, param: 'role_id' }
          for (const text of [id, `${id}__api-${level}__${roles.resource}`]) {
            await assert.rejects(roles.update(text, { description: 'x' }), error)
            await assert.rejects(roles.update(text, { permissions: [] }), error)
            await assert.rejects(roles.delete(text), error)
          }
          const elsewhere = `${id}__api-${level}__${away.project}`
          await assert.rejects(roles.delete(elsewhere), { status: 404, param: 'role_id' })
        }
      }
    })

    test('of one project are not there in another, nor in the organization, nor the other way round', async () => {
      const all = [organizationRoles(home), await inProject(), await inProject(), organizationRoles(away)]
      for (const roles of all) {
        const { id } = await roles.create({ role_name: newName(), permissions: [] })
        for (const other of all.filter((one) => one !== roles)) {
          const missing = { status: 404, message: `404 No such role: '${id}'. It was not found.`, param: 'role_id' }
          await assert.rejects(other.retrieve(id), missing)
          await assert.rejects(other.update(id, { description: 'x' }), missing)
          await assert.rejects(other.delete(id), missing)
          assert.ok(!(await idsOf(other.list())).includes(id))
        }
      }
    })

    test('are listed predefined ones first and then oldest first, or all of it backwards, page by page', async () => {
      for (const roles of await both()) {
        const made = []
        for (let i = 0; i < 4; i++) made.push((await roles.create({ role_name: newName(), permissions: [] })).id)
        const all = await idsOf(roles.list())
        assert.deepEqual(all.slice(-4), made)
        for (const limit of [1, 2, 3]) {
          assert.deepEqual(await idsOf(roles.list({ limit })), all)
          assert.deepEqual(await idsOf(roles.list({ limit, order: 'desc' })), all.toReversed())
        }
        // A role that is gone keeps its place, in both directions.
        const [, gone = ''] = made
        await roles.delete(gone)
        assert.deepEqual(await idsOf(roles.list({ after: gone })), made.slice(2))
        const before = all.slice(0, all.indexOf(gone)).toReversed()
        assert.deepEqual(await idsOf(roles.list({ after: gone, order: 'desc' })), before)
        assert.deepEqual(
          await idsOf(roles.list({ after: NO_ROLE, order: 'desc', limit: 1 })),
          await predefinedOf(roles),
        )
        const empty = await roles.list({ limit: 0 })
        assert.deepEqual([empty.data, empty.has_more, empty.next], [[], false, null])
        const { level } = roles
        for (const after of ['x', 'role_', `role-api-${level === 'project' ? 'organization' : 'project'}-owner`])
          await assert.rejects(async () => roles.list({ after }), { code: 'invalid_value', param: 'after' })
        await assert.rejects(async () => roles.list({ limit: 1001 }), { code: 'integer_above_max_value' })
      }
    })
    const predefinedOf = async ({ level }: Roles) =>
      predefinedRoles
        .filter((role) => role.level === level)
        .map(({ id }) => id)
        .toReversed()

    test('take their assignments with them when they are deleted, in one transaction', async () => {
      const { users, groups, projects } = home.admin
      const [user_id, group_id] = [await home.newUser(), (await groups.create({ name: 'g' })).id]
      for (const roles of await both()) {
        const role = await roles.create({ role_name: newName(), permissions: ['api.files.read'] })
        const role_id = role.id
        if (roles.level === 'organization') {
          await users.roles.create(user_id, { role_id })
          await groups.roles.create(group_id, { role_id })
        } else {
          const project_id = roles.resource
          await projects.users.create(project_id, { user_id, role: 'member' })
          await projects.users.roles.create(user_id, { project_id, role_id })
          await projects.groups.create(project_id, { group_id, role: role_id })
        }
        const assigned = () => app.db.selectFrom('role_assignment').selectAll().where('role_id', '=', role_id).execute()
        assert.equal((await assigned()).length, 2)
        const events = await recorded(app, () => roles.delete(role_id))
        assert.deepEqual(
          events.map(({ type, payload }) => [type, payload]),
          [['role.deleted', { id: role_id }]],
        )
        assert.deepEqual(await assigned(), [])
        // What else they hold stays.
        assert.equal((await users.retrieve(user_id)).role, 'reader')
        if (roles.level === 'organization') continue
        assert.equal((await projects.users.retrieve(user_id, { project_id: roles.resource })).role, 'member')
        assert.deepEqual(
          (await projects.groups.list(roles.resource)).data.map((one) => one.group_id),
          [group_id],
        )
      }
    })

    test('count at once, at the gate and at the Administration API: given, widened, narrowed, taken', async () => {
      const user_id = await home.newUser()
      const [roles, { projects, users }] = [await inProject(), home.admin]
      const project_id = roles.resource
      const role_id = (await roles.create({ role_name: newName(), permissions: ['api.model.read'] })).id
      await projects.users.create(project_id, { user_id, role: 'member' })
      await projects.users.roles.create(user_id, { project_id, role_id })
      const client = app.client(await home.projectKeyOf(user_id, project_id))
      const ask = () => client.embeddings.create({ model: 'echo', input: 'x' })
      await ask()
      await projects.users.roles.delete('role-api-project-member', { project_id, user_id })
      await assert.rejects(ask(), lacking('api.model.request'))
      await roles.update(role_id, { permissions: ['api.model.request'] })
      await ask()
      await roles.update(role_id, { permissions: ['api.files.read'] })
      await assert.rejects(ask(), lacking('api.model.request'))

      const organization = organizationRoles(home)
      const usage = (await organization.create({ role_name: newName(), permissions: ['api.usage.read'] })).id
      const own = app.admin(await home.keyOf(user_id)).organization
      const report = () => own.usage.costs({ start_time: Math.floor(Date.now() / 1000) })
      await assert.rejects(report(), lacking('api.usage.read'))
      await users.roles.create(user_id, { role_id: usage })
      await report()
      await organization.update(usage, { permissions: ['api.groups.write'] })
      await assert.rejects(report(), lacking('api.usage.read'))
      await own.groups.create({ name: 'g' })
      await organization.delete(usage)
      await assert.rejects(own.groups.create({ name: 'g' }), lacking('api.groups.write'))
    })

    test("a project's member makes and changes roles, of what members hold and no more", async () => {
      const [roles, user_id] = [await inProject(), await home.newUser()]
      const { projects } = home.admin
      await projects.users.create(roles.resource, { user_id, role: 'member' })
      const own = projectRoles(app.admin(await home.keyOf(user_id)).organization.projects, roles.resource)
      const keys = 'api.organization.projects.api_keys.write'
      const narrow = await own.create({ role_name: newName(), permissions: ['api.files.read'] })
      await own.update(narrow.id, { permissions: ['api.files.read', 'api.model.request'] })
      await assert.rejects(own.create({ role_name: newName(), permissions: ['api.files.read', keys] }), lacking(keys))
      await assert.rejects(own.update(narrow.id, { permissions: [keys] }), lacking(keys))
      // One that holds more is not theirs to rename, to narrow or to delete either.
      const wide = await roles.create({ role_name: newName(), permissions: [keys] })
      const events = await recorded(app, async () => {
        await assert.rejects(own.update(wide.id, { permissions: [] }), lacking(keys))
        await assert.rejects(own.update(wide.id, { role_name: newName() }), lacking(keys))
        await assert.rejects(own.delete(wide.id), lacking(keys))
        await assert.rejects(projects.roles.delete(narrow.id, { project_id: away.project }), { status: 404 })
      })
      assert.deepEqual(events, [])
      assert.deepEqual(await roles.retrieve(wide.id), wide)
      // Nor is giving them to anybody, themselves included.
      const asked = app.admin(await home.keyOf(user_id)).organization.projects
      for (const role_id of [narrow.id, wide.id, 'role-api-project-owner'])
        await assert.rejects(
          asked.users.roles.create(user_id, { project_id: roles.resource, role_id }),
          lacking('api.management.write'),
        )
      await own.delete(narrow.id)
    })

    test('are recorded: made, changed by what was added and removed, deleted', async () => {
      for (const roles of await both()) {
        const { level, resource } = roles
        const project = level === 'project' ? resource : await defaultProject(app)
        const [role_name, renamed, about] = [
          newName(),
          newName(),
          { resource_type: `api.${level}`, resource_id: resource },
        ]
        let id = ''
        const events = await recorded(app, async () => {
          id = (await roles.create({ role_name, permissions: ['api.files.read', 'api.files.write'] })).id
          await roles.update(id, {
            role_name: renamed,
            permissions: ['api.files.write', 'api.evals.read'],
            description: 'd',
          })
          await roles.delete(id)
        })
        const changes_requested = {
          role_name: renamed,
          description: 'd',
          permissions_added: ['api.evals.read'],
          permissions_removed: ['api.files.read'],
          ...about,
        }
        const permissions = ['api.files.read', 'api.files.write']
        assert.deepEqual(events, [
          { type: 'role.created', project, payload: { id, role_name, permissions, ...about } },
          { type: 'role.updated', project, payload: { id, changes_requested } },
          { type: 'role.deleted', project, payload: { id } },
        ])
      }
    })

    test('of an archived project can be looked at and not changed', async () => {
      const roles = await inProject()
      const { id } = await roles.create({ role_name: newName(), permissions: [] })
      await home.admin.projects.archive(roles.resource)
      assert.equal((await roles.retrieve(id)).id, id)
      const archived = { status: 400, code: 'project_archived', param: 'project_id' }
      await assert.rejects(roles.create({ role_name: newName(), permissions: [] }), archived)
      await assert.rejects(roles.update(id, { description: 'x' }), archived)
      await assert.rejects(roles.delete(id), archived)
    })
  })
}

async function defaultProject({ db }: TestApp): Promise<string> {
  const { default_project_id } = await db.selectFrom('organization').selectAll().orderBy('id').executeTakeFirstOrThrow()
  return default_project_id
}
