import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  newAdminKey,
  newEmail,
  newOrganization,
  newProjectKey,
  newUser,
  type Organization,
} from '../../test/contract/organizations.ts'
import { all, opens, refusal, unknownLike } from '../../test/sdk/scenario.ts'
import { clientOf } from '../../test/support/client.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { contract } from '../contract/index.ts'

const lockOut = refusal(400, 'would_lock_out_caller', 'user_id')
const unknown = refusal(404, 'not_found', 'user_id')
const noMember = { status: 401, code: null, message: /You must be a member of an organization to use the API/ }
const noScope = { status: 401, code: null, message: /Missing scopes: api\.management\.read/ }

for (const database of databases) {
  describe(`users on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    const adminOf = async (organization: Organization, user: string) =>
      app.admin(await newAdminKey(app, organization, user)).organization

    test('a role is given by its name, or by its id in short or with the organization named', async () => {
      const organization = await newOrganization(app)
      const { admin, id: org } = organization
      const { id } = await newUser(app, organization)
      const long = (role: string) => `role-api-organization-${role}__api-organization__${org}`
      const owner = 'role-api-organization-owner'
      const changes = [
        [{ role: 'owner' }, 'owner'],
        [{ role_id: 'role-api-organization-reader' }, 'reader'],
        [{ role_id: long('owner') }, 'owner'],
        [{ role: 'reader', role_id: long('reader') }, 'reader'],
        [{ role: null, role_id: owner }, 'owner'],
        [{ role: 'reader', role_id: null }, 'reader'],
        [{ role: null, role_id: null }, 'reader'],
        [{}, 'reader'],
      ] as const
      for (const [body, role] of changes) {
        assert.equal((await admin.users.update(id, body)).role, role, JSON.stringify(body))
        assert.equal((await admin.users.retrieve(id)).role, role)
      }
    })

    test('a role that is none here, or that contradicts itself, is refused and changes nothing', async () => {
      const organization = await newOrganization(app)
      const { admin, id: org } = organization
      const { id } = await newUser(app, organization)
      const owner = 'role-api-organization-owner'
      const refused = [
        [{ role: 'reader', role_id: owner }, 'role_id'],
        [{ role_id: `${owner}__api-organization__${unknownLike(org)}` }, 'role_id'],
        [{ role_id: `${owner}__api-organization__` }, 'role_id'],
        [{ role_id: `${owner}__api-project__${org}` }, 'role_id'],
        [{ role_id: `${owner}__api-organization__${org}__api-organization__${org}` }, 'role_id'],
        [{ role_id: `${owner}\n` }, 'role_id'],
        [{ role_id: 'role-api-project-owner' }, 'role_id'],
        [{ role_id: '' }, 'role_id'],
        [{ role: 'Owner' }, 'role'],
        [{ role: 'member' }, 'role'],
        [{ role: '' }, 'role'],
      ] as const
      for (const [body, param] of refused) {
        const update = admin.users.update(id, { technical_level: 'changed', ...body })
        await assert.rejects(update, refusal(400, 'invalid_value', param), JSON.stringify(body))
      }
      const { role, technical_level } = await admin.users.retrieve(id)
      assert.deepEqual([role, technical_level], ['reader', null])
    })

    test('nobody takes away the access they call with: not their own role, not their own place', async () => {
      const { admin, ownerId, key } = await newOrganization(app)
      await assert.rejects(admin.users.update(ownerId, { role: 'reader' }), lockOut)
      await assert.rejects(admin.users.update(ownerId, { role_id: 'role-api-organization-reader' }), lockOut)
      await assert.rejects(admin.users.delete(ownerId), lockOut)
      assert.equal((await admin.users.update(ownerId, { role: 'owner', technical_level: 'guru' })).role, 'owner')
      assert.equal((await app.send('GET', '/v1/organization/projects', { key })).status, 200)
    })

    test('an organization that is left with one owner cannot lose that one', async () => {
      const organization = await newOrganization(app)
      const second = await newUser(app, organization, 'owner')
      const theirs = await adminOf(organization, second.id)
      await theirs.users.delete(organization.ownerId)
      await assert.rejects(theirs.users.delete(second.id), { status: 400 })
      await assert.rejects(theirs.users.update(second.id, { role: 'reader' }), { status: 400 })
      assert.deepEqual(
        (await all(theirs.users.list())).map(({ id, role }) => [id, role]),
        [[second.id, 'owner']],
      )
    })

    test('an admin key is worth what its owner is worth at that moment', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const { id } = await newUser(app, organization)
      const theirs = await adminOf(organization, id)
      await assert.rejects(all(theirs.users.list()), noScope)
      await admin.users.update(id, { role: 'owner' })
      await all(theirs.users.list())
      await admin.users.update(id, { role: 'reader' })
      await assert.rejects(all(theirs.users.list()), noScope)
    })

    test("a demoted owner's project keys keep only what direct memberships give", async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const { id } = await newUser(app, organization, 'owner')
      const [joined, inherited] = [
        await admin.projects.create({ name: 'a' }),
        await admin.projects.create({ name: 'b' }),
      ]
      await admin.users.update(id, { role: 'reader' })
      await admin.projects.users.create(joined.id, { user_id: id, role: 'member' })
      await admin.users.update(id, { role: 'owner' })
      const inJoined = await newProjectKey(app, organization, joined.id, id)
      const inInherited = await newProjectKey(app, organization, inherited.id, id)
      for (const { value } of [inJoined, inInherited]) assert.equal(await opens(app, value), null)
      await admin.users.update(id, { role: 'reader' })
      assert.equal(await opens(app, inJoined.value), null)
      await assert.rejects(app.client(inInherited.value).models.list(), noMember)
    })

    test('emails[] filters without regard to case, in both spellings', async () => {
      const organization = await newOrganization(app)
      const [anna, bob] = [await newUser(app, organization), await newUser(app, organization)]
      const gone = await newUser(app, organization)
      await organization.admin.users.delete(gone.id)
      const upper = encodeURIComponent(anna.email.toUpperCase())
      const [a, b, left] = [anna.email, bob.email, gone.email].map(encodeURIComponent)
      const found: [query: string, ids: string[]][] = [
        [`emails[]=${a}&emails[]=${b}`, [anna.id, bob.id]],
        [`emails=${a}&emails=${b}`, [anna.id, bob.id]],
        [`emails[]=${a}&emails=${b}`, [anna.id, bob.id]],
        [`emails%5B%5D=${upper}`, [anna.id]],
        [`emails=${upper}`, [anna.id]],
        [`emails[]=${a}&emails[]=${upper}`, [anna.id]],
        [`emails[]=%20${a}%20`, [anna.id]],
        [`emails[]=${left}`, []],
        ['emails[]=nobody@example.com', []],
      ]
      for (const [query, ids] of found) {
        const { body } = await app.send('GET', `/v1/organization/users?${query}`, { key: organization.key })
        const got = body.data.map((user: { id: string }) => user.id)
        assert.deepEqual(got, ids, query)
      }
      const emails = [bob.email.toUpperCase(), anna.email]
      assert.equal((await all(organization.admin.users.list({ emails, limit: 1 }))).length, 2)
    })

    test('an address that is none, or more than a hundred of them, are refused', async () => {
      const { key } = await newOrganization(app)
      const refused = [
        ['emails[]=a@b.c&emails[]=nonsense', 'invalid_value', 'emails[1]'],
        ['emails[]=', 'invalid_value', 'emails[0]'],
        ['emails=a%00@b.c', 'invalid_value', 'emails[0]'],
        [Array.from({ length: 101 }, (_, i) => `emails[]=u${i}@x.y`).join('&'), 'array_above_max_length', 'emails'],
      ] as const
      for (const [query, code, param] of refused) {
        const { status, body } = await app.send('GET', `/v1/organization/users?${query}`, { key })
        assert.deepEqual([status, body.error.code, body.error.param], [400, code, param], query.slice(0, 80))
      }
    })

    test('a removed user is gone everywhere, and every key of theirs stops at once', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const { id, email } = await newUser(app, organization)
      const projects = [await admin.projects.create({ name: 'a' }), await admin.projects.create({ name: 'b' })]
      for (const project of projects) await admin.projects.users.create(project.id, { user_id: id, role: 'owner' })
      const own = await Promise.all(projects.map((project) => newProjectKey(app, organization, project.id, id)))
      const theirs = await adminOf(organization, id)
      for (const { value } of own) assert.equal(await opens(app, value), null)
      await all(theirs.projects.users.list(projects[0]?.id ?? ''))

      assert.deepEqual(await admin.users.delete(id), { object: 'organization.user.deleted', id, deleted: true })
      for (const { value } of own) await assert.rejects(app.client(value).models.list(), noMember)
      await assert.rejects(all(theirs.projects.users.list(projects[0]?.id ?? '')), noMember)
      for (const project of projects) {
        const of = { project_id: project.id }
        await assert.rejects(admin.projects.users.retrieve(id, of), unknown)
        await assert.rejects(admin.projects.users.delete(id, of), unknown)
        const again = admin.projects.users.create(project.id, { user_id: id, role: 'member' })
        await assert.rejects(again, refusal(400, 'user_not_in_organization', 'user_id'))
      }
      const memberships = app.db.selectFrom('project_user').select('project_id').where('user_id', '=', id)
      assert.deepEqual(await memberships.execute(), [])
      await assert.rejects(admin.users.retrieve(id), unknown)
      await assert.rejects(admin.users.update(id, { role: 'owner' }), unknown)
      await assert.rejects(admin.users.delete(id), unknown)
      assert.deepEqual(await all(admin.users.list({ emails: [email] })), [])
    })

    test('an address that comes back is a new user: no membership and no key of the old one revives', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const old = await newUser(app, organization, 'owner')
      const project = await admin.projects.create({ name: 'a' })
      const ownKey = await newProjectKey(app, organization, project.id, old.id)
      const theirs = await adminOf(organization, old.id)
      await admin.users.delete(old.id)

      const invite = await admin.invites.create({ email: old.email.toUpperCase(), role: 'owner', projects: [] })
      const { token } = await command(app, 'invite', 'link', invite.id, '--org', organization.id)
      const accepted = await clientOf(app, null)(contract.invites.accept, { body: { token, name: 'Back again' } })
      assert.notEqual(accepted.id, old.id)
      await assert.rejects(all(theirs.users.list()), noMember)
      await assert.rejects(app.client(ownKey.value).models.list(), noMember)
      await admin.users.update(accepted.id, { role: 'reader' })
      await assert.rejects(admin.projects.users.retrieve(accepted.id, { project_id: project.id }), unknown)
      await assert.rejects(admin.users.retrieve(old.id), unknown)
    })

    test('profile texts are kept as given, up to 255 characters, and null clears them', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const { id } = await newUser(app, organization)
      const texts = async (body: object) => {
        const { technical_level, developer_persona } = await admin.users.update(id, body)
        return [technical_level, developer_persona]
      }
      assert.deepEqual(await texts({ technical_level: ' expert ' }), [' expert ', null])
      assert.deepEqual(await texts({ developer_persona: 'x'.repeat(255) }), [' expert ', 'x'.repeat(255)])
      assert.deepEqual(await texts({ technical_level: '' }), ['', 'x'.repeat(255)])
      assert.deepEqual(await texts({ technical_level: null, developer_persona: null }), [null, null])
      const long = admin.users.update(id, { technical_level: 'x'.repeat(256) })
      await assert.rejects(long, refusal(400, 'string_above_max_length', 'technical_level'))
      const strange = admin.users.update(id, { developer_persona: 'a\u0000' })
      await assert.rejects(strange, refusal(400, 'invalid_value', 'developer_persona'))
    })

    test('two users have one address only if they are in two organizations', async () => {
      const [one, two] = [await newOrganization(app), await newOrganization(app)]
      const email = newEmail('shared')
      for (const { admin } of [one, two]) await admin.invites.create({ email, role: 'reader' })
      const { email: theirs } = await newUser(app, one)
      const twice = one.admin.invites.create({ email: theirs.toUpperCase(), role: 'reader' })
      await assert.rejects(twice, refusal(400, 'user_already_in_organization', 'email'))
      assert.equal((await two.admin.invites.create({ email: theirs, role: 'reader' })).status, 'pending')
    })
  })
}
