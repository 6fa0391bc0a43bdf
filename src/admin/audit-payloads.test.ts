import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { withoutPublished } from '../../test/openapi/published.ts'
import { publishedErrors, publishedSchema } from '../../test/openapi/schemas.ts'
import { makeCertificate } from '../../test/support/certificates.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { asSession, signInNew } from '../../test/support/signing-in.ts'
import type { AuditType } from '../core/audit.ts'
import { hashSecret } from '../core/key.ts'

/** Every type that this server writes; the compiler asks for each. */
const written: Record<AuditType, true> = {
  'api_key.created': true,
  'api_key.updated': true,
  'api_key.deleted': true,
  'certificate.created': true,
  'certificate.updated': true,
  'certificate.deleted': true,
  'certificates.activated': true,
  'certificates.deactivated': true,
  'group.created': true,
  'group.updated': true,
  'group.deleted': true,
  'invite.sent': true,
  'invite.accepted': true,
  'invite.deleted': true,
  'login.failed': true,
  'login.succeeded': true,
  'logout.failed': true,
  'logout.succeeded': true,
  'organization.updated': true,
  'project.created': true,
  'project.updated': true,
  'project.archived': true,
  'rate_limit.updated': true,
  'role.created': true,
  'role.updated': true,
  'role.deleted': true,
  'role.assignment.created': true,
  'role.assignment.deleted': true,
  'service_account.created': true,
  'service_account.updated': true,
  'service_account.deleted': true,
  'user.added': true,
  'user.updated': true,
  'user.deleted': true,
}

type Organization = OpenAI['admin']['organization']
/** Where changes are made: an organization, one of its projects, a user of it. */
type Place = { app: TestApp; organization: Organization; project: string; user: string }

async function joinedUser(app: TestApp, email: string): Promise<string> {
  const invite = await app.admin().organization.invites.create({ email, role: 'reader', projects: [] })
  const token = `a token for ${email}`
  const token_hash = hashSecret(token)
  await app.db.updateTable('invite').set({ token_hash }).where('id', '=', invite.id).execute()
  const path = '/v1/organization/invites/accept'
  const { body } = await app.send('POST', path, { key: null, body: { token, name: 'Somebody' } })
  return body.id
}

async function keys({ app, organization, project }: Place) {
  const { adminAPIKeys, projects } = organization
  const admin = await adminAPIKeys.create({ name: 'second' })
  await adminAPIKeys.delete(admin.id)
  const account = await projects.serviceAccounts.create(project, { name: 'bot' })
  const of = { project_id: project }
  await projects.serviceAccounts.update(account.id, { ...of, name: 'robot', role: 'owner' })
  const key = await projects.serviceAccounts.apiKeys.create(account.id, { ...of, scopes: ['api.model.read'] })
  await projects.apiKeys.update(key.id, { ...of, scopes: [], expires_in_seconds: 60 })
  await projects.apiKeys.update(key.id, { ...of, expires_in_seconds: 60 })
  await app.send('GET', '/v1/organization/users', { key: key.value })
  await projects.apiKeys.delete(key.id, of)
  await projects.serviceAccounts.delete(account.id, of)
}

async function people({ organization, project, user }: Place) {
  const { invites, projects, users } = organization
  await invites.delete((await invites.create({ email: 'x@example.com', role: 'owner' })).id)
  await users.update(user, { role: null, role_id: 'role-api-organization-owner', technical_level: null })
  await users.update(user, { role: 'reader', developer_persona: 'tester' })
  await users.update(user, { technical_level: 'high' })
  await projects.users.create(project, { user_id: user, role: 'member' })
  await projects.users.update(user, { project_id: project, role: 'owner' })
  await projects.users.delete(user, { project_id: project })
}

