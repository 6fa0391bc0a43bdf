import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type OpenAI from 'openai'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { auditEventTypes } from '../contract/audit-event-types.ts'
import { idSource } from '../core/id.ts'
import { hashSecret } from '../core/key.ts'
import { mutate } from './mutation.ts'
import { createOrganization } from './organization.ts'

for (const database of databases) {
  describe(database, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    const logs = () => app.admin().organization.auditLogs
    const types = async (query: OpenAI.Admin.Organization.AuditLogListParams) =>
      (await Array.fromAsync(logs().list(query))).map((log) => log.type)

    test('pages follow one another newest first without a gap or a repeat, downwards and upwards', async () => {
      const { projects } = app.admin().organization
      for (let i = 0; i < 7; i++) {
        await projects.create({ name: `p${i}` })
        if (i % 2) app.advance(1)
      }
      const all = (await Array.fromAsync(logs().list({ limit: 100 }))).map(({ id }) => id)
      assert.deepEqual(
        (await Array.fromAsync(logs().list({ limit: 2 }))).map(({ id }) => id),
        all,
      )
      assert.equal(new Set(all).size, all.length)
      const middle = all[4] ?? ''
      const up = await logs().list({ before: middle, limit: 3 })
      assert.deepEqual(
        up.data.map(({ id }) => id),
        all.slice(1, 4),
      )
      assert.equal(up.has_more, true)
      const top = await logs().list({ before: all[2] ?? '', limit: 3 })
      assert.deepEqual(
        top.data.map(({ id }) => id),
        all.slice(0, 2),
      )
      assert.equal(top.has_more, false)
      const between = await logs().list({ after: all[1] ?? '', before: all[5] ?? '' })
      assert.deepEqual(
        between.data.map(({ id }) => id),
        all.slice(2, 5),
      )
      const { body } = await app.send('GET', '/v1/organization/audit_logs?limit=2')
      assert.deepEqual([body.object, body.first_id, body.last_id], ['list', all[0], all[1]])
    })

    test('an event carries its project with the name it has now, its actor, and its payload under its type', async () => {
      const { projects } = app.admin().organization
      const project = await projects.create({ name: 'before' })
      const account = await projects.serviceAccounts.create(project.id, { name: 'bot' })
      await projects.update(project.id, { name: 'after' })
      const [log] = (await logs().list({ resource_ids: [account.id] })).data
      assert.ok(log)
      assert.deepEqual(log.project, { id: project.id, name: 'after' })
      assert.equal(log.type, 'service_account.created')
      assert.deepEqual(log['service_account.created'], { id: account.id, data: { role: 'member' } })
      assert.equal((log as { object?: string }).object, 'organization.audit_log')
      const [key] = await Array.fromAsync(app.admin().organization.adminAPIKeys.list())
      assert.deepEqual(log.actor, {
        type: 'api_key',
        api_key: { id: key?.id, type: 'user', user: { id: key?.owner.id, email: 'owner@localhost' } },
      })
      const [made] = (await logs().list({ resource_ids: [project.id], event_types: ['project.created'] })).data
      assert.equal(made?.project?.name, 'Default project')
    })

    test('an event is found by each of its attributes, and only by those that all fit', async () => {
      const { organization } = app.admin()
      const project = await organization.projects.create({ name: 'found' })
      app.advance(100)
      const account = await organization.projects.serviceAccounts.create(project.id, { name: 'bot' })
      const [log] = (await logs().list({ resource_ids: [account.id] })).data
      assert.ok(log)
      const key = log.actor?.api_key?.id ?? ''
      const user = log.actor?.api_key?.user?.id ?? ''
      const at = log.effective_at
      const of = { resource_ids: [account.id] }
      const fits: OpenAI.Admin.Organization.AuditLogListParams[] = [
        { project_ids: ['proj_unknown', project.id] },
        { event_types: ['service_account.created', 'tenant.user.added'] },
        { actor_ids: [key] },
        { actor_ids: [user] },
        { actor_ids: [user, key, 'svc_acct_unknown'] },
        { actor_emails: ['OWNER@localhost'] },
        { effective_at: { gte: at, lte: at } },
        { effective_at: { gt: at - 1, lt: at + 1 } },
        { project_ids: [project.id], actor_ids: [key], actor_emails: ['owner@localhost'], effective_at: { gte: at } },
      ]
      for (const query of fits) assert.deepEqual(await types({ ...of, ...query }), ['service_account.created'])
      const misfits: OpenAI.Admin.Organization.AuditLogListParams[] = [
        { project_ids: ['proj_unknown'] },
        { event_types: ['project.created'] },
        { actor_ids: ['key_unknown', account.id] },
        { actor_emails: ['owner@elsewhere'] },
        { effective_at: { gt: at } },
        { effective_at: { lt: at } },
        { project_ids: [project.id], actor_emails: ['owner@elsewhere'] },
      ]
      for (const query of misfits) assert.deepEqual(await types({ ...of, ...query }), [])
    })

    test('a session says where it came from; a change by the command line has no actor', async () => {
      const { invites } = app.admin().organization
      const invite = await invites.create({ email: 'Somebody@example.com', role: 'reader', projects: [] })
      const token = 'a-token-that-only-this-test-knows'
      const token_hash = hashSecret(token)
      await app.db.updateTable('invite').set({ token_hash }).where('id', '=', invite.id).execute()
      const accepted = await app.send('POST', '/v1/organization/invites/accept', {
        key: null,
        body: { token, name: 'Somebody' },
        headers: { 'user-agent': 'a browser' },
      })
      assert.equal(accepted.status, 200, accepted.text)
      const [log] = (await logs().list({ actor_emails: ['somebody@EXAMPLE.com'], event_types: ['invite.accepted'] }))
        .data
      assert.deepEqual(log?.actor, {
        type: 'session',
        session: {
          user: { id: accepted.body.id, email: 'Somebody@example.com' },
          ip_address: '127.0.0.1',
          user_agent: 'a browser',
        },
      })
      const first = (await Array.fromAsync(logs().list({ event_types: ['user.added'] }))).at(-1)
      assert.equal(first?.actor, null)
      // What nobody did is found under nobody: neither under its project's people, nor under what it made.
      const made = first?.['user.added']?.id ?? ''
      const found = await Array.fromAsync(logs().list({ actor_ids: [made, ''] }))
      assert.ok(found.every(({ id, actor }) => id !== first?.id && actor !== null))
    })

    test('every published event type can be asked for, any other is refused by name', async () => {
      for (let i = 0; i < auditEventTypes.length; i += 50) {
        await logs().list({ event_types: auditEventTypes.slice(i, i + 50) })
      }
      await assert.rejects(logs().list({ event_types: ['user.imagined' as 'user.added'] }), {
        status: 400,
        code: 'invalid_value',
        param: 'event_types[0]',
      })
    })

    test('tenant events: there are none, and asking for others among them is refused', async () => {
      const none = await logs().list({
        tenant_only: true,
        event_types: ['tenant.user.added', 'role.bound_to_resource'],
      })
      assert.deepEqual([none.data, none.has_more], [[], false])
      assert.deepEqual((await logs().list({ tenant_only: true })).data, [])
      await assert.rejects(logs().list({ tenant_only: true, event_types: ['tenant.user.added', 'user.added'] }), {
        status: 400,
        code: 'invalid_value',
        param: 'event_types[1]',
      })
    })

    test('a cursor that was removed keeps its place; what is no event of this list is refused', async () => {
      const [one, two] = (await logs().list({ limit: 2 })).data
      assert.ok(one && two)
      const never = `audit_log-${one.id.slice(10, 19)}${'z'.repeat(15)}`
      assert.equal((await logs().list({ after: never, limit: 1 })).data[0]?.id, one.id)
      for (const query of [{ after: 'proj_x' }, { before: 'audit_log-1' }]) {
        await assert.rejects(logs().list(query), { status: 400, param: Object.keys(query)[0] })
      }
    })

    test('strange values are refused as what they are', async () => {
      const refused = async (query: string, code: string) => {
        const { status, body } = await app.send('GET', `/v1/organization/audit_logs?${query}`)
        assert.deepEqual([status, body.error.code], [400, code], query)
      }
      await refused('effective_at=1', 'invalid_type')
      await refused('effective_at[gt]=soon', 'invalid_type')
      await refused('effective_at[gt]=1e30', 'invalid_type')
      await refused('effective_at[gt]=%20', 'invalid_type')
      await refused(`effective_at[gt]=${'9'.repeat(20)}`, 'integer_above_max_value')
      await refused('actor_ids[]=%00', 'invalid_value')
      await refused('limit=101', 'integer_above_max_value')
      const single = await app.send('GET', '/v1/organization/audit_logs?project_ids=proj_none&effective_at[le]=1')
      assert.deepEqual([single.status, single.body.data], [200, []])
    })

    test("no organization sees another's events, by no filter", async () => {
      const newId = idSource(Date.now)
      const now = Math.floor(Date.now() / 1000)
      const other = await createOrganization({ db: app.db, newId }, { name: 'Other', ownerEmail: 'o@other' }, now)
      assert.deepEqual(await types({ actor_ids: [other.owner.id] }), [])
      assert.deepEqual(await types({ resource_ids: [other.owner.id, other.organization.default_project_id] }), [])
    })

    test('a change whose record cannot be written does not happen', async () => {
      const [known] = (await logs().list({ limit: 1 })).data
      const newId = () => known?.id ?? ''
      const project = await app.db.selectFrom('project').selectAll().executeTakeFirstOrThrow()
      const event = { type: 'project.updated' as const, now: 1, organizationId: project.organization_id }
      const work = mutate({ db: app.db, newId }, event, async (tx) => {
        await tx.updateTable('project').set({ name: 'unrecorded' }).where('id', '=', project.id).execute()
        const origin = { ip: null, userAgent: null }
        const of = { organizationId: project.organization_id, projectId: null, defaultProjectId: project.id }
        return { change: { reply: null, audit: { id: project.id } }, by: { ...of, actor: null, origin } }
      })
      await assert.rejects(work)
      const after = await app.db.selectFrom('project').selectAll().where('id', '=', project.id).executeTakeFirst()
      assert.equal(after?.name, project.name)
    })
  })
}

test('nothing but retention changes or deletes a row of the audit log', () => {
  const source = new URL('../', import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  assert.ok(files.length > 50)
  const writes =
    /(updateTable|deleteFrom|mergeInto|replaceInto)\(\s*'audit_log|(update|delete from|truncate)\s+"?audit_log/i
  const writers = files.filter(
    (name) => !name.endsWith('.test.ts') && writes.test(readFileSync(new URL(name, source), 'utf8')),
  )
  assert.deepEqual(
    writers.filter((name) => name !== 'db/retention.ts'),
    [],
  )
})
