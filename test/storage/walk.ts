import { firstOwnersLink } from '../../src/admin/first-link.ts'
import { endpoints } from '../../src/admin/index.ts'
import { run } from '../../src/cli/index.ts'
import { idSource } from '../../src/core/id.ts'
import { monthOf } from '../../src/core/month.ts'
import { recipientsOf } from '../../src/db/alert-recipients.ts'
import { giveLeasesBack, takeLeases } from '../../src/db/leases.ts'
import { migrations } from '../../src/db/migrations/index.ts'
import { minutesKeptFrom } from '../../src/db/minutes-kept.ts'
import { keepOldest, oldestOf } from '../../src/db/oldest.ts'
import {
  deleteAuditEvents,
  deleteExpiredOwned,
  deleteOldBatches,
  deleteUsageMinutes,
  deleteWriters,
  nextOrganization,
  nextUsagePart,
  oldWriters,
} from '../../src/db/retention.ts'
import { claimAlert, dueAlerts, namesOf, nextThresholds } from '../../src/db/spend-alerts.ts'
import { findSpentBy, forgetSomeSpendOf } from '../../src/db/spend-of-writer.ts'
import type { Db } from '../../src/db/tables.ts'
import { dollars, nanos, recordUsage, sumUsage } from '../../src/db/usage.ts'
import { recordUsageOnce } from '../../src/db/usage-batch.ts'
import { DailyLevels } from '../../src/gateway/limits/daily.ts'
import { saveLevels } from '../../src/gateway/limits/saved-levels.ts'
import { Owners } from '../../src/ledger/owners.ts'
import { call } from '../contract/call.ts'
import { newAdminKey, newProjectKey, newUser, type Organization } from '../contract/organizations.ts'
import { validRequest } from '../contract/requests.ts'
import { FULL_GROUP, FULL_PROJECT, nth, RARE_TYPES } from '../support/filling.ts'
import { startTestApp, type TestApp, type TestAppOptions } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import type { Recorder } from '../support/recorder.ts'
import { walkResponses } from './walk-background.ts'
import { walkBatches, walkHolds } from './walk-batches.ts'
import { walkKeys } from './walk-keys.ts'
import { walkProvider } from './walk-provider.ts'
import { walkSeldomBackground } from './walk-seldom.ts'
import { userWithFactor, walkAttempts, walkLinks, walkPasskeys, walkSignIn } from './walk-sign-in.ts'
import { walkSummaries } from './walk-usage.ts'
import { walkWebhooks } from './walk-webhooks.ts'

/** Every operation once, and what its requests can ask for besides. */
export async function walkAdministration(app: TestApp, own: Organization) {
  for (const endpoint of endpoints) {
    const request = await validRequest(endpoint.name, own, app)
    await call(app, endpoint, request, { key: endpoint.route.permission === null ? null : own.key })
  }
  await walkSignIn(app, own)
  await walkLinks(app, own)
  await walkPasskeys(app, own)
  await walkKeys(app, own)
  await walkSummaries(app, own)
  const { id: user } = await newUser(app, own)
  const { id: guest, email } = await newUser(app, own)
  await own.admin.projects.users.create(FULL_PROJECT, { user_id: user, role: 'owner' })
  await app.send('POST', `/v1/organization/projects/${FULL_PROJECT}/users`, {
    key: own.key,
    body: { email, role: 'member' },
  })
  const notification_channel = { type: 'email', recipients: [email] }
  const alert = { threshold_amount: 1, currency: 'USD', interval: 'month', notification_channel }
  const key = await newAdminKey(app, own, user)
  await app.send('POST', `/v1/organization/projects/${FULL_PROJECT}/spend_alerts`, { key, body: alert })
  await own.admin.groups.users.create(FULL_GROUP, { user_id: user })
  for (const query of ['', `?after=${nth('proj_', 9)}`, `?project_id=${nth('proj_', 9)}`]) {
    await app.send('GET', `/v1/organization/me/projects${query}`, { key })
  }
  for (const path of ['admin_api_keys', 'attention']) await app.send('GET', `/v1/organization/${path}`, { key })
  await own.admin.projects.users.delete(guest, { project_id: FULL_PROJECT })
  for (const path of lists(own)) await app.send('GET', `/v1/organization/${path}`, { key: own.key })
}

