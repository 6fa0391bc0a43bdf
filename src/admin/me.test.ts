import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { clientOf } from '../../test/support/client.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { contract } from '../contract/index.ts'
import { permissions, predefinedRoles } from '../core/permission.ts'
import { batches } from '../db/batches.ts'

const { retrieve, projects } = contract.me
const of = (role: string) => predefinedRoles.find(({ id }) => id === role)?.permissions ?? []
const READERS = of('role-api-organization-reader')
const both = (...roles: string[]) => permissions.filter((one) => roles.some((role) => of(role).includes(one)))

for (const database of databases) {
  describe(`who one is, on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    async function newMember() {
      const own = await newOrganization(app)
      const user = await newUser(app, own)
      const call = clientOf(app, await newAdminKey(app, own, user.id))
      const project = async (name: string) => (await own.admin.projects.create({ name })).id
      const mine = async (limit = 20) => {
        const listed = []
        for (let after = ''; ; ) {
          const page = await call(projects, { query: { limit, ...(after !== '' && { after }) } })
          listed.push(...page.data)
          if (!page.has_more) return listed
          after = page.last_id ?? ''
        }
      }
      return { own, admin: own.admin, user, call, project, mine }
    }

    test('is told with roles and permissions, of a role of its own, of a group, and as far as the key goes', async () => {
      const { own, admin, user, call } = await newMember()
      const me = await call(retrieve, {})
      assert.partialDeepStrictEqual(me, { object: 'organization.me', ...user, by: 'key', scopes: [], expires_at: null })
      assert.deepEqual(me.organization, { id: own.id, name: 'Test', default_project_id: own.defaultProjectId })
      assert.deepEqual([me.roles.map(({ name }) => name), me.permissions], [['reader'], READERS])
      const group = await admin.groups.create({ name: 'Finance' })
      const role = await admin.roles.create({ role_name: 'Usage', permissions: ['api.usage.read'] })
      await admin.groups.roles.create(group.id, { role_id: role.id })
      await admin.groups.users.create(group.id, { user_id: user.id })
      const richer = await call(retrieve, {})
      assert.ok(richer.permissions.includes('api.usage.read'))
      const given = richer.roles.find(({ id }) => id === role.id)
      assert.deepEqual(given?.assignment_sources, [{ principal_type: 'group', principal_id: group.id }])

      const owner = await clientOf(app, own.key)(retrieve, {})
      assert.deepEqual(owner.permissions, permissions)
      const narrowed = await newAdminKey(app, own, own.ownerId, ['api.management.read'])
      const { scopes, permissions: left } = await clientOf(app, narrowed)(retrieve, {})
      assert.deepEqual(scopes, ['api.management.read'])
      const some = ['api.management.read', 'api.management.write', 'api.usage.read', 'api.model.request']
      assert.deepEqual(
        some.filter((one) => left.includes(one)),
        ['api.management.read', 'api.model.request'],
      )
    })

    test('lists the projects that one is in, each once, with what one may do in it, and none that is archived', async () => {
      const { admin, user, project, mine } = await newMember()
      assert.deepEqual(await mine(), [])
      const [direct, through, twice, owned, gone] = [
        await project('direct'),
        await project('through'),
        await project('both'),
        await project('owned'),
        await project('gone'),
      ]
      await project('of others')
      for (const id of [direct, twice, gone])
        await admin.projects.users.create(id, { user_id: user.id, role: 'member' })
      await admin.projects.users.create(owned, { user_id: user.id, role: 'owner' })
      const group = await admin.groups.create({ name: 'Viewers' })
      await admin.groups.users.create(group.id, { user_id: user.id })
      for (const id of [through, twice]) {
        await admin.projects.groups.create(id, { group_id: group.id, role: 'role-api-project-viewer' })
      }
      await admin.projects.archive(gone)
      const listed = await mine()
      assert.deepEqual(await mine(1), listed)
      const [reader, p] = ['role-api-organization-reader', 'role-api-project-']
      assert.deepEqual(
        listed.map(({ id, name, permissions }) => [id, name, permissions]),
        [
          [direct, 'direct', both(reader, `${p}member`)],
          [through, 'through', both(reader, `${p}viewer`)],
          [twice, 'both', both(reader, `${p}member`, `${p}viewer`)],
          [owned, 'owned', both(reader, `${p}owner`)],
        ],
      )
      await admin.groups.users.delete(user.id, { group_id: group.id })
      assert.deepEqual(
        (await mine()).map(({ name }) => name),
        ['direct', 'both', 'owned'],
      )
      await admin.users.update(user.id, { role: 'owner' })
      const all = await mine(2)
      assert.deepEqual(
        all.map(({ name }) => name),
        ['Default project', 'direct', 'through', 'both', 'owned', 'of others'],
      )
      for (const one of all) assert.deepEqual(one.permissions, permissions)
    })

    test('lists the projects of more groups than one statement is asked about, and behind many that are archived', async () => {
      const { own, user, mine } = await newMember()
      const organization_id = own.id
      const idOf = (kind: string, n: number) => `${kind}${String(n).padStart(12, '0')}${own.id.slice(-12)}`
      const groups = Array.from({ length: 203 }, (_, n) => idOf('group_', n))
      const made = Array.from({ length: 1203 }, (_, n) => ({ id: idOf('proj_', n), name: `${n}`, organization_id }))
      const project = made.map((one, n) => ({ ...one, created_at: 1, archived_at: n < 1200 ? 1 : null }))
      const user_group = groups.map((id) => ({ id, name: id, organization_id, created_at: 1, scim_managed_at: null }))
      const group_user = groups.map((group_id) => ({ group_id, user_id: user.id, organization_id, added_at: 1 }))
      const project_group = made.map(({ id }, n) => {
        return { project_id: id, group_id: groups[n % groups.length] ?? '', organization_id, created_at: 1 }
      })
      for (const some of batches(project)) await app.db.insertInto('project').values(some).execute()
      for (const some of batches(user_group)) await app.db.insertInto('user_group').values(some).execute()
      for (const some of batches(group_user)) await app.db.insertInto('group_user').values(some).execute()
      for (const some of batches(project_group)) await app.db.insertInto('project_group').values(some).execute()
      assert.deepEqual(
        (await mine(2)).map(({ name }) => name),
        ['1200', '1201', '1202'],
      )
    })
  })
}
