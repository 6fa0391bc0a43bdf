import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { contract } from '../../src/contract/index.ts'
import { clientOf } from '../support/client.ts'
import { command } from '../support/command.ts'
import { ADMIN_KEY, type SendOptions, startTestApp, type TestApp } from '../support/harness.ts'
import { withFactor } from '../support/second-factor.ts'
import { CONSOLE, linkFor, signInNew } from '../support/signing-in.ts'
import { newAdminKey, newEmail, newOrganization, newProjectKey, newUser, type Organization } from './organizations.ts'
import { stored } from './stored.ts'

test('no secret stands in the audit log, in a log line, in a refusal, or in what is stored', async () => {
  const lines: string[] = []
  const upstreamKey = 'sk-upstream-0123456789abcdef'
  const env = { GATEHOUSE_UPSTREAM_URL: 'http://127.0.0.1:9/v1', GATEHOUSE_UPSTREAM_KEY: upstreamKey }
  await using app = await startTestApp({ env, log: (line) => lines.push(line) })
  const organization = await newOrganization(app)
  const { admin } = organization
  const { id: project } = await admin.projects.create({ name: 'shared' })
  const { id: user } = await newUser(app, organization)
  const { api_key, id: account } = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
  const second = await admin.projects.serviceAccounts.apiKeys.create(account, { project_id: project })
  const spare = await admin.adminAPIKeys.create({ name: 'spare', expires_in_seconds: 60 })
  const own = await newProjectKey(app, organization, project, organization.ownerId)
  const readers = await newAdminKey(app, organization, user)
  const invite = await admin.invites.create({ email: newEmail(), role: 'reader' })
  const { token } = await command(app, 'invite', 'link', invite.id, '--org', organization.id)
  const body = { token, name: 'Guest' }
  const copied = await copiedLinks(app, organization, user)
  const link = await linkFor(app, organization.id, user)
  const { password, cookie } = await signInNew(app, organization.id, organization.ownerId)
  const factor = await withFactor(app, organization.id, await newUser(app, organization))
  const code = factor.authenticator.code()
  const keys = [ADMIN_KEY, organization.key, api_key?.value ?? '', second.value, spare.value, own.value, readers]
  const secrets = [...keys, upstreamKey, token, link, ...copied, ...factor.codes, password, cookie.split('=')[1] ?? '']

  const replies: string[] = []
  const refused = async (method: string, path: string, options: SendOptions) => {
    const reply = await app.send(method, path, options)
    assert.ok(reply.status >= 400, `${method} ${path}`)
    replies.push(reply.text + JSON.stringify([...reply.headers]))
  }
  await app.send('POST', '/v1/organization/invites/accept', { key: null, body })
  await refused('POST', '/v1/organization/invites/accept', { key: null, body })
  await refused('POST', '/v1/organization/invites/accept', { key: null, body: { ...body, name: '' } })
  await refused('POST', '/v1/organization/invites/accept', {
    key: null,
    body: { ...body, token: `${token}`.repeat(9) },
  })
  const email = organization.ownerEmail
  for (const given of [
    { email, password: `${password}x` },
    { email, password: [password] },
    { email: password, password },
    { email, password: password.repeat(9) },
  ]) {
    await refused('POST', '/v1/organization/sign_in', { key: null, body: given })
  }
  for (const shown of [undefined, [code], code.repeat(20), `${factor.codes[0]}x`]) {
    await refused('POST', '/v1/organization/sign_in', { key: null, body: { ...factor.claim, code: shown } })
  }
  const set = { token: link, password: 'short' }
  await refused('POST', '/v1/organization/sign_in/password_link', { key: null, body: set })
  await refused('POST', '/v1/organization/sign_in/password_link', { key: null, body: { ...set, token: `${link}x` } })
  await refused('GET', '/v1/organization/users/nobody', { key: null, headers: { ...CONSOLE, cookie } })
  app.advance(60)
  for (const key of keys) {
    const headers = { 'openai-organization': 'org-other', 'openai-project': 'proj_other' }
    await refused('GET', '/v1/organization/projects', { key, headers })
    await refused('GET', '/v1/models', { key, headers })
    await refused('GET', '/v1/organization/projects', { key: `${key}.` })
    await refused('GET', '/v1/models', { key: `${key}${'x'.repeat(400)}` })
    await refused('GET', '/v1/nonsense', { key })
    await refused('POST', '/v1/chat/completions', { key, body: '{"model":' })
    await refused('POST', '/v1/organization/projects', { key, body: '{"name":' })
  }
  // A failure of ours, in the middle of making a key: the log says what happened, without the key.
  await sql`alter table audit_log rename to audit_log_elsewhere`.execute(app.db)
  await refused('POST', '/v1/organization/admin_api_keys', { key: organization.key, body: { name: 'unrecorded' } })
  await sql`alter table audit_log_elsewhere rename to audit_log`.execute(app.db)

  assert.ok(lines.some((line) => line.includes('no such table')))
  assert.ok(replies.length > 40)
  const everything = await stored(app, (_, row) => JSON.stringify(row))
  for (const secret of secrets) {
    assert.ok(!lines.some((line) => line.includes(secret)), 'in a log line')
    assert.ok(!replies.some((text) => text.includes(secret)), 'in a refusal')
    assert.ok(!everything.includes(secret), 'in the database')
  }
  // Codes are made of it, so that it is kept as it is: in its own row, and nowhere else.
  const { secret } = factor.authenticator
  assert.equal(everything.split(secret).length, 2)
  assert.ok(![...lines, ...replies].some((text) => text.includes(secret)), 'the secret of codes')
  const hashes = (
    await Promise.all([
      app.db.selectFrom('project_api_key').select('hash').execute(),
      app.db.selectFrom('session').select('hash').execute(),
      app.db.selectFrom('user_password').select('hash').execute(),
    ])
  ).flat()
  assert.ok(hashes.length >= 5)
  for (const { hash } of hashes) assert.ok(![...lines, ...replies].some((text) => text.includes(hash)), 'a hash')
})

/** The tokens of links that the API makes. */
async function copiedLinks(app: TestApp, { admin, key }: Organization, user_id: string) {
  const { id: invite_id } = await admin.invites.create({ email: newEmail(), role: 'reader' })
  const call = clientOf(app, key)
  const made = [
    await call(contract.links.invite, { params: { invite_id } }),
    await call(contract.links.password, { params: { user_id } }),
  ]
  return made.map(({ path }) => path.split('#')[1] ?? assert.fail('no token'))
}