/** Lists that go backwards, from their end and from their middle. */
const newestFirst = (keys: string) =>
  [
    ...['any', 'active', 'inactive'].map((access) => [`${keys}?owner_project_access=${access}`, nth('key_', 99)]),
    ...['api_keys?kind=project', 'api_keys?owner_id=svc_acct_x'].map((path) => [path, nth('key_', 99)]),
    ['invites?limit=9', nth('invite-', 99)],
    [`projects/${FULL_PROJECT}/service_accounts?limit=9`, nth('svc_acct_', 99)],
  ].flatMap(([path, after]) => ['', `&after=${after}`].map((from) => `${path}&order=desc${from}`))

/** Lists, from their middle, and by each of their filters: those that little passes are what a plan can fail at. */
export function lists(own: Organization): string[] {
  const keys = `projects/${FULL_PROJECT}/api_keys`
  const types = RARE_TYPES.map((type) => `event_types[]=${type}`).join('&')
  const middle = nth('audit_log-', 100)
  return [
    'attention',
    ...['', `?after=${nth('proj_', 9)}`, `?project_id=${nth('proj_', 9)}`].map((query) => `me/projects${query}`),
    ...['projects?name=nobody', 'projects?status=archived', 'users?name=nobody', 'groups?name=nobody'],
    ...[
      `projects/${FULL_PROJECT}/service_accounts?name=nobody`,
      `projects/${FULL_PROJECT}/users?name=nobody`,
      `${keys}?owner_project_access=any&name=nobody`,
    ],
    ...['name=nobody', `after=${nth('key_', 9)}`, `owner_id=${own.ownerId}`, 'owner_id=svc_acct_x'].map(
      (query) => `api_keys?${query}`,
    ),
    ...['', '?name=nobody', '?order=desc'].map((query) => `me/api_keys${query}`),
    ...newestFirst(keys),
    ...['', `after=${nth('proj_', 9)}`, 'include_archived=true'].map((query) => `projects?${query}`),
    ...['', `after=${nth('user-', 9)}`, 'emails[]=u1@x.io&emails[]=u2@x.io'].map((query) => `users?${query}`),
    ...['any', 'active', 'inactive'].flatMap((access) =>
      ['', `&after=${nth('key_', 9)}`].map((after) => `${keys}?owner_project_access=${access}${after}`),
    ),
    ...[
      ['admin_api_keys', nth('key_', 9)],
      ['groups', nth('group_', 9)],
      [`groups/${FULL_GROUP}/users`, nth('user-', 9)],
      ['invites', nth('invite-', 9)],
      ['certificates', nth('cert_', 9)],
      [`projects/${FULL_PROJECT}/certificates`, nth('cert_', 9)],
      [`projects/${FULL_PROJECT}/groups`, nth('group_', 9)],
      [`projects/${FULL_PROJECT}/service_accounts`, nth('svc_acct_', 9)],
      [`projects/${FULL_PROJECT}/users`, nth('user-', 9)],
    ].flatMap(([path, after]) => [`${path}`, `${path}?after=${after}`]),
    ...['roles', `roles?after=${nth('role_', 9)}`, `roles?order=desc&after=${nth('role_', 99)}`, 'roles?order=desc'],
    ...['spend_alerts', `projects/${FULL_PROJECT}/spend_alerts`].flatMap((path) =>
      [`after=${nth('alert_', 1)}`, `before=${nth('alert_', 1)}`, 'order=asc'].map((query) => `${path}?${query}`),
    ),
    ...[
      '',
      ...['after', 'before'].map((cursor) => `${cursor}=${middle}`),
      ...['gt', 'gte', 'lt', 'lte'].map((bound) => `effective_at[${bound}]=1700000100&${types}`),
      types,
      `project_ids[]=${nth('proj_', 3)}&project_ids[]=${nth('proj_', 4)}`,
      `resource_ids[]=${nth('proj_', 3)}&resource_ids[]=${nth('proj_', 4)}`,
      `actor_ids[]=${own.ownerId}&actor_ids[]=${nth('key_', 7)}`,
      `actor_emails[]=rare@x.io&actor_emails[]=nobody@x.io`,
      `${types}&project_ids[]=${nth('proj_', 2)}&actor_ids[]=${own.ownerId}`,
    ].map((query) => `audit_logs?${query}`),
    ...['project_ids', 'api_key_ids', 'user_ids'].map((filter) => `costs?start_time=1728000000&${filter}[]=x`),
    ...[
      'usage/completions?start_time=1728000000&group_by[]=model',
      'costs?start_time=1728000000&group_by[]=api_key_id',
    ],
  ]
}

