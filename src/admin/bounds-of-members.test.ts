import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { opens } from '../../test/sdk/scenario.ts'
import { clientOf } from '../../test/support/client.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { contract } from '../contract/index.ts'

const { projectApiKeys, myApiKeys, projectRoles } = contract
const MOST = 100
const AT_ONCE = 20

const codeOf = (error: { code?: string }) => error.code

for (const database of databases) {
  describe(`${database}: what a member of a project makes is bounded`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    /** A project with a member, who has nothing there yet, and how they ask. */
    async function setUp() {
      const own = await newOrganization(app)
      const { id: project_id } = await own.admin.projects.create({ name: 'shared' })
      const { id } = await newUser(app, own)
      await own.admin.projects.users.create(project_id, { user_id: id, role: 'member' })
      const call = clientOf(app, await newAdminKey(app, own, id))
      const make = (body: { expires_in_seconds?: number } = {}, project = project_id) =>
        call(projectApiKeys.create, { params: { project_id: project }, body: { name: 'mine', ...body } })
      return { own, id, project_id, call, make }
    }

    /** Does something so often, some of them at once. @returns the codes of what was refused */
    async function often(work: () => Promise<unknown>, times: number): Promise<(string | undefined)[]> {
      const refused: (string | undefined)[] = []
      for (let left = times; left > 0; left -= AT_ONCE) {
        const some = Array.from({ length: Math.min(left, AT_ONCE) }, () =>
          work().catch((error) => refused.push(codeOf(error))),
        )
        await Promise.all(some)
      }
      return refused
    }

    test('a hundred keys of a user in a project, also of twenty that are made at once', async () => {
      const { own, id, project_id, call, make } = await setUp()
      const brief = await make({ expires_in_seconds: 60 })
      const [first] = await Promise.all([make(), often(make, MOST - 12)])
      assert.deepEqual(await often(make, AT_ONCE), Array(AT_ONCE - 10).fill('too_many_api_keys'))
      await assert.rejects(make(), {
        status: 400,
        code: 'too_many_api_keys',
        message: new RegExp(`User '${id}' has 100 keys in project '${project_id}'.*Delete one.*disabled ones count`),
      })
      assert.equal(await opens(app, first.value), null)

      // Others, and other projects, have their own; a disabled one counts; one that is deleted makes room, and so does one that expired.
      const { id: elsewhere } = await own.admin.projects.create({ name: 'elsewhere' })
      await own.admin.projects.users.create(elsewhere, { user_id: id, role: 'member' })
      await make({}, elsewhere)
      await clientOf(app, own.key)(projectApiKeys.create, { params: { project_id }, body: { name: "an owner's" } })
      await call(myApiKeys.update, { params: { api_key_id: first.id }, body: { disabled: true } })
      await assert.rejects(make(), { code: 'too_many_api_keys' })
      await call(myApiKeys.delete, { params: { api_key_id: first.id } })
      await make()
      await assert.rejects(make(), { code: 'too_many_api_keys' })
      app.advance(60)
      const made = await make()
      const events = (await own.admin.auditLogs.list({ limit: 2 })).data
      const about = events.map((event) => [
        event.type,
        event.project?.id,
        (event['api_key.created'] ?? event['api_key.deleted'])?.id,
      ])
      assert.deepEqual(about.toSorted(), [
        ['api_key.created', project_id, made.id],
        ['api_key.deleted', project_id, brief.id],
      ])
      await assert.rejects(make(), { code: 'too_many_api_keys' })
      const rows = app.db.selectFrom('project_api_key').select('id').where('organization_id', '=', own.id)
      assert.equal((await rows.where('user_id', '=', id).where('project_id', '=', project_id).execute()).length, MOST)
    })

    test('a hundred roles of a project, also of twenty that are made at once', async () => {
      const { own, project_id, call } = await setUp()
      let named = 0
      const body = () => ({ role_name: `Role ${named++}`, permissions: ['api.model.read'] })
      const make = () => call(projectRoles.create, { params: { project_id }, body: body() })
      assert.deepEqual(await often(make, MOST - 10), [])
      assert.deepEqual(await often(make, AT_ONCE), Array(AT_ONCE - 10).fill('too_many_roles'))
      const message = new RegExp(`Project '${project_id}' has 100 roles of its own`)
      await assert.rejects(make(), { status: 400, code: 'too_many_roles', message })
      const { data } = await own.admin.projects.roles.list(project_id)
      const role_id = data.find(({ predefined_role }) => !predefined_role)?.id ?? ''
      await own.admin.projects.roles.delete(role_id, { project_id })
      await make()
      await own.admin.roles.create(body())
    })
  })
}
