import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { until } from '../process/gatehouse.ts'
import { all } from '../sdk/scenario.ts'
import { command } from '../support/command.ts'
import { databases } from '../support/databases.ts'
import { ADMIN_KEY, type SendOptions, startTestApp, type TestApp } from '../support/harness.ts'
import { newEmail, newOrganization, newProjectKey, newUser } from './organizations.ts'
import { stored } from './stored.ts'

const AGENT = 'audit-test/1.0 (é)'

type Event = { type: string; project_id: string | null; payload: { id: string } & Record<string, unknown> }

/** Everything in an organization's log, oldest first. */
async function rowsOf({ db }: TestApp, organizationId: string) {
  const rows = db.selectFrom('audit_log').selectAll().where('organization_id', '=', organizationId).orderBy('id')
  return (await rows.execute()).map((row) => ({ ...row, payload: JSON.parse(row.payload) as Event['payload'] }))
}

for (const database of databases) {
  describe(`the audit log on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    test('every change writes its event, with what it did, where, by whom and from where', async () => {
      const organization = await newOrganization(app)
      const { id: org, key, ownerId, ownerEmail, defaultProjectId, keyId } = organization
      const { id: user } = await newUser(app, organization)
      const expected: Event[] = []
      const change = async (
        method: string,
        path: string,
        body: object | undefined,
        ...events: [string, object, string?][]
      ) => {
        const options = { key, headers: { 'user-agent': AGENT }, ...(body && { body }) }
        const reply = await app.send(method, `/v1/organization/${path}`, options)
        assert.equal(reply.status, 200, reply.text)
        for (const [type, fields, project] of events) {
          const payload = { id: reply.body.id as string, ...fields }
          expected.push({ type, payload, project_id: project ?? defaultProjectId })
        }
        return reply.body
      }
      const { length: already } = await rowsOf(app, org)

      const { id: project } = await change('POST', 'projects', { name: 'one' }, [
        'project.created',
        { data: { name: 'one', title: 'one' } },
      ])
      const title = { changes_requested: { title: 'two' } }
      await change('POST', `projects/${project}`, { name: 'two' }, ['project.updated', title, project])
      const people = `projects/${project}/users`
      const member = { data: { role: 'member' } }
      await change('POST', people, { user_id: user, role: 'member' }, ['user.added', member, project])
      const owner = { changes_requested: { role: 'owner' } }
      await change('POST', `${people}/${user}`, { role: 'owner' }, ['user.updated', owner, project])
      await change('DELETE', `${people}/${user}`, undefined, ['user.deleted', {}, project])
      await change('POST', `users/${user}`, { role: 'owner' }, ['user.updated', owner])
      await change('POST', `users/${user}`, { role: 'reader' }, [
        'user.updated',
        { changes_requested: { role: 'reader' } },
      ])

      const accounts = `projects/${project}/service_accounts`
      const bot = await change('POST', accounts, { name: 'bot' }, ['service_account.created', member, project])
      expected.push({
        type: 'api_key.created',
        payload: { id: bot.api_key.id, data: { scopes: [] } },
        project_id: project,
      })
      const none = { data: { role: 'none' } }
      const bare = { name: 'bare', create_service_account_only: true }
      await change('POST', accounts, bare, ['service_account.created', none, project])
      await change('POST', `${accounts}/${bot.id}`, { role: 'owner' }, ['service_account.updated', owner, project])
      const scopes = ['api.model.read']
      const narrow = { data: { scopes } }
      const own = await change('POST', `${accounts}/${bot.id}/api_keys`, { scopes }, [
        'api_key.created',
        narrow,
        project,
      ])
      const keys = `projects/${project}/api_keys`
      const narrower = { changes_requested: { scopes } }
      await change('POST', `${keys}/${own.id}`, { scopes }, ['api_key.updated', narrower, project])
      await change('DELETE', `${keys}/${own.id}`, undefined, ['api_key.deleted', {}, project])
      await change('DELETE', `${accounts}/${bot.id}`, undefined, ['service_account.deleted', {}, project])
      expected.push({ type: 'api_key.deleted', payload: { id: bot.api_key.id }, project_id: project })

      const unscoped = { data: { scopes: [] } }
      const spare = await change('POST', 'admin_api_keys', { name: 'spare' }, ['api_key.created', unscoped])
      await change('DELETE', `admin_api_keys/${spare.id}`, undefined, ['api_key.deleted', {}])
      const email = newEmail()
      const sent = { data: { email, role: 'owner' } }
      const invite = await change('POST', 'invites', { email, role: 'owner' }, ['invite.sent', sent])
      await change('DELETE', `invites/${invite.id}`, undefined, ['invite.deleted', {}])
      await change('DELETE', `users/${user}`, undefined, ['user.deleted', {}])
      await change('POST', `projects/${project}/archive`, undefined, ['project.archived', {}, project])

      const rows = (await rowsOf(app, org)).slice(already)
      assert.deepEqual(
        rows.map(({ type, payload, project_id }) => ({ type, payload, project_id })),
        expected,
      )
      const actor = { id: keyId, type: 'user', user: { id: ownerId, email: ownerEmail } }
      for (const row of rows) {
        assert.deepEqual(JSON.parse(row.actor ?? ''), { type: 'api_key', api_key: actor })
        assert.deepEqual([row.actor_id, row.actor_email_key], [ownerId, ownerEmail])
        assert.deepEqual([row.ip_address, row.user_agent], ['127.0.0.1', AGENT])
        assert.equal(row.resource_id, row.payload.id)
        assert.ok(Math.abs(row.effective_at - Date.now() / 1000) < 60)
        assert.match(row.id, /^audit_log-/)
      }
    })

    test('who is invited and accepts is the actor of that, and of what came with it', async () => {
      const organization = await newOrganization(app)
      const { admin, id: org, defaultProjectId } = organization
      const { id: project } = await admin.projects.create({ name: 'shared' })
      const email = newEmail()
      const invite = await admin.invites.create({ email, role: 'reader', projects: [{ id: project, role: 'owner' }] })
      const { token } = await command(app, 'invite', 'link', invite.id, '--org', org)
      const options = { key: null, body: { token, name: 'Guest' }, headers: { 'user-agent': AGENT } }
      const { body } = await app.send('POST', '/v1/organization/invites/accept', options)
      const rows = (await rowsOf(app, org)).slice(-3)
      assert.deepEqual(
        rows.map(({ type, payload, project_id }) => [type, payload, project_id]),
        [
          ['invite.accepted', { id: invite.id }, defaultProjectId],
          ['user.added', { id: body.id, data: { role: 'reader' } }, defaultProjectId],
          ['user.added', { id: body.id, data: { role: 'owner' } }, project],
        ],
      )
      for (const row of rows) {
        assert.deepEqual(JSON.parse(row.actor ?? ''), { type: 'session', session: { user: { id: body.id, email } } })
        assert.deepEqual([row.ip_address, row.user_agent], ['127.0.0.1', AGENT])
      }
    })

    test('a role that is given by its id is recorded by its name, and one that is not asked for is not', async () => {
      const organization = await newOrganization(app)
      const { id } = await newUser(app, organization)
      const recorded = async () => (await rowsOf(app, organization.id)).at(-1)?.payload.changes_requested
      const role_id = 'role-api-organization-owner'
      await organization.admin.users.update(id, { role_id })
      assert.deepEqual(await recorded(), { role_id, role: 'owner' })
      await organization.admin.users.update(id, { technical_level: 'expert' })
      assert.deepEqual(await recorded(), { technical_level: 'expert' })
    })

    test('an invite whose place a new one takes is recorded as deleted', async () => {
      const { admin, id: org } = await newOrganization(app)
      const email = newEmail()
      const old = await admin.invites.create({ email, role: 'reader' })
      const fresh = await admin.invites.create({ email, role: 'reader' })
      const rows = (await rowsOf(app, org)).slice(-2).map(({ type, resource_id }) => `${type} ${resource_id}`)
      assert.deepEqual(rows.sort(), [`invite.deleted ${old.id}`, `invite.sent ${fresh.id}`])
    })

    test('what the command line does is recorded too, with nobody as its actor', async () => {
      const organization = await newOrganization(app)
      const { id: project } = await organization.admin.projects.create({ name: 'shared' })
      const before = await rowsOf(app, organization.id)
      assert.deepEqual(
        before.map(({ type }) => type),
        ['project.created', 'user.added', 'api_key.created', 'project.created'],
      )
      await newProjectKey(app, organization, project, organization.ownerId)
      const rows = (await rowsOf(app, organization.id)).filter((row) => row.actor === null)
      assert.equal(rows.length, 4)
      assert.deepEqual([rows.at(-1)?.type, rows.at(-1)?.project_id], ['api_key.created', project])
      for (const row of rows) assert.deepEqual([row.actor_id, row.ip_address, row.user_agent], [null, null, null])
    })

    test('a change that is refused half-way leaves neither itself nor an event', async () => {
      const organization = await newOrganization(app)
      const { admin, key, ownerId, defaultProjectId } = organization
      const { id: project } = await admin.projects.create({ name: 'shared' })
      const { id: user, email } = await newUser(app, organization)
      await admin.projects.users.create(project, { user_id: user, role: 'member' })
      const { id: account } = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
      const before = await stored(app)
      const refused: [method: string, path: string, body?: object][] = [
        ['POST', 'projects', { name: 'x', residency: 'EU_STORAGE_PROCESSING' }],
        ['POST', `projects/${defaultProjectId}/archive`],
        ['POST', `projects/${project}/users`, { user_id: user, role: 'owner' }],
        ['DELETE', `projects/${project}/users/${ownerId}`],
        [
          'POST',
          `projects/${project}/service_accounts`,
          { name: 'x', create_service_account_only: true, expires_in_seconds: 1 },
        ],
        ['POST', `projects/${project}/service_accounts/${account}/api_keys`, { scopes: ['nonsense'] }],
        ['POST', 'invites', { email, role: 'owner' }],
        ['POST', `users/${ownerId}`, { role: 'reader', technical_level: 'x' }],
        ['DELETE', `users/${ownerId}`],
        ['DELETE', `admin_api_keys/${organization.keyId}`],
      ]
      for (const [method, path, body] of refused) {
        const { status } = await app.send(method, `/v1/organization/${path}`, { key, ...(body && { body }) })
        assert.equal(status, 400, `${method} ${path}`)
      }
      assert.equal(await stored(app), before)
    })

    test('what cannot be recorded does not happen', async () => {
      await using own = await startTestApp({ database })
      const { projects } = own.admin().organization
      await sql`alter table audit_log rename to audit_log_elsewhere`.execute(own.db)
      const create = () => own.send('POST', '/v1/organization/projects', { body: { name: 'unrecorded' } })
      const { status, body } = await create()
      assert.deepEqual([status, body.error.type, body.error.code], [500, 'server_error', null])
      assert.equal((await all(projects.list())).length, 1)
      await sql`alter table audit_log_elsewhere rename to audit_log`.execute(own.db)
      assert.equal((await create()).status, 200)
    })

    test('a refused call of a known key is recorded once for each key, operation and minute', async () => {
      await using own = await startTestApp({ database })
      // Five seconds into a minute of the server's clock, so that what follows is within one.
      own.advance(65 - (Math.floor(Date.now() / 1000) % 60))
      const { organization } = own.admin()
      const { id: project } = await organization.projects.create({ name: 'shared' })
      const { api_key, id: account } = await organization.projects.serviceAccounts.create(project, { name: 'bot' })
      const key = api_key ?? assert.fail('no key')
      const times = async (n: number, path: string, options: SendOptions = {}) => {
        for (let i = 0; i < n; i++) {
          const reply = await own.send('GET', path, { key: key.value, headers: { 'user-agent': AGENT }, ...options })
          assert.equal(reply.status, 401)
        }
      }
      const failures = async (n: number) => {
        const [{ id = '' } = {}] = await own.db.selectFrom('organization').select('id').execute()
        const recorded = async () => (await rowsOf(own, id)).filter(({ type }) => type === 'login.failed')
        // The gate records off the call's path.
        await until(async () => (await recorded()).length >= n, `${n} refusals are recorded`)
        const rows = await recorded()
        assert.equal(rows.length, n)
        return rows
      }
      await times(5, '/v1/organization/projects')
      const [first] = await failures(1)
      assert.equal(first?.project_id, project)
      assert.match(String(first?.payload.error_message), /Missing scopes: api\.management\.read/)
      assert.deepEqual([first?.ip_address, first?.user_agent], ['127.0.0.1', AGENT])
      const actor = { id: key.id, type: 'service_account', service_account: { id: account } }
      assert.deepEqual(JSON.parse(first?.actor ?? ''), { type: 'api_key', api_key: actor })
      await times(3, '/v1/organization/users')
      await failures(2)
      await times(3, '/v1/models', { key: ADMIN_KEY })
      await failures(3)
      await times(3, '/v1/models', { headers: { 'openai-project': 'proj_other' } })
      assert.equal((await failures(4)).at(-1)?.payload.error_code, 'mismatched_project')
      await times(2, '/v1/organization/projects', { key: ADMIN_KEY, headers: { 'openai-organization': 'org-other' } })
      assert.equal((await failures(5)).at(-1)?.payload.error_code, 'mismatched_organization')
      own.advance(60)
      await times(3, '/v1/organization/projects')
      await failures(6)
      await organization.projects.archive(project)
      await times(3, '/v1/models')
      assert.equal((await failures(7)).at(-1)?.payload.error_code, 'not_authorized_invalid_project')
    })

    test('strangers leave no record, however they knock', async () => {
      const before = await stored(app)
      const stranger = `sk-admin-${'x'.repeat(40)}`
      for (const key of [null, 'nonsense', stranger, 'sk-proj-mistyped', `${ADMIN_KEY}x`]) {
        for (const path of ['/v1/organization/projects', '/v1/models']) {
          assert.equal((await app.send('GET', path, { key })).status, 401)
        }
      }
      // A record of a known key, made after them: had they left one, it would be there by now.
      const organization = await newOrganization(app)
      assert.equal((await app.send('GET', '/v1/models', organization)).status, 401)
      const recorded = async () => (await rowsOf(app, organization.id)).some(({ type }) => type === 'login.failed')
      await until(recorded, 'the refusal is recorded')
      const failed = app.db.selectFrom('audit_log').select('id').where('type', '=', 'login.failed')
      assert.equal((await failed.execute()).length, [...before.matchAll(/login\.failed/g)].length + 1)
    })
  })
}

test('who called is read from x-forwarded-for only where a trusted proxy wrote it', async () => {
  const cases = [
    { trusted: '', expected: '127.0.0.1' },
    { trusted: '192.0.2.0/24', expected: '127.0.0.1' },
    { trusted: '127.0.0.1,10.0.0.0/8', expected: '203.0.113.9' },
  ]
  for (const { trusted, expected } of cases) {
    await using app = await startTestApp({ env: { GATEHOUSE_TRUSTED_PROXIES: trusted } })
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9, 10.0.0.7', 'x-real-ip': '198.51.100.2' }
    await app.send('POST', '/v1/organization/projects', { body: { name: 'from afar' }, headers })
    await app.send('GET', '/v1/organization/projects', { headers: { ...headers, 'openai-organization': 'org-other' } })
    await app.send('GET', '/v1/models', { key: ADMIN_KEY, headers })
    const seen = app.db.selectFrom('audit_log').select(['type', 'ip_address']).where('ip_address', 'is not', null)
    await until(async () => (await seen.execute()).length === 3, 'a change and two refusals are recorded')
    for (const row of await seen.execute()) assert.equal(row.ip_address, expected, `${row.type}, trusted: ${trusted}`)
  }
})

test('a user agent is kept up to 512 characters, and none is none', async () => {
  await using app = await startTestApp()
  const create = (agent: string | null) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
      const options = { method: 'POST', headers: { ...headers, ...(agent && { 'user-agent': agent }) } }
      const call = request(`${app.url}/v1/organization/projects`, options, (response) => {
        response.resume().once('end', () => resolve(response.statusCode))
      })
      call.once('error', reject).end(JSON.stringify({ name: 'x' }))
    })
  assert.deepEqual([await create(null), await create('a'.repeat(2000))], [200, 200])
  const rows = app.db.selectFrom('audit_log').select('user_agent').where('ip_address', 'is not', null).orderBy('id')
  assert.deepEqual(
    (await rows.execute()).map((row) => row.user_agent),
    [null, 'a'.repeat(512)],
  )
})
