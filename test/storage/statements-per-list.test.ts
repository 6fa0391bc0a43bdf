import assert from 'node:assert/strict'
import { after, before, describe, mock, test } from 'node:test'
import { newOrganization, newUser, type Organization } from '../contract/organizations.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'

const MANY = 5

// What is collected is written on an interval, which is stopped: every statement that is counted was run for the list.
mock.timers.enable({ apis: ['setInterval'] })

for (const database of databases) {
  describe(`on ${database} a list runs as many statements for one row as for ${MANY}`, () => {
    let app: TestApp
    let own: Organization
    let project: string
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
      project = await fill(app, own)
    })
    after(() => app[Symbol.asyncDispose]())

    for (const path of [
      'admin_api_keys',
      'audit_logs',
      'groups',
      'invites',
      'projects',
      'projects/PROJECT/api_keys',
      'projects/PROJECT/groups',
      'projects/PROJECT/service_accounts',
      'projects/PROJECT/users',
      'roles',
      'spend_alerts',
      'users',
    ]) {
      test(path, async () => {
        const list = `/v1/organization/${path.replace('PROJECT', project)}`
        const statements = async (limit: number) => {
          const start = await app.metric('gatehouse_sql_statements_total')
          const { status, body } = await app.send('GET', `${list}?limit=${limit}`, { key: own.key })
          assert.deepEqual([status, body.data.length], [200, limit])
          return (await app.metric('gatehouse_sql_statements_total')) - start
        }
        assert.equal(await statements(MANY), await statements(1))
      })
    }
  })
}

/** An organization with that many of everything. @returns the project that has the rest */
async function fill(app: TestApp, own: Organization): Promise<string> {
  const { admin } = own
  const { id: project } = await admin.projects.create({ name: 'full' })
  for (let i = 0; i < MANY; i++) {
    await admin.projects.create({ name: `p${i}` })
    await admin.adminAPIKeys.create({ name: `k${i}` })
    await admin.invites.create({ email: `guest${i}@example.com`, role: 'reader' })
    await admin.roles.create({ role_name: `r${i}`, permissions: ['api.model.read'] })
    await admin.projects.serviceAccounts.create(project, { name: `s${i}` })
    const { id: user_id } = await newUser(app, own)
    await admin.projects.users.create(project, { user_id, role: 'member' })
    const group = await admin.groups.create({ name: `g${i}` })
    await admin.projects.groups.create(project, { group_id: group.id, role: 'role-api-project-member' })
    await admin.spendAlerts.create({
      threshold_amount: 100,
      currency: 'USD',
      interval: 'month',
      notification_channel: { type: 'email', recipients: ['a@example.com'] },
    })
  }
  return project
}
