import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { unknownLike } from '../sdk/scenario.ts'
import { command } from '../support/command.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { newEmail, newOrganization, newUser, type Organization } from './organizations.ts'

for (const database of databases) {
  describe(`${database}: words that clients match on`, () => {
    let app: TestApp
    let own: Organization
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const errorOf = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => {
      const reply = await app.send(method, `/v1/organization/${path}`, { key: own.key, ...(body && { body }) })
      return { status: reply.status, ...reply.body.error }
    }

    test('"not found" of whatever is gone or was never set', async () => {
      const project = `projects/${(await own.admin.projects.create({ name: 'p' })).id}`
      const group = `groups/${(await own.admin.groups.create({ name: 'g' })).id}`
      for (const gone of [
        'users/user-x',
        'users/user-x/roles',
        `users/${own.ownerId}/roles/role_x`,
        'invites/invite-x',
        'projects/proj_x',
        'projects/proj_x/users',
        `${project}/users/user-x`,
        `${project}/service_accounts/user-x`,
        `${project}/api_keys/key_x`,
        `${project}/groups/group_x`,
        `${project}/spend_limit`,
        `${project}/spend_alerts/alert_x`,
        `${project}/model_permissions`,
        'spend_limit',
        'spend_alerts/alert_x',
        'admin_api_keys/key_x',
        'certificates/cert_x',
        'groups/group_x',
        `${group}/users/user-x`,
        `${group}/roles/role_x`,
        'roles/role_x',
      ]) {
        const { status, code, message } = await errorOf('GET', gone)
        // What can be unset has no object to retrieve: deleting it is what fails.
        const told = status === 200 ? await errorOf('DELETE', gone) : { status, code, message }
        assert.deepEqual([told.status, told.code], [404, 'not_found'], gone)
        assert.match(told.message, /not found/, gone)
      }
      const unknown = unknownLike(own.defaultProjectId)
      const { message } = await errorOf('GET', `projects/${unknown}`)
      assert.equal(message, `No such project: '${unknown}'. It was not found.`)
    })

    test('"already been accepted" of an invite', async () => {
      const { id } = await own.admin.invites.create({ email: newEmail(), role: 'reader' })
      const { token } = await command(app, 'invite', 'link', id, '--org', own.id)
      await app.send('POST', '/v1/organization/invites/accept', { key: null, body: { token, name: 'Ann' } })
      const { status, code, message } = await errorOf('DELETE', `invites/${id}`)
      assert.deepEqual([status, code], [400, 'invite_already_accepted'])
      assert.match(message, /already been accepted/)
    })

    test('"is not set for your organization" of the limit of a model that nobody has', async () => {
      const path = `projects/${own.defaultProjectId}/rate_limits/`
      assert.deepEqual(await errorOf('POST', `${path}rl-nobody`, { max_requests_per_1_minute: 1 }), {
        status: 400,
        type: 'invalid_request_error',
        code: 'rate_limit_does_not_exist_for_org_and_model',
        param: null,
        message: 'The rate limit for model nobody is not set for your organization',
      })
    })

    test('"Invalid limit provided" of costs, and of no other list', async () => {
      for (const limit of [181, 366]) {
        const { status, code, param, message } = await errorOf('GET', `costs?start_time=1&limit=${limit}`)
        assert.deepEqual([status, code, param], [400, 'integer_above_max_value', 'limit'])
        assert.equal(message, `Invalid limit provided: ${limit}. Limit must be less than or equal to 180.`)
      }
      for (const other of ['costs?start_time=1&limit=0', 'users?limit=366', 'usage/completions?start_time=1&limit=366'])
        assert.match(
          (await errorOf('GET', other)).message,
          /^Invalid 'limit': integer (above max|below min)imum value\./,
        )
    })

    test('"is not a member of" of whoever is not in the organization', async () => {
      const elsewhere = await newUser(app, await newOrganization(app))
      const users = `projects/${own.defaultProjectId}/users`
      for (const who of [{ user_id: elsewhere.id }, { email: elsewhere.email }, { user_id: 'user-x' }]) {
        const { status, code, message } = await errorOf('POST', users, { ...who, role: 'member' })
        assert.deepEqual([status, code], [400, 'user_not_in_organization'])
        assert.match(message, /is not a member of the organization/)
      }
    })
  })
}