/** Calls to a model with keys of users, of accounts and of none, and an older response. */
export async function walkGate(app: TestApp, own: Organization) {
  const { projects, groups } = own.admin
  const account = await projects.serviceAccounts.create(FULL_PROJECT, { name: 's' })
  const { id: member } = await newUser(app, own)
  await projects.users.create(FULL_PROJECT, { user_id: member, role: 'member' })
  const { id: grouped } = await newUser(app, own)
  await groups.users.create(FULL_GROUP, { user_id: grouped })
  const keys = [account.api_key?.value, (await newProjectKey(app, own, FULL_PROJECT, member)).value]
  keys.push((await newProjectKey(app, own, FULL_PROJECT, grouped)).value, own.key, 'sk-admin-nobody')
  for (const key of keys) {
    if (key === undefined) throw new Error('an account without a key')
    const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }
    const { status, text } = await app.send('POST', '/v1/chat/completions', { key, body })
    if (status >= 500) throw new Error(text)
    await app.send('GET', '/v1/responses/resp_older', { key })
    await app.send('POST', '/v1/responses', { key, body: { model: 'echo', input: 'hello' } })
    await app.send('GET', '/v1/organization/projects', { key })
  }
}

/** What the server does by itself, now and then. */
export async function walkBackground(db: Db, organizationId: string) {
  await firstOwnersLink({ db, newId: idSource(Date.now) }, 'https://id.example', 1)
  await walkProvider(db, organizationId)
  await walkAttempts(db)
  await walkBatches(db, organizationId)
  await takeLeases(db, ['walk'], 'w', 1000)
  await giveLeasesBack(db, ['walk'], 'w')
  await walkSeldomBackground(db, organizationId)
  await walkWebhooks(db, organizationId)
  await walkHolds(db, organizationId)
  await walkResponses(db, organizationId)
  const part = await nextUsagePart(db, null)
  if (part) await nextUsagePart(db, part)
  await deleteUsageMinutes(db, { organization_id: organizationId, kind: 'completions' }, 3600)
  // Beyond one deletion's rows there is a place to stop at.
  await recordUsage(
    db,
    Array.from({ length: 1001 }, (_, i) => {
      const entry = { organization_id: organizationId, kind: 'embeddings' as const, at: 60 }
      return { ...entry, api_key_id: `${i}`, num_model_requests: 1 }
    }),
  )
  // What has been said to be gone is asked for only where some are kept.
  await minutesKeptFrom(db, organizationId, 'embeddings')
  await deleteUsageMinutes(db, { organization_id: organizationId, kind: 'embeddings' }, 3600)
  await nextOrganization(db, '')
  await deleteAuditEvents(db, organizationId, 2_000_000_000)
  await deleteExpiredOwned(db, 1)
  await deleteOldBatches(db, 1)
  await oldWriters(db, 1)
  await deleteWriters(db, ['gone'])
  await keepOldest(db, migrations)
  await oldestOf(db)
  const at = Date.now()
  const cost = { organization_id: organizationId, project_id: FULL_PROJECT, kind: 'costs', amount_nano: 5e9 } as const
  const spent = [{ ...cost, at: Math.floor(at / 1000) }]
  for (const writer of ['w', 'w/1/0']) await recordUsageOnce(db, { writer, batch: 1, at: 1, byWriter: true }, spent)
  await forgetSomeSpendOf(db, 'w')
  const saved = [{ key: `${organizationId} x`, level: 1, limit: 1 }]
  const levels = new DailyLevels({ daysChanged: true, changedDays: () => saved, restoreDays: () => {} }, () => at)
  await saveLevels(db, [{ organization_id: organizationId, key: '', level: 0, maximum: 1, at_ms: 1 }], false, () => {})
  await levels.load(db)
  await levels.save(db)
  await saveLevels(db, [{ organization_id: organizationId, key: 'x', level: 1, maximum: 1, at_ms: at }], true, () => {})
  const log = { error() {} }
  const owners = new Owners({ read: db, write: db, beat: { wake() {} }, log, now: () => at, days: 1 })
  const upstream = 'default'
  const origin = {
    organizationId,
    projectId: FULL_PROJECT,
    upstream,
    responseId: 'resp_1',
    conversationId: null,
    isNew: true,
  }
  owners.claim({ kind: 'response', id: 'resp_1' }, origin)
  owners.claim({ kind: 'item', id: 'msg_1' }, origin)
  await owners.write()
  await owners.find([{ kind: 'response', id: 'resp_2' }], null)
  for (const one of [{ kind: 'response', id: 'resp_1' } as const, { kind: 'conversation', id: 'conv_1' } as const])
    owners.end(one, { organizationId })
  await owners.write()
  const file = { kind: 'file', label: null } as const
  await owners.keep([{ ...file, id: 'file-1', expiresAt: null }], origin)
  for (const label of [null, 'user_data', 'x']) {
    for (const order of ['asc', 'desc'] as const) {
      for (const after of [null, nth('file_', 99)]) {
        for (const until of [null, nth('file_', 50)])
          await owners.list(
            { organizationId, projectId: FULL_PROJECT },
            { ...file, label, after, until, order, limit: 20 },
          )
      }
    }
  }
  const costs = {
    organizationId,
    kind: 'costs',
    ranges: [{ grain: 86_400, from: 0, to: 86_400 }],
    byTime: false,
  } as const
  await sumUsage(db, {
    ...costs,
    groupBy: ['api_key_id'],
    filters: [],
    select: { dollars, nanos },
    after: ['x'],
    limit: 9,
  })
  await recipientsOf(db, { organization_id: organizationId, recipients: '["u1@x.io"]', created_by: 'user-nobody' })
  const month = monthOf(at).name
  await findSpentBy(db, organizationId, [FULL_PROJECT, ''], month)
  for (const projectId of [FULL_PROJECT, '']) {
    const owner = { organizationId, projectId }
    await nextThresholds(db, organizationId, [projectId, FULL_PROJECT], month)
    await namesOf(db, owner)
    for (const alert of await dueAlerts(db, owner, month, 5_000_000_000n, 10)) await claimAlert(db, alert, month, 1)
  }
}

