import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { clientOf } from '../../test/support/client.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { contract } from '../contract/index.ts'

const { projects } = contract.me

for (const database of databases) {
  describe(`the projects that one is in, on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    test('are found by their names, and one by its id, by whom it is theirs: added, in a group, or an owner of all', async () => {
      const own = await newOrganization(app)
      const { admin } = own
      const user = await newUser(app, own)
      const project = async (name: string) => (await admin.projects.create({ name })).id
      const [direct, through, others, gone] = [
        await project('Kitchen'),
        await project('Kitchen garden'),
        await project('Kitchen of others'),
        await project('Kitchen of old'),
      ]
      for (const id of [direct, gone]) await admin.projects.users.create(id, { user_id: user.id, role: 'member' })
      const group = await admin.groups.create({ name: 'Gardeners' })
      await admin.groups.users.create(group.id, { user_id: user.id })
      await admin.projects.groups.create(through, { group_id: group.id, role: 'role-api-project-member' })
      await admin.projects.archive(gone)
      const mine = clientOf(app, await newAdminKey(app, own, user.id))
      const theirs = clientOf(app, own.key)
      const found = async (call: typeof mine, query: object) =>
        (await call(projects, { query })).data.map(({ id }) => id)

      assert.deepEqual(await found(mine, { name: 'KITCHEN' }), [direct, through])
      assert.deepEqual(await found(mine, { name: 'garden' }), [through])
      for (const id of [direct, through]) assert.deepEqual(await found(mine, { project_id: id }), [id])
      for (const id of [others, gone, 'proj_nobodys']) {
        assert.deepEqual(await found(mine, { project_id: id }), [], id)
      }
      assert.deepEqual(await found(mine, { project_id: direct, name: 'garden' }), [])
      assert.deepEqual(await found(mine, { project_id: direct, after: direct }), [])
      assert.deepEqual(await found(theirs, { project_id: others }), [others])
      assert.deepEqual(await found(theirs, { project_id: gone }), [])
      const [one] = (await mine(projects, { query: { project_id: direct } })).data
      const [listed] = (await mine(projects, { query: { name: 'kitchen', limit: 1 } })).data
      assert.deepEqual(one, listed)
      const stranger = await newOrganization(app)
      assert.deepEqual(await found(clientOf(app, stranger.key), { project_id: direct }), [])
    })
  })
}
