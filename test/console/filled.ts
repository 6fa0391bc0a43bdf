import type { UsageEntry } from '../../src/core/usage-entry.ts'
import { recordUsage } from '../../src/db/usage.ts'
import { done } from '../cli/run.ts'
import { CHAT, question } from '../gateway/gate.ts'
import { makeCertificate } from '../support/certificates.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { freePort } from '../support/ports.ts'

/** Names as people give them: long ones, of one word, right to left, and one that would be markup. */
export const NAMES = [
  'Support assistant',
  'Search and retrieval',
  `A project whose name goes on ${'and on '.repeat(30)}`.slice(0, 255).trim(),
  'x'.repeat(255),
  'مشروع البحث والترجمة',
  '<img src=x onerror=alert(1)>',
]

const MONTH = { currency: 'USD', interval: 'month' } as const
const MODELS = {
  echo: {
    max_output_tokens: 1000,
    price_per_million: { input: 2000, output: 0.01 },
    organization_limits: { max_requests_per_1_minute: 500, max_requests_per_1_day: 10_000 },
  },
  'echo-mini': {
    max_output_tokens: 1000,
    price_per_million: { input: 0.1 },
    organization_limits: { max_tokens_per_1_minute: 2_000_000 },
  },
  blocked: {},
  [`a-model-${'of-a-long-name-'.repeat(12)}`]: {},
}

