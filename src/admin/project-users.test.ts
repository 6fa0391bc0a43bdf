import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  newAdminKey,
  newOrganization,
  newProjectKey,
  newUser,
  type Organization,
} from '../../test/contract/organizations.ts'
import { all, opens, refusal, unknownLike } from '../../test/sdk/scenario.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

const unknown = refusal(404, 'not_found', 'user_id')

for (const database of databases) {
  describe(`project users on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    async function newProject(organization: Organization) {
      const { id } = await organization.admin.projects.create({ name: 'shared' })
      return { id, users: organization.admin.projects.users, of: { project_id: id } }
    }

    test('a user is added by id, by address in any case, or by both where they name the same person', async () => {
      const organization = await newOrganization(app)
      const ways: ((user: { id: string; email: string }) => object)[] = [
        ({ id }) => ({ user_id: id }),
        ({ email }) => ({ email: ` ${email.toUpperCase()} ` }),
        ({ id, email }) => ({ user_id: id, email }),
        ({ id }) => ({ user_id: id, email: null }),
        ({ email }) => ({ email, user_id: null }),
      ]
      for (const way of ways) {
        const user = await newUser(app, organization)
        const project = await newProject(organization)
        const added = await project.users.create(project.id, { role: 'owner', ...way(user) })
        assert.deepEqual([added.id, added.email, added.role], [user.id, user.email, 'owner'], way.toString())
        assert.deepEqual(await project.users.retrieve(user.id, project.of), added)
      }
    })

    test('whoever is not named, or named in two ways that differ, is not added', async () => {
      const organization = await newOrganization(app)
      const project = await newProject(organization)
      const [ann, bob] = [await newUser(app, organization), await newUser(app, organization)]
      const foreign = await newUser(app, await newOrganization(app))
      const absent = 'user_not_in_organization'
      const refused = [
        [{}, 'missing_required_parameter', 'user_id'],
        [{ user_id: null, email: null }, 'missing_required_parameter', 'user_id'],
        [{ user_id: ann.id, email: bob.email }, absent, 'user_id'],
        [{ user_id: unknownLike(ann.id) }, absent, 'user_id'],
        [{ user_id: foreign.id }, absent, 'user_id'],
        [{ email: foreign.email }, absent, 'email'],
        [{ email: 'nobody@example.com' }, absent, 'email'],
        [{ user_id: ann.email }, absent, 'user_id'],
        [{ user_id: '' }, absent, 'user_id'],
        [{ email: 'nonsense' }, 'invalid_value', 'email'],
        [{ user_id: ann.id, role: 'viewer' }, 'invalid_value', 'role'],
        [{ user_id: ann.id, role: 'none' }, 'invalid_value', 'role'],
      ] as const
      for (const [body, code, param] of refused) {
        const add = project.users.create(project.id, { role: 'member', ...body })
        await assert.rejects(add, refusal(400, code, param), JSON.stringify(body))
      }
      assert.deepEqual(
        (await all(project.users.list(project.id))).map(({ id }) => id),
        [organization.ownerId],
      )
    })

    test('who is in the project already is not added again, and keeps the role', async () => {
      const organization = await newOrganization(app)
      const project = await newProject(organization)
      const user = await newUser(app, organization)
      await project.users.create(project.id, { user_id: user.id, role: 'member' })
      const again = [
        [{ user_id: user.id }, 'user_id'],
        [{ email: user.email }, 'email'],
        [{ user_id: organization.ownerId }, 'user_id'],
        [{ email: organization.ownerEmail }, 'email'],
      ] as const
      for (const [body, param] of again) {
        const add = project.users.create(project.id, { role: 'owner', ...body })
        const message = /already exists in project/
        await assert.rejects(add, { status: 400, code: 'user_already_in_project', param, message })
      }
      assert.equal((await project.users.retrieve(user.id, project.of)).role, 'member')
    })

    test("the organization's owners own every project, and cannot be demoted in it or removed from it", async () => {
      const organization = await newOrganization(app)
      const project = await newProject(organization)
      const late = await newUser(app, organization, 'owner')
      for (const id of [organization.ownerId, late.id]) {
        assert.equal((await project.users.retrieve(id, project.of)).role, 'owner')
        const kept = refusal(400, 'user_organization_owner', 'user_id')
        await assert.rejects(project.users.update(id, { ...project.of, role: 'member' }), kept)
        await assert.rejects(project.users.delete(id, project.of), kept)
      }
      const people = (await all(project.users.list(project.id))).map(({ id, role }) => [id, role])
      assert.deepEqual(people, [
        [organization.ownerId, 'owner'],
        [late.id, 'owner'],
      ])
    })

    test('an owner who is demoted falls back to the membership they had, or has none', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const project = await newProject(organization)
      const [member, other] = [await newUser(app, organization), await newUser(app, organization, 'owner')]
      const added = await project.users.create(project.id, { user_id: member.id, role: 'member' })
      await admin.users.update(member.id, { role: 'owner' })
      assert.deepEqual(await project.users.retrieve(member.id, project.of), { ...added, role: 'owner' })
      const people = (await all(project.users.list(project.id))).map(({ id }) => id)
      assert.deepEqual(people, [organization.ownerId, member.id, other.id])
      for (const { id } of [member, other]) await admin.users.update(id, { role: 'reader' })
      assert.deepEqual(await project.users.retrieve(member.id, project.of), added)
      await assert.rejects(project.users.retrieve(other.id, project.of), unknown)
      assert.equal((await project.users.delete(member.id, project.of)).deleted, true)
    })

    test('a role is changed; null and nothing leave it', async () => {
      const organization = await newOrganization(app)
      const project = await newProject(organization)
      const { id } = await newUser(app, organization)
      const added = await project.users.create(project.id, { user_id: id, role: 'member' })
      assert.deepEqual(await project.users.update(id, { ...project.of, role: null }), added)
      assert.deepEqual(await project.users.update(id, project.of), added)
      const owner = await project.users.update(id, { ...project.of, role: 'owner' })
      assert.deepEqual(owner, { ...added, role: 'owner' })
      assert.deepEqual(await project.users.retrieve(id, project.of), owner)
      const viewer = project.users.update(id, { ...project.of, role: 'viewer' })
      await assert.rejects(viewer, refusal(400, 'invalid_value', 'role'))
      const absent = project.users.update(unknownLike(id), { ...project.of, role: 'owner' })
      await assert.rejects(absent, unknown)
    })

    test('who is removed from a project loses their keys there at once, and nothing elsewhere', async () => {
      const organization = await newOrganization(app)
      const [left, kept] = [await newProject(organization), await newProject(organization)]
      const { id } = await newUser(app, organization)
      for (const project of [left, kept]) await project.users.create(project.id, { user_id: id, role: 'member' })
      const lost = await newProjectKey(app, organization, left.id, id)
      const other = await newProjectKey(app, organization, kept.id, id)
      assert.equal(await opens(app, lost.value), null)
      const removed = await left.users.delete(id, left.of)
      assert.deepEqual(removed, { object: 'organization.project.user.deleted', id, deleted: true })
      assert.match((await opens(app, lost.value)) ?? '', /You must be a member of an organization to use the API/)
      assert.equal(await opens(app, other.value), null)
      assert.equal((await organization.admin.users.retrieve(id)).id, id)
      await assert.rejects(left.users.retrieve(id, left.of), unknown)
      await assert.rejects(left.users.delete(id, left.of), unknown)
      // The key was kept, so with its owner back in the project it works again.
      await left.users.create(left.id, { user_id: id, role: 'member' })
      assert.equal(await opens(app, lost.value), null)
    })

    test('pages go through owners and members in one order, none lost and none twice', async () => {
      const organization = await newOrganization(app)
      const project = await newProject(organization)
      const ids = [organization.ownerId]
      for (const role of ['reader', 'owner', 'reader', 'reader', 'owner', 'reader'] as const) {
        const { id } = await newUser(app, organization, role)
        if (role === 'reader') await project.users.create(project.id, { user_id: id, role: 'member' })
        ids.push(id)
      }
      // In the organization only, so in no list of the project.
      await newUser(app, organization)
      for (const limit of [1, 2, 3, 7, 100]) {
        const listed = (await all(project.users.list(project.id, { limit }))).map(({ id }) => id)
        assert.deepEqual(listed, ids, `limit ${limit}`)
      }
      const { body } = await app.send('GET', `/v1/organization/projects/${project.id}/users?limit=7`, organization)
      assert.deepEqual([body.has_more, body.first_id, body.last_id], [false, ids[0], ids[6]])
    })

    test("a project's owner manages that project and nothing else", async () => {
      const organization = await newOrganization(app)
      const [mine, other] = [await newProject(organization), await newProject(organization)]
      const [boss, user] = [await newUser(app, organization), await newUser(app, organization)]
      await mine.users.create(mine.id, { user_id: boss.id, role: 'owner' })
      await other.users.create(other.id, { user_id: boss.id, role: 'member' })
      const theirs = app.admin(await newAdminKey(app, organization, boss.id)).organization
      await theirs.projects.users.create(mine.id, { user_id: user.id, role: 'member' })
      await theirs.projects.serviceAccounts.create(mine.id, { name: 'bot' })
      await theirs.projects.update(mine.id, { name: 'renamed' })
      const lacks = { status: 401, code: null, message: /Missing scopes: api\.management\.(read|write)/ }
      const forbidden = [
        () => theirs.projects.users.create(other.id, { user_id: user.id, role: 'member' }),
        () => theirs.projects.retrieve(other.id),
        () => theirs.projects.create({ name: 'new' }),
        () => all(theirs.projects.list()),
        () => all(theirs.users.list()),
        () => theirs.users.update(boss.id, { role: 'owner' }),
        () => theirs.invites.create({ email: 'x@example.com', role: 'owner' }),
        () => theirs.adminAPIKeys.create({ name: 'mine' }),
      ]
      for (const call of forbidden) await assert.rejects(call(), lacks, call.toString())
      // In a project where they have no role there is nothing to see for them.
      await assert.rejects(theirs.projects.retrieve(organization.defaultProjectId), { status: 404 })
      await mine.users.update(boss.id, { ...mine.of, role: 'member' })
      await assert.rejects(theirs.projects.retrieve(mine.id), lacks)
    })

    test('an id that no database can hold is one that names nothing, in a body and in a path', async () => {
      const organization = await newOrganization(app)
      const project = await newProject(organization)
      const add = project.users.create(project.id, { role: 'member', user_id: 'nul\u0000' })
      await assert.rejects(add, { status: 400, param: 'user_id' })
      const path = '/v1/organization/projects/nul%00/users'
      assert.equal((await app.send('GET', path, organization)).status, 404)
      // Whoever is no owner is looked up in the project that the path names, before anything else.
      const reader = await newUser(app, organization)
      const key = await newAdminKey(app, organization, reader.id)
      assert.equal((await app.send('GET', path, { key })).status, 404)
    })
  })
}
