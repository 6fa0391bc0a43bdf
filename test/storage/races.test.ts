import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import type { Tables } from '../../src/db/tables.ts'
import { newAdminKey, newEmail, newOrganization, newUser, type Organization } from '../contract/organizations.ts'
import { until } from '../process/gatehouse.ts'
import { all } from '../sdk/scenario.ts'
import { command } from '../support/command.ts'
import { databases, openTestDatabase } from '../support/databases.ts'
import { ADMIN_KEY, type Reply, startTestApp, type TestApp } from '../support/harness.ts'
import { openHolder } from '../support/holder.ts'
import { modelsFile } from '../support/models-file.ts'

type Call = () => Promise<Reply>

for (const place of [...databases, 'a database without advisory locks'] as const) {
  const database = place === 'sqlite' ? 'sqlite' : 'postgres'
  const plain = place === 'a database without advisory locks'
  describe(`at the same moment, on ${place}`, () => {
    let app: TestApp
    let file: Awaited<ReturnType<typeof modelsFile>>
    // Changes of an organization queue within a process: on PostgreSQL every other call goes to a second one.
    let nodes: TestApp[]
    before(async () => {
      file = await modelsFile({}, plain ? { database: { distributed: true } } : {})
      const env = { GATEHOUSE_CONFIG: file.path }
      app = await startTestApp({ database, env })
      nodes = database === 'sqlite' ? [app] : [app, await startTestApp({ databaseUrl: app.databaseUrl, env })]
    })
    after(async () => {
      for (const node of nodes.toReversed()) await node[Symbol.asyncDispose]()
      await file[Symbol.asyncDispose]()
    })
    let turn = 0
    const send: TestApp['send'] = (...call) => (nodes[turn++ % nodes.length] ?? app).send(...call)

    const post =
      (path: string, { key }: { key: string }, body?: object) =>
      () =>
        send('POST', `/v1/organization/${path}`, { key, ...(body && { body }) })
    const remove =
      (path: string, { key }: { key: string }) =>
      () =>
        send('DELETE', `/v1/organization/${path}`, { key })

    async function newRival(organization: Organization) {
      const { id } = await newUser(app, organization, 'owner')
      return { id, key: await newAdminKey(app, organization, id) }
    }

    test('two owners who demote or remove each other leave one owner', async () => {
      for (const fall of ['demoted', 'removed']) {
        const organization = await newOrganization(app)
        const rival = await newRival(organization)
        const against = (id: string, by: { key: string }) =>
          fall === 'demoted' ? post(`users/${id}`, by, { role: 'reader' }) : remove(`users/${id}`, by)
        const calls = [against(rival.id, organization), against(organization.ownerId, rival)]
        const replies = await meet(app, 'organization', organization.id, calls)
        assert.equal(replies.filter(({ status }) => status === 200).length, 1, fall)
        const owners = await app.db
          .selectFrom('organization_user')
          .select('id')
          .where('organization_id', '=', organization.id)
          .where('role', '=', 'owner')
          .where('removed_at', 'is', null)
          .execute()
        assert.equal(owners.length, 1, fall)
        const changes = await auditOf(app, organization.ownerId)
        const others = await auditOf(app, rival.id)
        const fallen = [...changes, ...others].filter((type) => type !== 'user.added')
        assert.equal(fallen.length, 1, fall)
      }
    })

    test('ten who accept one invite make one user', async () => {
      const organization = await newOrganization(app)
      const email = newEmail()
      const invite = await organization.admin.invites.create({ email, role: 'reader' })
      const { token } = await command(app, 'invite', 'link', invite.id, '--org', organization.id)
      const calls = Array.from({ length: 10 }, (_, i) => () => {
        return send('POST', '/v1/organization/invites/accept', { key: null, body: { token, name: `Guest ${i}` } })
      })
      const replies = await meet(app, 'invite', invite.id, calls)
      assert.deepEqual(statuses(replies), [200, ...Array(9).fill(404)])
      const [user, ...others] = await all(organization.admin.users.list({ emails: [email] }))
      assert.deepEqual([user?.id, others], [replies.find(({ status }) => status === 200)?.body.id, []])
      assert.deepEqual(await auditOf(app, invite.id), ['invite.sent', 'invite.sent', 'invite.accepted'])
      assert.deepEqual(await auditOf(app, user?.id ?? ''), ['user.added', 'user.added'])
    })

    test('an invite that is accepted while it is withdrawn is one of the two, and the answers say which', async () => {
      const organization = await newOrganization(app)
      const invite = await organization.admin.invites.create({ email: newEmail(), role: 'reader' })
      const { token } = await command(app, 'invite', 'link', invite.id, '--org', organization.id)
      const accept = () => {
        return send('POST', '/v1/organization/invites/accept', { key: null, body: { token, name: 'Guest' } })
      }
      const calls = [accept, remove(`invites/${invite.id}`, organization)]
      const [accepted, withdrawn] = await meet(app, 'invite', invite.id, calls)
      const users = (await all(organization.admin.users.list())).length - 1
      if (accepted?.status === 200) {
        assert.deepEqual([withdrawn?.body.error?.code, users], ['invite_already_accepted', 1])
      } else {
        assert.deepEqual([accepted?.status, withdrawn?.status, users], [404, 200, 0])
      }
    })

    test('two invites to one address leave one, and both senders are told of theirs', async () => {
      const organization = await newOrganization(app)
      const email = newEmail()
      const old = await organization.admin.invites.create({ email, role: 'reader' })
      const calls = ['owner', 'reader'].map((role) => post('invites', organization, { email, role }))
      const replies = await meet(app, 'invite', old.id, calls)
      assert.deepEqual(statuses(replies), [200, 200])
      const left = (await all(organization.admin.invites.list())).map(({ id }) => id)
      assert.equal(left.length, 1)
      assert.ok(replies.some(({ body }) => body.id === left[0]))
    })

    test('a user who is added to a project twice is in it once', async () => {
      const organization = await newOrganization(app)
      const { id } = await organization.admin.projects.create({ name: 'shared' })
      const user = await newUser(app, organization)
      const bodies = ['member', 'owner'].map((role) => ({ user_id: user.id, role }))
      const calls = bodies.map((body) => post(`projects/${id}/users`, organization, body))
      const replies = await meet(app, 'organization_user', user.id, calls)
      assert.deepEqual(statuses(replies), [200, 400])
      assert.deepEqual(codes(replies), ['user_already_in_project'])
      const winner = replies.find(({ status }) => status === 200)
      const people = await all(organization.admin.projects.users.list(id))
      assert.deepEqual(
        people.filter((person) => person.id === user.id),
        [winner?.body],
      )
      assert.deepEqual(await auditOf(app, user.id), ['user.added', 'user.added'])
    })

    test('what is deleted twice is deleted once: the second is told that it is gone, and no record says it twice', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const { id: project } = await admin.projects.create({ name: 'shared' })
      const { id: user } = await newUser(app, organization)
      const { id: member } = await newUser(app, organization)
      await admin.projects.users.create(project, { user_id: member, role: 'member' })
      const { id: account, api_key } = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
      const { id: key } = await admin.adminAPIKeys.create({ name: 'spare' })
      const { id: invite } = await admin.invites.create({ email: newEmail(), role: 'reader' })
      const things: [path: string, table: keyof Tables, id: string, type: string][] = [
        [`projects/${project}/api_keys/${api_key?.id}`, 'project_api_key', api_key?.id ?? '', 'api_key.deleted'],
        [`projects/${project}/service_accounts/${account}`, 'service_account', account, 'service_account.deleted'],
        [`projects/${project}/users/${member}`, 'project_user', member, 'user.deleted'],
        [`admin_api_keys/${key}`, 'admin_api_key', key, 'api_key.deleted'],
        [`invites/${invite}`, 'invite', invite, 'invite.deleted'],
        [`users/${user}`, 'organization_user', user, 'user.deleted'],
      ]
      for (const [path, table, id, type] of things) {
        const call = remove(path, organization)
        const replies = await meet(app, table, id, [call, call])
        assert.deepEqual(statuses(replies), [200, 404], path)
        assert.deepEqual(codes(replies), ['not_found'], path)
        const deletions = (await auditOf(app, id)).filter((recorded) => recorded === type)
        assert.deepEqual(deletions, [type], path)
      }
    })

    test('a change of what is being deleted is not acknowledged', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const { id: project } = await admin.projects.create({ name: 'shared' })
      const { id: member } = await newUser(app, organization)
      const { id: user } = await newUser(app, organization)
      await admin.projects.users.create(project, { user_id: member, role: 'member' })
      const { id: account } = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
      const key = await admin.projects.serviceAccounts.apiKeys.create(account, { project_id: project })
      const things: [path: string, table: keyof Tables, id: string, change: object][] = [
        [`projects/${project}/api_keys/${key.id}`, 'project_api_key', key.id, { scopes: ['api.all.read'] }],
        [`projects/${project}/service_accounts/${account}`, 'service_account', account, { role: 'owner' }],
        [`projects/${project}/users/${member}`, 'project_user', member, { role: 'owner' }],
        [`users/${user}`, 'organization_user', user, { role: 'owner' }],
      ]
      for (const [path, table, id, change] of things) {
        const calls = [remove(path, organization), post(path, organization, change)]
        const [deleted, changed] = await meet(app, table, id, calls)
        assert.deepEqual([deleted?.status, changed?.status], [200, 404], path)
      }
    })

    test('two changes of different fields both last: none brings back what the other replaced', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const { id: project } = await admin.projects.create({ name: 'shared' })
      const account = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
      const key = account.api_key?.id ?? ''
      const rival = await newRival(organization)
      const things: [path: string, table: keyof Tables, id: string, changes: [object, object], rows: object][] = [
        [
          `users/${rival.id}`,
          'organization_user',
          rival.id,
          [{ role: 'reader' }, { technical_level: 'expert' }],
          { role: 'reader', technical_level: 'expert' },
        ],
        [
          `projects/${project}/api_keys/${key}`,
          'project_api_key',
          key,
          [{ scopes: ['api.model.read'] }, { expires_in_seconds: 3600 }],
          { scopes: '["api.model.read"]' },
        ],
        [
          `projects/${project}/service_accounts/${account.id}`,
          'service_account',
          account.id,
          [{ role: 'owner' }, { name: 'robot' }],
          { role: 'owner', name: 'robot' },
        ],
      ]
      for (const [path, table, id, changes, expected] of things) {
        const calls = changes.map((change) => post(path, organization, change))
        assert.deepEqual(statuses(await meet(app, table, id, calls)), [200, 200], path)
        const row = await app.db.selectFrom(table).selectAll().where('id', '=', id).executeTakeFirstOrThrow()
        assert.deepEqual({ ...row }, { ...row, ...expected }, path)
        if (table === 'project_api_key') assert.ok('expires_at' in row && row.expires_at !== null)
      }
    })

    test('a key that is made while its service account is deleted is made and gone, or not made: never an error of ours', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const { id: project } = await admin.projects.create({ name: 'shared' })
      for (const first of ['key', 'deletion']) {
        const { id } = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
        const path = `projects/${project}/service_accounts/${id}`
        const [make, drop] = [post(`${path}/api_keys`, organization, {}), remove(path, organization)]
        const replies = await meet(app, 'service_account', id, first === 'key' ? [make, drop] : [drop, make])
        const [made, deleted] = first === 'key' ? replies : replies.toReversed()
        assert.equal(deleted?.status, 200, `${first} first`)
        assert.ok(made?.status === 200 || made?.status === 404, `${first} first: ${made?.text}`)
        const keys = await all(admin.projects.apiKeys.list(project, { owner_project_access: 'any' }))
        assert.deepEqual(keys, [])
      }
    })

    test('a hundred who create at once all find what they created, each under an id of its own', async () => {
      const organization = await newOrganization(app)
      const calls = Array.from({ length: 100 }, (_, i) => post('projects', organization, { name: `project ${i}` }))
      const replies = await Promise.all(calls.map((call) => call()))
      assert.deepEqual(statuses(replies), Array(100).fill(200))
      const created = replies.map(({ body }) => body)
      const listed = (await all(organization.admin.projects.list({ limit: 100 }))).slice(1)
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
      assert.deepEqual(
        listed.map((project) => ({ ...project })),
        created.toSorted(byId),
      )
      assert.equal(new Set(listed.map(({ id }) => id)).size, 100)
      const recorded = await app.db
        .selectFrom('audit_log')
        .select('resource_id')
        .where('organization_id', '=', organization.id)
        .where('type', '=', 'project.created')
        .execute()
      assert.deepEqual(
        recorded
          .map((row) => row.resource_id)
          .toSorted()
          .slice(-100).length,
        100,
      )
      assert.ok(created.every(({ id }) => recorded.some((row) => row.resource_id === id)))
    })
  })
}