/** A server with the console, and an organization with something on every page. @param more models that it knows */
export async function startFilled(more: Readonly<Record<string, object>> = {}) {
  await using stack = new AsyncDisposableStack()
  const file = stack.use(await modelsFile({ ...MODELS, ...more }))
  const only = 'admin,gateway,docs,console'
  // One that nobody asks: the page where people sign in offers it.
  const oidc = { ISSUER: 'https://id.example', CLIENT_ID: 'x', CLIENT_SECRET: 'x' }
  const provider = Object.fromEntries(Object.entries(oidc).map(([name, value]) => [`GATEHOUSE_OIDC_${name}`, value]))
  const port = `${await freePort()}`
  // By a name: browsers have passkeys where the server has one.
  const url = `http://localhost:${port}`
  const at = { GATEHOUSE_PORT: port, GATEHOUSE_PUBLIC_URL: url }
  const env = { GATEHOUSE_CONFIG: file.path, ...provider, ...at }
  const app = { ...stack.use(await startTestApp({ only, env })), url }
  const there = await filled(app)
  const rest = stack.move()
  return { app, there, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

export type Filled = {
  projectId: string
  groupId: string
  userId: string
  roles: Record<'organization' | 'project', string>
  certificateId: string
  webhookId: string
}

async function filled(app: TestApp): Promise<Filled> {
  const { organization } = app.admin()
  const made = []
  for (const name of NAMES) made.push(await organization.projects.create({ name }))
  const projectId = made[0]?.id ?? ''
  await organization.projects.archive(made[5]?.id ?? '')
  for (const name of ['Help desk', NAMES[0] ?? '']) await organization.projects.update(projectId, { name })
  for (const name of ['Batch worker', 'y'.repeat(255)]) {
    await organization.projects.serviceAccounts.create(projectId, { name })
  }
  const limited = { project_id: projectId, max_requests_per_1_day: 5 }
  const { rateLimits } = organization.projects
  await rateLimits.updateRateLimit('rl-echo', { ...limited, max_tokens_per_1_minute: 20_000 })
  await rateLimits.updateRateLimit('rl-blocked', { project_id: projectId, max_requests_per_1_minute: 0 })
  const { api_key } = await organization.projects.serviceAccounts.create(projectId, { name: 'Caller' })
  await organization.projects.spendLimit.update(projectId, { threshold_amount: 250, ...MONTH })
  await organization.spendLimit.update({ threshold_amount: 100_000, ...MONTH })
  const recipients = ((await organization.users.list()).data ?? []).map(({ email }) => email ?? '')
  const notification_channel = { type: 'email' as const, recipients, subject_prefix: 'Support assistant' }
  await organization.projects.spendAlerts.create(projectId, { threshold_amount: 200, ...MONTH, notification_channel })
  const model_ids = ['blocked', Object.keys(MODELS)[3] ?? '']
  await organization.projects.modelPermissions.update(projectId, { mode: 'deny_list', model_ids })
  await organization.projects.hostedToolPermissions.update(projectId, { mcp: { enabled: false } })
  for (let calls = 0; calls < 4; calls++) {
    await app.send('POST', CHAT, { key: api_key?.value ?? '', body: { ...question, model: 'echo' } })
  }
  const tiers = { default: 'fast', enabled_tiers: ['flex'] } as const
  await app.send('POST', `/v1/organization/projects/${projectId}/service_tier_settings`, { body: tiers })
  const asMembers = made.slice(0, 4).map(({ id }) => ({ id, role: 'member' as const }))
  await organization.invites.create({ email: 'grace@example.com', role: 'reader', projects: asMembers })
  const { id: userId } = await done(
    app,
    'user',
    'create',
    '--email',
    'somebody@example.com',
    '--name',
    'Somebody',
    '--role',
    'reader',
  )
  await organization.invites.create({ email: `${'long'.repeat(20)}@example.com`, role: 'owner' })
  await organization.adminAPIKeys.create({ name: 'Deployment' })
  for (const name of ['Support team', 'z'.repeat(255)]) await organization.groups.create({ name })
  const [group] = (await organization.groups.list()).data
  const [owner] = (await organization.users.list()).data
  await organization.groups.users.create(group?.id ?? '', { user_id: owner?.id ?? '' })
  await used(app, projectId)
  await neglected(app, projectId)
  const webhookId = await told(app)
  return { projectId, userId, webhookId, groupId: group?.id ?? '', ...(await secured(app, projectId, group?.id ?? '')) }
}

/** Roles, who holds them, and certificates, with names of every kind. */
async function secured(app: TestApp, projectId: string, groupId: string) {
  const { certificates, roles, groups, users, projects } = app.admin().organization
  const permissions = ['api.usage.read', 'api.model.request', 'api.files.read']
  const description = `Sees what is used, ${'and what is used, '.repeat(12)}`.trim()
  const organization = await roles.create({ role_name: 'Sees usage', permissions, description })
  for (const role_name of ['w'.repeat(255), 'دور البحث']) await roles.create({ role_name, permissions: [] })
  const project = await projects.roles.create(projectId, {
    role_name: 'Calls models',
    permissions: ['api.model.request'],
  })
  await groups.roles.create(groupId, { role_id: organization.id })
  for (const { id } of (await groups.list()).data)
    await projects.groups.create(projectId, { group_id: id, role: project.id })
  const [owner] = (await users.list()).data
  await users.roles.create(owner?.id ?? '', { role_id: organization.id })
  const made = []
  for (const [name, expiresIn] of [
    ['Partners', 10],
    ['c'.repeat(255), 365],
  ] as const) {
    made.push(
      await certificates.create({ name, certificate: (await makeCertificate(name.slice(0, 60), { expiresIn })).pem }),
    )
  }
  return { roles: { organization: organization.id, project: project.id }, certificateId: made[0]?.id ?? '' }
}

/** Webhook endpoints: one that does not answer, with what it was not told, and one with a long name. @returns the id of the first */
async function told(app: TestApp): Promise<string> {
  const path = '/v1/organization/webhook_endpoints'
  const url = `https://hooks.example.com/${'long/'.repeat(60)}`
  // Nothing of that kind happens here: nobody is called.
  const event_types = ['spend_limit.reached', 'api_key.expiring', 'certificate.expiring']
  const { body } = await app.send('POST', path, { body: { name: 'Pager', url, event_types } })
  await app.send('POST', path, { body: { name: 'h'.repeat(255), url, event_types: ['certificate.expiring'] } })
  const { id: organization_id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const due_at = Date.now() + 10_800_000
  const later = { due_at, waiting: 2, hanging: 1 }
  const own = app.db.updateTable('webhook_endpoint').where('organization_id', '=', organization_id)
  await own.where('id', '=', body.id).set(later).execute()
  const of = { organization_id, endpoint_id: body.id, event_id: 'evt_1', payload: '{}', created_at: body.created_at }
  const tried = { attempted_at: body.created_at, error: 'no answer within 10 seconds' }
  const deliveries = [
    { id: 'wh_1', event_type: 'spend_alert.reached', attempts: 14, due_at: null, ...tried },
    { id: 'wh_2', event_type: 'api_key.expiring', attempts: 3, due_at, ...tried },
    { id: 'wh_3', event_type: 'spend_alert.reached', attempts: 0, due_at },
  ]
  for (const one of deliveries)
    await app.db
      .insertInto('webhook_delivery')
      .values({ ...of, ...one })
      .execute()
  return body.id
}

/** Keys that nobody uses, one of them of a long name; and who was refused. */
async function neglected(app: TestApp, projectId: string) {
  const path = `/v1/organization/projects/${projectId}/api_keys`
  for (const name of ['Old notebook', 'k'.repeat(255)]) {
    const { body } = await app.send('POST', path, { body: { name } })
    const longAgo = { created_at: body.created_at - 100 * 86_400 }
    const { id: organization } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
    const keys = app.db.updateTable('project_api_key').set(longAgo).where('organization_id', '=', organization)
    await keys.where('id', '=', body.id).execute()
  }
  const { body } = await app.send('POST', path, { body: { name: 'Ends', expires_in_seconds: 86_400 } })
  await app.send('POST', `${path}/${body.id}`, { body: { disabled: true } })
  await app.send('GET', '/v1/models', { key: body.value })
  await app.send('POST', `${path}/${body.id}`, { body: { disabled: false } })
}

/** Usage of the last two weeks, by more models than have a color of their own. */
async function used(app: TestApp, projectId: string) {
  const { id: organization_id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const keys = (await app.admin().organization.projects.apiKeys.list(projectId)).data
  const now = Math.floor(Date.now() / 1000)
  const entries = Array.from({ length: 12 * 14 }, (_, i): UsageEntry => {
    const [of, day] = [i % 12, Math.floor(i / 12)]
    const by = { organization_id, project_id: projectId, api_key_id: keys[of % keys.length]?.id ?? '' }
    const tokens = 90_000 - 7000 * of + 4000 * ((of * day) % 5)
    const model = of === 3 ? `model-${'long'.repeat(30)}` : `model-${of}`
    const at = now - day * 86_400
    const used = { input_tokens: tokens, output_tokens: 900, num_model_requests: 9, batch: i % 3 === 0 ? 1 : 0 }
    return { ...by, kind: 'completions', at, model, ...used }
  })
  const costs = entries.map(({ input_tokens, output_tokens, num_model_requests, ...entry }) => ({
    ...entry,
    ...{ kind: 'costs' as const, line_item: `${entry.model}, input_tokens`, units: input_tokens ?? 0 },
    ...{ quantity_unit: 'tokens', amount_nano: (input_tokens ?? 0) * 150 },
  }))
  await recordUsage(app.db, [...entries, ...costs])
}
