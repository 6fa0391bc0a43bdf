import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type KyselyPlugin, SqliteQueryCompiler } from 'kysely'
import { newAdminKey, newOrganization, newUser, type Organization } from '../contract/organizations.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'

/** Statements as text; which database they are for does not matter here. */
const compiler = new SqliteQueryCompiler()
const LOOK_UP = 'select * from "project" where "organization_id" = ? and "id" = ?'

for (const database of databases) {
  describe(`${database}: one look-up of the project for each call`, () => {
    const ran: string[] = []
    const listener: KyselyPlugin = {
      transformQuery({ node, queryId }) {
        ran.push(compiler.compileQuery(node, queryId).sql)
        return node
      },
      transformResult: async ({ result }) => result,
    }
    let app: TestApp
    let own: Organization
    let project: string
    let projectOwner: string
    before(async () => {
      app = await startTestApp({ database, plugins: [listener] })
      own = await newOrganization(app)
      project = (await own.admin.projects.create({ name: 'p' })).id
      const { id: user_id } = await newUser(app, own)
      await own.admin.projects.users.create(project, { user_id, role: 'owner' })
      projectOwner = await newAdminKey(app, own, user_id)
    })
    after(() => app[Symbol.asyncDispose]())

    const lookUps = async (key: string, method: string, path: string, status: number, body?: object) => {
      ran.length = 0
      const reply = await app.send(method, path, { key, body })
      assert.equal(reply.status, status)
      return ran.filter((statement) => statement === LOOK_UP).length
    }
    const people = { 'an owner of the organization': () => own.key, 'an owner of the project': () => projectOwner }

    for (const [who, key] of Object.entries(people)) {
      test(`${who} reads`, async () => {
        assert.equal(await lookUps(key(), 'GET', `/v1/organization/projects/${project}`, 200), 1)
        assert.equal(await lookUps(key(), 'GET', `/v1/organization/projects/${project}/users`, 200), 1)
      })

      test(`${who} changes something`, async () => {
        const path = `/v1/organization/projects/${project}`
        assert.equal(await lookUps(key(), 'POST', path, 200, { name: 'q' }), 1)
        assert.equal(await lookUps(key(), 'POST', `${path}/service_accounts`, 200, { name: 's' }), 1)
      })

      test(`${who} asks for one that is not there`, async () => {
        // Whoever has no role in it is refused before that.
        const most = who.endsWith('organization') ? 1 : 0
        assert.equal(await lookUps(key(), 'POST', '/v1/organization/projects/proj_none', 404, { name: 'q' }), most)
      })
    }
  })
}
