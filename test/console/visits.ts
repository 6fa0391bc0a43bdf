import type { Page } from 'playwright-core'
import type { UsageEntry } from '../../src/core/usage-entry.ts'
import { recordUsage } from '../../src/db/usage.ts'
import { done } from '../cli/run.ts'
import { CHAT, question } from '../gateway/gate.ts'
import { makeCertificate } from '../support/certificates.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { freePort } from '../support/ports.ts'
import { settled } from './browser.ts'
import { ask, makePlaygroundKey } from './playground-steps.ts'

/** Names as people give them: long ones, of one word, right to left, and one that would be markup. */
const NAMES = [
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

type Filled = {
  projectId: string
  groupId: string
  userId: string
  roles: Record<'organization' | 'project', string>
  certificateId: string
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
  await organization.invites.create({ email: 'grace@example.com', role: 'reader' })
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
  return { projectId, userId, groupId: group?.id ?? '', ...(await secured(app, projectId, group?.id ?? '')) }
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
    return { ...by, kind: 'completions', at, model, input_tokens: tokens, output_tokens: 900, num_model_requests: 9 }
  })
  const costs = entries.map(({ input_tokens, output_tokens, num_model_requests, ...entry }) => ({
    ...entry,
    ...{ kind: 'costs' as const, line_item: `${entry.model}, input_tokens`, units: input_tokens ?? 0 },
    ...{ quantity_unit: 'tokens', amount_nano: (input_tokens ?? 0) * 150 },
  }))
  await recordUsage(app.db, [...entries, ...costs])
}

/**
 * A link for a password, as the operator's command prints it: its path and what stands behind the `#`.
 * @param user whose; the first owner's without one
 */
export async function passwordLink(app: TestApp, user?: string): Promise<string> {
  const [owner] = (await app.admin().organization.users.list()).data
  const { url } = await done(app, 'user', 'password-link', user ?? owner?.id ?? '')
  const { pathname, hash } = new URL(url)
  return pathname + hash
}

export const PASSWORD = 'a few words that nobody guesses'

/** Sets a password by a link, which signs in. */
export async function signIn(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.getByLabel('New password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Set password and sign in' }).click()
  await page
    .getByRole('navigation', { name: 'Pages' })
    .or(page.getByRole('button', { name: 'Menu' }))
    .first()
    .waitFor()
}

export type Visit = { what: string; go: (page: Page) => Promise<unknown> }

/**
 * Every page behind the sign-in, and what opens on it.
 * @param open how a page is led to a path, where it is not its address that is asked for
 */
