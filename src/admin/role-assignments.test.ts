import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { assignmentsOf } from '../../test/decision/assignments.ts'
import { recorded } from '../../test/decision/audit.ts'
import { homePlace, type Place } from '../../test/decision/people.ts'
import { idsOf, lacking } from '../../test/decision/roles.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { predefinedRoles } from '../core/permission.ts'

const OWNER = 'role-api-organization-owner'
const READER = 'role-api-organization-reader'
const PROJECT_OWNER = 'role-api-project-owner'
const MEMBER = 'role-api-project-member'
const VIEWER = 'role-api-project-viewer'
const notHeld = { status: 404, code: 'not_found', param: 'role_id' }

for (const database of databases) {
  describe(`${database}: role assignments`, () => {
    let app: TestApp
    let home: Place
    before(async () => {
      app = await startTestApp({ database })
      home = await homePlace(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const { ofUser, ofUserInProject, kinds, newGroup, newRole, newProjectRole, roleFor } = assignmentsOf(() => home)
    const by = (principal_type: 'user' | 'group', principal_id: string) => ({ principal_type, principal_id })

    test('have the published shapes: `scim_managed` in a group, no `object` in a list', async () => {
      for (const make of kinds) {
        const held = await make()
        const role_id = await roleFor(held, ['api.files.read'])
        const { role, ...rest } = await held.create(role_id)
        const { organization } = app.admin()
        const expected =
          held.level === 'project'
            ? await organization.projects.roles.retrieve(role_id, { project_id: held.resource })
            : await organization.roles.retrieve(role_id)
        assert.deepEqual(role, expected)
        if (held.kind === 'user') {
          assert.deepEqual(rest, { object: 'user.role', user: await organization.users.retrieve(held.holder) })
        } else {
          const { id, name, created_at } = await organization.groups.retrieve(held.holder)
          const group = { object: 'group', id, name, created_at, scim_managed: false }
          assert.deepEqual(rest, { object: 'group.role', group })
        }
        const { object: _, ...shown } = expected
        const { created_at } = await app.db
          .selectFrom('role')
          .selectAll()
          .where('id', '=', role_id)
          .executeTakeFirstOrThrow()
        const [owner] = (await organization.users.list({ limit: 1 })).data
        const details = {
          created_at,
          updated_at: created_at,
          created_by: owner?.id,
          created_by_user_obj: null,
          metadata: null,
        }
        const item = { ...shown, ...details, assignment_sources: [by(held.kind, held.holder)] }
        assert.deepEqual(await held.retrieve(role_id), item)
        assert.deepEqual((await held.list()).data.at(-1), item)
        const deleted = { object: `${held.kind}.role.deleted`, deleted: true }
        assert.deepEqual(await held.delete(role_id), deleted)
        await assert.rejects(held.retrieve(role_id), notHeld)
      }
    })

    test('of predefined roles are made and looked up by the short id or the long one', async () => {
      for (const make of kinds) {
        const held = await make()
        for (const { id } of predefinedRoles.filter(({ level }) => level === held.level)) {
          const long = `${id}__api-${held.level}__${held.resource}`
          if ((await idsOf(held.list())).includes(id)) await held.delete(id)
          for (const [made, other] of [
            [id, long],
            [long, id],
          ] as const) {
            assert.partialDeepStrictEqual(await held.create(made), { role: { id: made } })
            assert.equal((await held.retrieve(made)).id, made)
            assert.partialDeepStrictEqual(await held.create(other), { role: { id: other } })
            assert.deepEqual(await held.retrieve(other), await held.retrieve(made))
            const ids = await idsOf(held.list())
            assert.deepEqual(
              ids.filter((one) => one === id || one === long),
              [made],
            )
            assert.deepEqual(await idsOf(held.list({ after: other })), await idsOf(held.list({ after: made })))
            await held.delete(other)
            await assert.rejects(held.retrieve(made), notHeld)
            await assert.rejects(held.delete(made), notHeld)
          }
        }
      }
    })

    test('made twice are one; what is not held cannot be taken', async () => {
      for (const make of kinds) {
        const held = await make()
        const role_id = await roleFor(held)
        const first = await held.create(role_id)
        assert.deepEqual(await held.create(role_id), first)
        assert.equal((await idsOf(held.list())).filter((id) => id === role_id).length, 1)
        await held.delete(role_id)
        await assert.rejects(held.delete(role_id), notHeld)
      }
    })

    test('take a role of this organization or project and no other', async () => {
      const elsewhere = await home.newProject()
      const strange = [await newProjectRole(elsewhere), 'role_000000000000000000000000', 'owner', '']
      for (const make of kinds) {
        const held = await make()
        const other = held.level === 'project' ? READER : MEMBER
        const foreign =
          held.level === 'project' ? `${MEMBER}__api-project__${elsewhere}` : `${READER}__api-organization__x`
        const before = await idsOf(held.list())
        const wide = held.level === 'project' ? await newRole() : strange[0]
        for (const role_id of [...strange, other, foreign, wide ?? ''])
          await assert.rejects(held.create(role_id), { status: 404, param: 'role_id' }, role_id)
        assert.deepEqual(await idsOf(held.list()), before)
      }
    })

    test('are listed in one order, page by page, and go on where a role was taken meanwhile', async () => {
      for (const make of kinds) {
        const held = await make()
        for (let i = 0; i < 4; i++) await held.create(await roleFor(held))
        const all = await idsOf(held.list())
        assert.deepEqual([all.length, all], [5, all.toSorted()])
        for (const limit of [1, 2, 5]) {
          assert.deepEqual(await idsOf(held.list({ limit })), all)
          assert.deepEqual(await idsOf(held.list({ limit, order: 'desc' })), all.toReversed())
        }
        for (const gone of [all[2] ?? '', all[0] ?? '']) {
          await held.delete(gone)
          const left = await idsOf(held.list())
          assert.deepEqual(
            await idsOf(held.list({ after: gone })),
            left.filter((id) => id > gone),
          )
          const before = left.filter((id) => id < gone).toReversed()
          assert.deepEqual(await idsOf(held.list({ after: gone, order: 'desc' })), before)
        }
        const empty = await held.list({ limit: 0 })
        assert.deepEqual([empty.data, empty.has_more, empty.next], [[], false, null])
        const level = held.level === 'project' ? 'organization' : 'project'
        for (const after of ['x', held.holder, `role-api-${level}-owner`])
          await assert.rejects(async () => held.list({ after }), { code: 'invalid_value', param: 'after' }, after)
        await assert.rejects(async () => held.list({ limit: 1001 }), { code: 'integer_above_max_value' })
      }
    })

    test('say where a role comes from: the user, the groups, or both', async () => {
      const { users, groups, projects } = home.admin
      for (const held of [await ofUser(), await ofUserInProject()]) {
        const { holder, resource } = held
        const role_id = await roleFor(held)
        const through = [await newGroup(), await newGroup()]
        for (const group_id of through) {
          await groups.users.create(group_id, { user_id: holder })
          if (held.level === 'organization') await groups.roles.create(group_id, { role_id })
          else await projects.groups.create(resource, { group_id, role: role_id })
        }
        const both = through.toSorted().map((id) => by('group', id))
        const sources = async () => (await held.retrieve(role_id)).assignment_sources
        assert.deepEqual(await sources(), both)
        await assert.rejects(held.delete(role_id), notHeld, 'what comes through a group is taken from the group')
        await held.create(role_id)
        assert.deepEqual(await sources(), [...both, by('user', holder)])
        await held.delete(role_id)
        assert.deepEqual(await sources(), both)
        const [one = '', other = ''] = through
        await groups.users.delete(holder, { group_id: one })
        assert.deepEqual(await sources(), [by('group', other)])
        if (held.level === 'organization') await groups.delete(other)
        else await projects.groups.delete(other, { project_id: resource })
        await assert.rejects(held.retrieve(role_id), notHeld)
      }
      await assert.rejects(users.roles.list(await newGroup()), { status: 404, param: 'user_id' })
    })

    test('show whoever is in a project through a group alone; a role of their own makes them a user of it', async () => {
      const { projects, groups } = home.admin
      const { users } = projects
      const [project_id, user_id, group_id] = [await home.newProject(), await home.newUser(), await newGroup()]
      await assert.rejects(users.roles.list(user_id, { project_id }), { status: 404, param: 'user_id' })
      await assert.rejects(users.roles.create(user_id, { project_id, role_id: MEMBER }), {
        status: 404,
        param: 'user_id',
      })
      await groups.users.create(group_id, { user_id })
      await projects.groups.create(project_id, { group_id, role: VIEWER })
      const [viewer] = (await users.roles.list(user_id, { project_id })).data
      assert.deepEqual([viewer?.id, viewer?.assignment_sources], [VIEWER, [by('group', group_id)]])
      await assert.rejects(users.retrieve(user_id, { project_id }), { status: 404, param: 'user_id' })
      const events = await recorded(app, () => users.roles.create(user_id, { project_id, role_id: MEMBER }))
      assert.deepEqual(
        events.map(({ type, project }) => [type, project]),
        [
          ['role.assignment.created', project_id],
          ['user.added', project_id],
        ],
      )
      assert.equal((await users.retrieve(user_id, { project_id })).role, 'member')
      await groups.delete(group_id)
      assert.deepEqual(await idsOf(users.roles.list(user_id, { project_id })), [MEMBER])
    })

    test('end with the membership: whoever leaves a project comes back with the new role alone', async () => {
      const { users } = home.admin.projects
      const held = await ofUserInProject()
      const [project_id, user_id] = [held.resource, held.holder]
      await held.create(await roleFor(held, ['api.files.read']))
      await users.delete(user_id, { project_id })
      await assert.rejects(async () => held.list(), { status: 404, param: 'user_id' })
      await users.create(project_id, { user_id, role: 'member' })
      assert.deepEqual(await idsOf(held.list()), [MEMBER])
    })

    test('are not made for somebody who leaves the project at that moment', async () => {
      const { users } = home.admin.projects
      for (let round = 0; round < 3; round++) {
        const { resource: project_id, holder: user_id } = await ofUserInProject()
        const done = await Promise.allSettled([
          users.update(user_id, { project_id, role: 'owner' }),
          users.delete(user_id, { project_id }),
          users.roles.create(user_id, { project_id, role_id: VIEWER }),
        ])
        for (const one of done) if (one.status === 'rejected') assert.equal(one.reason.status, 404)
        const left = app.db.selectFrom('role_assignment').selectAll().where('resource_id', '=', project_id)
        assert.deepEqual(await left.execute(), [])
      }
    })

    test('end when somebody leaves the organization, in every project and group', async () => {
      const held = await ofUserInProject()
      const group_id = await newGroup()
      await home.admin.groups.users.create(group_id, { user_id: held.holder })
      await home.admin.users.roles.create(held.holder, { role_id: await newRole() })
      await home.admin.users.delete(held.holder)
      for (const [table, column] of [
        ['role_assignment', 'principal_id'],
        ['group_user', 'user_id'],
        ['project_user', 'user_id'],
      ] as const) {
        const rows = await app.db
          .selectFrom(table)
          .selectAll()
          .where(app.db.dynamic.ref(column), '=', held.holder)
          .execute()
        assert.deepEqual(rows, [], table)
      }
      await assert.rejects(home.admin.users.roles.list(held.holder), { status: 404, param: 'user_id' })
    })

    test('in an archived project are of nobody, and cannot be changed', async () => {
      const held = await ofUserInProject()
      await home.admin.projects.archive(held.resource)
      await assert.rejects(async () => held.list(), { status: 404, param: 'user_id' })
      const archived = { status: 400, code: 'project_archived', param: 'project_id' }
      await assert.rejects(held.create(VIEWER), archived)
      await assert.rejects(held.delete(MEMBER), archived)
    })

    test('are recorded, with who has it and where', async () => {
      const { default_project_id } = await app.db.selectFrom('organization').selectAll().executeTakeFirstOrThrow()
      for (const make of kinds) {
        const held = await make()
        const id = await roleFor(held)
        const events = await recorded(app, async () => {
          await held.create(id)
          await held.delete(id)
        })
        const payload = {
          id,
          principal_id: held.holder,
          principal_type: held.kind,
          resource_type: `api.${held.level}`,
          resource_id: held.resource,
        }
        const project = held.level === 'project' ? held.resource : default_project_id
        assert.deepEqual(events, [
          { type: 'role.assignment.created', project, payload },
          { type: 'role.assignment.deleted', project, payload },
        ])
      }
    })

    test("give no more than the giver holds: a project's owner stays within the project", async () => {
      const { projects, users } = home.admin
      const held = await ofUserInProject()
      const [project_id, owner] = [held.resource, await home.newUser()]
      await projects.users.create(project_id, { user_id: owner, role: 'owner' })
      const own = app.admin(await home.keyOf(owner)).organization
      const [apps, files] = [await roleFor(held, ['api.apps.read']), await roleFor(held, ['api.files.read'])]
      const events = await recorded(app, async () => {
        for (const user_id of [held.holder, owner]) {
          const asked = own.projects.users.roles.create(user_id, { project_id, role_id: apps })
          await assert.rejects(asked, lacking('api.apps.read'))
          for (const role_id of [OWNER, READER])
            await assert.rejects(own.users.roles.create(user_id, { role_id }), lacking('api.management.write'))
        }
      })
      assert.deepEqual(events, [])
      await own.projects.users.roles.create(held.holder, { project_id, role_id: files })
      await own.projects.users.roles.create(held.holder, { project_id, role_id: PROJECT_OWNER })
      // What they could not have given is not theirs to take.
      await held.create(apps)
      const taken = own.projects.users.roles.delete(apps, { project_id, user_id: held.holder })
      await assert.rejects(taken, lacking('api.apps.read'))
      assert.equal((await users.retrieve(owner)).role, 'reader')
    })
  })
}
