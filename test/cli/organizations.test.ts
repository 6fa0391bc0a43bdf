import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { cli, done, firstOrganization, newUser, refused } from './run.ts'

for (const database of databases) {
  test(`${database}: a database can hold several organizations, and --org says which is meant`, async () => {
    await using app = await startTestApp({ database })
    const first = await firstOrganization(app)
    const second = await done(app, 'org', 'create', '--name', 'Second', '--owner-email', 'boss@second.example')
    assert.equal(second.object, 'organization')
    assert.deepEqual([second.name, second.owner.email, second.owner.role], ['Second', 'boss@second.example', 'owner'])

    // Without --org nobody knows which is meant: the error lists what there is to choose from.
    const create = ['admin-key', 'create', '--user', 'boss@second.example']
    const lost = await cli(app, ...create, '--json')
    assert.deepEqual([lost.code, lost.stdout], [2, ''])
    for (const said of ['--org', first.id, 'My organization', second.id, 'Second'])
      assert.ok(lost.stderr.includes(said))
    await refused(app, 1, /no organization 'org-nothing'/, ...create, '--org', 'org-nothing')
    await refused(app, 1, /no user 'boss@second\.example'/, ...create, '--org', first.id)

    const { value } = await done(app, ...create, '--org', second.id)
    const { organization } = app.admin(value)
    assert.deepEqual(
      (await organization.projects.list()).data.map((project) => project.id),
      [second.default_project_id],
    )
    assert.deepEqual(
      (await organization.users.list()).data.map((user) => user.id),
      [second.owner.id],
    )
    // The same address may belong to a user of each.
    await newUser(app, 'both@example.com', 'reader', '--org', first.id)
    await newUser(app, 'both@example.com', 'reader', '--org', second.id)
    const rows = await app.db
      .selectFrom('audit_log')
      .selectAll()
      .where('organization_id', '=', second.id)
      .orderBy('id')
      .execute()
    assert.deepEqual(rows.map(({ type, actor }) => [type, actor]).slice(0, 2), [
      ['project.created', null],
      ['user.added', null],
    ])
  })

  test(`${database}: on a database without a server, migrate and org create do all that a first start does`, async () => {
    await using db = await openTestDatabase(database)
    const on = { databaseUrl: db.url }
    const { applied, schema } = await done(on, 'migrate')
    assert.ok(Array.isArray(applied) && applied.length > 0)
    assert.equal(schema, applied.at(-1))
    assert.deepEqual(await done(on, 'migrate'), { object: 'migrations', applied: [], schema })
    await refused(on, 1, /no organization yet/, 'admin-key', 'create', '--user', 'boss@example.com')

    const created = await done(on, 'org', 'create', '--name', 'First', '--owner-email', 'boss@example.com')
    const { value } = await done(on, 'admin-key', 'create', '--user', created.owner.id)
    await using app = await startTestApp({ databaseUrl: db.url })
    const [project] = (await app.admin(value).organization.projects.list()).data
    assert.equal(project?.id, created.default_project_id)
    await assert.rejects(app.admin().organization.projects.list(), { status: 401 }, 'the server made no key of its own')
  })
}