export function pagesOf(
  { projectId, groupId, userId, roles, certificateId }: Filled,
  open: (page: Page, path: string) => Promise<unknown> = (page, path) => page.goto(path),
): Visit[] {
  const project = `/projects/${projectId}`
  const visit = (what: string, path: string, ...buttons: string[]): Visit => ({
    what,
    async go(page) {
      await open(page, path)
      for (const name of buttons) await page.getByRole('button', { name }).first().click()
    },
  })
  return [
    visit('home', '/'),
    visit('home-all', '/?all=true'),
    visit('organization-spend', '/spend'),
    visit('organization-spend-limit', '/spend', 'Change limit'),
    visit('organization-spend-alert', '/spend', 'New alert'),
    visit('organization-limits', '/limits'),
    visit('organization-settings', '/settings'),
    visit('projects', '/projects'),
    visit('projects-all', '/projects?archived=true'),
    visit('projects-new', '/projects', 'New project'),
    visit('project', project),
    visit('keys', `${project}/keys`),
    visit('keys-new', `${project}/keys`, 'New key'),
    visit('keys-delete', `${project}/keys`, 'Delete'),
    visit('members', `${project}/members`),
    visit('members-add', `${project}/members`, 'Add member'),
    visit('limits', `${project}/limits`),
    visit('limits-edit', `${project}/limits`, 'Edit Tokens a minute of echo'),
    visit('accounts', `${project}/service-accounts`),
    visit('accounts-new', `${project}/service-accounts`, 'New service account'),
    visit('accounts-key', `${project}/service-accounts`, 'New key of Batch worker'),
    visit('accounts-delete', `${project}/service-accounts`, 'Delete Batch worker'),
    visit('spend', `${project}/spend`),
    visit('spend-limit', `${project}/spend`, 'Change limit'),
    visit('spend-remove', `${project}/spend`, 'Remove limit…'),
    visit('spend-alert', `${project}/spend`, 'New alert'),
    visit('models', `${project}/models`),
    visit('models-change', `${project}/models`, 'Change models'),
    visit('tiers', `${project}/tiers`),
    visit('settings', `${project}/settings`),
    visit('settings-archive', `${project}/settings`, 'Archive project…'),
    visit('people', '/people'),
    visit('people-password', `/people?open=password-link&of=${userId}`),
    visit('invites', '/people?tab=invites'),
    visit('invite', '/people', 'Invite'),
    visit('invite-link', '/people?tab=invites', 'Link'),
    visit('profile', '/profile'),
    visit('factor', '/profile', 'Set up'),
    {
      what: 'factor-picture',
      async go(page) {
        await open(page, '/profile')
        await beginFactor(page, 'Set up')
        await page.getByRole('img', { name: 'The key' }).waitFor()
      },
    },
    visit('passkey', '/profile', 'Add a passkey'),
    {
      what: 'passkey-name',
      async go(page) {
        await open(page, '/profile')
        await beginFactor(page, 'Add a passkey')
        await page.getByRole('button', { name: 'Add passkey' }).waitFor()
      },
    },
    visit('factor-required', '/people', 'Require it of everybody…'),
    visit('factor-reset', `/people?open=factor&of=${userId}`),
    visit('my-keys', '/profile/keys'),
    visit('audit-log', '/audit-log'),
    visit('audit-log-opened', '/audit-log', 'Project changed'),
    visit('audit-log-filtered', '/audit-log?type=certificate.created&actor=nobody%40example.com&from=1764370800'),
    visit('admin-keys', '/admin-keys'),
    visit('admin-keys-new', '/admin-keys', 'New admin key'),
    visit('admin-keys-delete', '/admin-keys', 'Delete'),
    visit('groups', '/groups'),
    visit('groups-new', '/groups', 'New group'),
    visit('group', `/groups/${groupId}`),
    visit('group-add', `/groups/${groupId}`, 'Add member'),
    visit('all-keys', '/keys'),
    visit('all-keys-filtered', '/keys?kind=admin&status=active&name=e'),
    visit('all-keys-none', '/keys?name=nothing-has-this-name'),
    visit('all-keys-delete', '/keys', 'Delete'),
    visit('certificates', '/certificates'),
    visit('certificates-new', '/certificates', 'Add certificate'),
    visit('certificates-activate', '/certificates', 'Activate Partners'),
    visit('certificate', `/certificates/${certificateId}`),
    visit('certificate-delete', `/certificates/${certificateId}`, 'Delete certificate…'),
    visit('roles', '/roles'),
    visit('roles-new', '/roles', 'New role'),
    visit('role', `/roles/${roles.organization}`, 'Usage and costs'),
    visit('role-predefined', '/roles/role-api-organization-owner'),
    visit('role-delete', `/roles/${roles.organization}`, 'Delete role…'),
    visit('people-roles', `/people?open=roles&of=${userId}`),
    visit('people-sessions', `/people?open=sessions&of=${userId}`),
    visit('project-roles', `${project}/roles`),
    visit('project-role', `${project}/roles/${roles.project}`),
    visit('project-groups', `${project}/groups`, 'Support team'),
    visit('project-groups-add', `${project}/groups`, 'Add group'),
    visit('project-groups-roles', `${project}/groups`, 'Roles of Support team'),
    visit('project-certificates', `${project}/certificates`),
    visit('usage', '/usage'),
    visit('usage-money', '/usage?measure=money&by=key&days=30'),
    visit('usage-hours', '/usage?measure=requests&by=project&days=1'),
    visit('usage-minutes', '/usage?by=account&hours=1&compare=true'),
    visit('usage-compare', '/usage?measure=money&compare=true&days=7'),
    visit('usage-project', `${project}/usage?by=key&compare=true`),
    visit('usage-none', '/usage?from=1764370800&until=1764457200'),
    visit('playground', '/playground'),
    { what: 'playground-call', go: (page) => playgroundCall(page, '', 'echo-mini', NAMES[1]) },
    { what: 'playground-refused', go: (page) => playgroundCall(page, projectId, 'blocked') },
    visit('not-there', '/people/nobody'),
    // Last: it stays open whatever page is led to behind it.
    {
      what: 'palette',
      async go(page) {
        await open(page, '/')
        await settled(page)
        await page.keyboard.press('Control+k')
        await page.getByPlaceholder('Go to a page').fill('s')
        await page.locator('[data-action]').filter({ hasText: 'Project' }).first().waitFor()
      },
    },
  ]
}

async function beginFactor(page: Page, name: string) {
  await page.getByRole('button', { name }).click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Continue' }).click()
}

/** @param projectId of the key; empty: it is found by its name */
async function playgroundCall(page: Page, projectId: string, model: string, name?: string) {
  await page.goto(`/playground?project=${projectId}&model=${model}`)
  await makePlaygroundKey(page, name)
  const turn = await ask(page, `Hello <b>there</b>, ${'and on '.repeat(30)}`)
  await turn.getByText('Headers, request ID and the call as curl').click()
}