describe('servers that start at the same moment on one empty PostgreSQL', () => {
  test('make one organization with one key, and all of them serve it', async () => {
    await using stack = new AsyncDisposableStack()
    const { url: databaseUrl } = stack.use(await openTestDatabase('postgres'))
    const starting = Array.from({ length: 4 }, () => startTestApp({ databaseUrl }))
    const apps = (await Promise.allSettled(starting)).map((start) => {
      if (start.status === 'rejected') throw start.reason
      return stack.use(start.value)
    })
    const [app = assert.fail()] = apps
    for (const table of ['organization', 'organization_user', 'project', 'admin_api_key'] as const) {
      assert.equal((await app.db.selectFrom(table).selectAll().execute()).length, 1, table)
    }
    const events = await app.db.selectFrom('audit_log').select('type').orderBy('id').execute()
    assert.deepEqual(
      events.map(({ type }) => type),
      ['project.created', 'user.added', 'api_key.created'],
    )
    const seen = await Promise.all(apps.map((one) => one.send('GET', '/v1/organization/projects', { key: ADMIN_KEY })))
    assert.equal(new Set(seen.map(({ text }) => text)).size, 1)
    assert.deepEqual(statuses(seen), [200, 200, 200, 200])
  })
})

const statuses = (replies: Reply[]) => replies.map(({ status }) => status).sort()
const codes = (replies: Reply[]) => replies.map(({ body }) => body.error?.code).filter((code) => code !== undefined)