/** What is asked otherwise where PostgreSQL is one that has neither advisory locks nor announcements. */
export async function walkDistributed(options: TestAppOptions): Promise<void> {
  await using file = await modelsFile({}, { database: { distributed: true } })
  await using app = await startTestApp({ ...options, env: { GATEHOUSE_CONFIG: file.path } })
  await app.admin().organization.projects.create({ name: 'distributed' })
}

/** The command line. */
export async function walkCommands(app: TestApp, own: Organization, recorder: Recorder) {
  const notes: string[] = []
  const output = { line: () => {}, json: () => {}, note: (text: string) => void notes.push(text) }
  const { id: invite } = await own.admin.invites.create({ email: 'walk@example.com', role: 'reader' })
  for (const args of [
    ['migrate'],
    ['org', 'create', '--name', 'o', '--owner-email', 'walk-owner@example.com'],
    ['user', 'create', '--org', own.id, '--email', 'walk-user@example.com', '--name', 'n', '--role', 'reader'],
    ['admin-key', 'create', '--org', own.id, '--user', own.ownerEmail],
    ['project-key', 'create', '--org', own.id, '--project', FULL_PROJECT, '--user', own.ownerId, '--name', 'n'],
    ['invite', 'link', '--org', own.id, invite],
    ['user', 'password-link', '--org', own.id, own.ownerId],
    ['user', 'reset-second-factor', '--org', own.id, await userWithFactor(app, own)],
    ['seed', '--org', own.id, '--days', '1', '--keys', '3'],
  ]) {
    const code = await run(args, { GATEHOUSE_DATABASE_URL: app.databaseUrl }, output, { plugins: [recorder] })
    if (code !== 0) throw new Error(`${args.join(' ')}: ${notes.join('\n')}`)
  }
  // Of several organizations it does not choose one.
  await run(['seed', '--days', '1'], { GATEHOUSE_DATABASE_URL: app.databaseUrl }, output, { plugins: [recorder] })
}

/** A copy of the whole database, which nobody serves now, into one that is empty. */
export async function walkCopy(from: string, to: string) {
  const notes: string[] = []
  const output = { line: () => {}, json: () => {}, note: (text: string) => void notes.push(text) }
  const code = await run(['copy', '--from', from, '--to', to], {}, output)
  if (code !== 0) throw new Error(notes.at(-1))
}