async function signingIn({ app, user }: Place) {
  const { id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const { cookie } = await signInNew(app, id, user)
  await app.send('POST', '/v1/organization/sign_out', { body: {} })
  await asSession(app, cookie, 'POST', '/v1/organization/sign_out', {})
}

async function groupsAndRoles({ app, organization, project, user }: Place) {
  const { groups, projects, roles, users } = organization
  const group = await groups.create({ name: 'team' })
  await groups.update(group.id, { name: 'crew' })
  await groups.users.create(group.id, { user_id: user })
  await projects.groups.create(project, { group_id: group.id, role: 'role-api-project-member' })
  const role = await roles.create({ role_name: 'watcher', permissions: ['api.usage.read'], description: 'looks' })
  await roles.update(role.id, { role_name: 'lookout', description: null, permissions: ['api.groups.read'] })
  const own = app.admin().organization.projects.roles
  const local = await own.create(project, { role_name: 'reader', permissions: ['api.files.read'] })
  await own.update(local.id, { project_id: project, permissions: ['api.files.read', 'api.files.write'] })
  await users.roles.create(user, { role_id: role.id })
  await groups.roles.create(group.id, { role_id: role.id })
  await projects.users.create(project, { user_id: user, role: 'member' })
  await projects.users.roles.create(user, { project_id: project, role_id: local.id })
  await projects.groups.roles.create(group.id, { project_id: project, role_id: local.id })
  await projects.groups.roles.delete(local.id, { project_id: project, group_id: group.id })
  await projects.users.roles.delete(local.id, { project_id: project, user_id: user })
  await users.roles.delete(role.id, { user_id: user })
  await groups.roles.delete(role.id, { group_id: group.id })
  await own.delete(local.id, { project_id: project })
  await roles.delete(role.id)
  await groups.users.delete(user, { group_id: group.id })
  await projects.groups.delete(group.id, { project_id: project })
  await groups.delete(group.id)
}

async function certificates({ organization, project }: Place) {
  const { certificates, projects } = organization
  const { pem } = await makeCertificate('authority')
  const named = await certificates.create({ certificate: pem, name: 'named' })
  const nameless = await certificates.create({ certificate: pem })
  await certificates.update(nameless.id, { name: 'late' })
  const both = { certificate_ids: [named.id, nameless.id] }
  await certificates.activate(both)
  await certificates.deactivate(both)
  await projects.certificates.activate(project, both)
  await projects.certificates.deactivate(project, both)
  for (const { id } of [named, nameless]) await certificates.delete(id)
}

async function policies({ organization, project }: Place) {
  const { dataRetention, projects, spendAlerts, spendLimit } = organization
  const of = { project_id: project }
  await projects.rateLimits.updateRateLimit('rl-echo', { ...of, max_requests_per_1_minute: 5 })
  await projects.modelPermissions.update(project, { mode: 'allow_list', model_ids: ['echo'] })
  await projects.modelPermissions.delete(project)
  await projects.hostedToolPermissions.update(project, { mcp: { enabled: false }, web_search: null } as never)
  await projects.serviceTierSettings.update(project, { enabled_tiers: [] })
  await projects.dataRetention.update(project, { retention_type: 'zero_data_retention' })
  await dataRetention.update({ retention_type: 'zero_data_retention' })
  const limit = { threshold_amount: 100, currency: 'USD', interval: 'month' } as const
  await spendLimit.update(limit)
  await spendLimit.delete()
  await projects.spendLimit.update(project, limit)
  await projects.spendLimit.delete(project)
  const alert = { ...limit, notification_channel: { type: 'email' as const, recipients: ['a@example.com'] } }
  const { id } = await spendAlerts.create(alert)
  await spendAlerts.update(id, alert)
  await spendAlerts.delete(id)
  const own = await projects.spendAlerts.create(project, alert)
  await projects.spendAlerts.update(own.id, { ...of, ...alert })
  await projects.spendAlerts.delete(own.id, of)
}

for (const database of databases) {
  test(`${database}: every kind of change is in the log as the published description of the log says`, async (t) => {
    await using app = await startTestApp({ database })
    const { organization } = app.admin()
    const project = (await organization.projects.create({ name: 'first' })).id
    const place = { app, organization, project, user: await joinedUser(app, 'user@example.com') }
    for (const change of [keys, people, signingIn, groupsAndRoles, certificates, policies]) await change(place)
    await organization.users.delete(place.user)
    await organization.projects.update(project, { name: 'renamed' })
    await organization.projects.archive(project)

    const logs = await Array.fromAsync(organization.auditLogs.list({ limit: 100 }))
    const unseen = new Set(Object.keys(written))
    for (const log of logs) {
      unseen.delete(log.type)
      assert.equal((log as { object?: string }).object, 'organization.audit_log')
      assert.ok(log.project?.name)
      const payloads = Object.keys(log).filter((name) => name.includes('.'))
      assert.deepEqual(payloads, [log.type])
    }
    assert.deepEqual([...unseen], [])

    if (withoutPublished) return t.diagnostic(withoutPublished)
    const { properties = {} } = publishedSchema('AuditLog')
    for (const log of logs) {
      const payload = log[log.type as AuditType] as Record<string, unknown>
      assert.deepEqual(publishedErrors('AuditLog', log), [], JSON.stringify(log))
      const missing = Object.keys(properties[log.type]?.properties ?? {}).filter((name) => !(name in payload))
      // A certificate can be without a name.
      assert.deepEqual(log.type.startsWith('certificate') ? [] : missing, [], JSON.stringify(log))
    }
  })
}