async function auditOf({ db }: TestApp, id: string): Promise<string[]> {
  const rows = db.selectFrom('audit_log').select('type').where('resource_id', '=', id).orderBy('id')
  return (await rows.execute()).map(({ type }) => type)
}

/**
 * Makes calls meet at one row. On PostgreSQL the row is locked until every call has come to it, in this order, or is over;
 * then they go on one after another, each with what it read before. SQLite runs one transaction at a time anyway.
 */
const NODES = 2

async function meet(app: TestApp, table: keyof Tables, id: string, calls: Call[]): Promise<Reply[]> {
  if (app.databaseUrl.startsWith('sqlite:')) return Promise.all(calls.map((call) => call()))
  const column = sql.ref(table === 'project_user' ? 'user_id' : 'id')
  const holder = await openHolder(app.databaseUrl)
  const replies: Promise<Reply>[] = []
  let over = 0
  try {
    await holder.transaction().execute(async (tx) => {
      await sql`select * from ${sql.table(table)} where ${column} = ${id} for update`.execute(tx)
      for (const call of calls) {
        const reply = call()
        replies.push(reply)
        reply.finally(() => over++).catch(() => {})
        // One of each node can wait at the database; the others queue behind it.
        const there = Math.min(replies.length, NODES)
        await until(async () => (await waiting(app)) + over >= there, 'the call has come to the row')
      }
    })
  } finally {
    await holder.destroy()
  }
  return Promise.all(replies)
}

/** How many of the server's connections wait for a lock. */
async function waiting({ db }: TestApp): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
  return rows[0]?.n ?? 0
}
