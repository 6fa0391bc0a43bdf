import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { done } from '../cli/run.ts'
import { until } from '../gateway/upstream.ts'
import { makeCertificate } from '../support/certificates.ts'
import { skip } from './browser.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

type Taking = {
  /** The address that asks it. */
  path: string
  action: string
  /** What has to be typed. */
  name: string
  /** What is left of it. */
  left: () => Promise<readonly unknown[]>
}

const MONTH = { currency: 'USD', interval: 'month' } as const
const ADA = 'ada@example.com'

/** One of each that the console can end, and how many of its kind there are. */
async function takings(): Promise<Taking[]> {
  const { app } = started
  const { organization } = app.admin()
  const { projects, groups, users } = organization
  const { id: ada } = await done(app, 'user', 'create', '--email', ADA, '--name', 'Ada', '--role', 'reader')
  const { id } = await projects.create({ name: 'Kitchen' })
  const project = `/projects/${id}`
  await projects.users.create(id, { user_id: ada, role: 'member' })
  const account = await projects.serviceAccounts.create(id, { name: 'Oven' })
  const group = await groups.create({ name: 'Cooks' })
  await groups.users.create(group.id, { user_id: ada })
  const role = await organization.roles.create({ role_name: 'Sees usage', permissions: ['api.usage.read'] })
  const own = await projects.roles.create(id, { role_name: 'Tastes', permissions: ['api.model.read'] })
  await projects.groups.create(id, { group_id: group.id, role: own.id })
  const invite = await organization.invites.create({ email: 'grace@example.com', role: 'reader' })
  const script = await organization.adminAPIKeys.create({ name: 'Deployment' })
  const notification_channel = { type: 'email' as const, recipients: ['owner@localhost'] }
  const alert = { ...MONTH, notification_channel, threshold_amount: 8000 }
  const [all, one] = [await organization.spendAlerts.create(alert), await projects.spendAlerts.create(id, alert)]
  await organization.spendLimit.update({ threshold_amount: 9000, ...MONTH })
  await projects.spendLimit.update(id, { threshold_amount: 9000, ...MONTH })
  const hook = await app.send('POST', '/v1/organization/webhook_endpoints', {
    body: { name: 'Pager', url: 'https://hooks.example.com/', event_types: ['certificate.expiring'] },
  })
  const certificate = await organization.certificates.create({
    name: 'Partners',
    certificate: (await makeCertificate('partners')).pem,
  })
  const limits = async (path: string) => ((await app.send('GET', path)).status === 200 ? [path] : [])
  const keys = async () => (await projects.apiKeys.list(id)).data
  const dead = async (key: string) => (await app.send('GET', '/v1/organization/projects', { key })).status === 200
  return [
    {
      ...{ path: `${project}/keys?open=delete&of=${account.api_key?.id}`, action: 'Delete key', name: 'Oven' },
      left: keys,
    },
    {
      ...{ path: `${project}/service-accounts?open=delete&of=${account.id}`, action: 'Delete service account' },
      ...{ name: 'Oven', left: async () => (await projects.serviceAccounts.list(id)).data },
    },
    {
      ...{ path: `${project}/groups?open=remove&of=${group.id}`, action: 'Remove', name: 'Cooks' },
      left: () => Array.fromAsync(projects.groups.list(id)),
    },
    {
      ...{ path: `${project}/roles/${own.id}?open=end`, action: 'Delete role', name: 'Tastes' },
      left: async () => (await projects.roles.list(id)).data.filter(({ predefined_role }) => !predefined_role),
    },
    {
      ...{ path: `${project}/members?open=remove&of=${ada}`, action: 'Remove', name: ADA },
      left: async () => (await projects.users.list(id)).data.filter((one) => one.id === ada),
    },
    {
      ...{ path: `${project}/spend?open=delete-alert&of=${one.id}`, action: 'Delete alert', name: '$80.00' },
      left: async () => (await projects.spendAlerts.list(id)).data,
    },
    {
      ...{ path: `${project}/spend?open=remove-limit`, action: 'Remove limit', name: 'Kitchen' },
      left: () => limits(`/v1/organization/projects/${id}/spend_limit`),
    },
    {
      ...{ path: `${project}/settings?open=end`, action: 'Archive project', name: 'Kitchen' },
      left: async () => [(await projects.retrieve(id)).status].filter((status) => status === 'active'),
    },
    {
      ...{ path: `/groups/${group.id}?open=remove&of=${ada}`, action: 'Remove', name: ADA },
      left: async () => (await groups.users.list(group.id)).data,
    },
    {
      ...{ path: `/groups/${group.id}?open=end`, action: 'Delete group', name: 'Cooks' },
      left: async () => (await groups.list()).data,
    },
    {
      ...{ path: `/roles/${role.id}?open=end`, action: 'Delete role', name: 'Sees usage' },
      left: async () => (await organization.roles.list()).data.filter(({ predefined_role }) => !predefined_role),
    },
    {
      ...{ path: `/people?tab=invites&open=withdraw&of=${invite.id}`, action: 'Withdraw', name: 'grace@example.com' },
      left: async () => (await organization.invites.list()).data,
    },
    {
      ...{ path: `/spend?open=delete-alert&of=${all.id}`, action: 'Delete alert', name: '$80.00' },
      left: async () => (await organization.spendAlerts.list()).data,
    },
    {
      ...{ path: '/spend?open=remove-limit', action: 'Remove limit', name: 'My organization' },
      left: () => limits('/v1/organization/spend_limit'),
    },
    {
      ...{ path: `/certificates/${certificate.id}?open=end`, action: 'Delete certificate', name: 'Partners' },
      left: async () => (await organization.certificates.list()).data,
    },
    {
      ...{ path: `/webhooks/${hook.body.id}?open=end`, action: 'Delete endpoint', name: 'Pager' },
      left: async () => (await app.send('GET', '/v1/organization/webhook_endpoints')).body.data,
    },
    {
      ...{ path: `/admin-keys?open=delete&of=${script.id}`, action: 'Delete key', name: 'Deployment' },
      left: async () => [await dead(script.value ?? '')].filter((works) => works),
    },
    {
      ...{ path: `/people?open=remove&of=${ada}`, action: 'Remove', name: ADA },
      left: async () => (await users.list({ emails: [ADA] })).data,
    },
  ]
}

test('what is deleted, or taken from somebody, has its name typed before, and an address asks it', {
  skip,
}, async (t) => {
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  for (const { path, action, name, left } of await takings()) {
    await t.test(path.replace(/\w+[-_]0\w+/g, 'ID'), async () => {
      assert.equal((await left()).length, 1)
      await page.goto(path)
      const dialog = page.getByRole('dialog')
      const button = dialog.getByRole('button', { name: action, exact: true })
      await button.waitFor()
      assert.ok(await button.isDisabled())
      const typed = dialog.getByLabel('to confirm')
      await typed.fill(`${name}?`)
      assert.ok(await button.isDisabled())
      await typed.fill(name)
      await button.click()
      await dialog.waitFor({ state: 'detached' })
      await until(async () => (await left()).length === 0, 'its end')
    })
  }
  assert.deepEqual(complaints, [])
})

/** What ends something that its own page does again, or that nobody else has. */
const ASKED_OTHERWISE = [
  'pages/profile/session-table.tsx: whoever is signed out signs in again',
  'pages/playground/key.ts: a key that the page made for itself',
  'pages/project/models/edit-models.tsx: a form that says what holds from now on',
]

test('no part of the console deletes anything without asking for its name', () => {
  const folder = new URL('../../console/src/', import.meta.url)
  const sources = globSync('**/*.{ts,tsx}', { cwd: folder }).map((path) => ({
    path,
    text: readFileSync(new URL(path, folder), 'utf8'),
  }))
  const deleting = sources.filter(({ text }) => /['`](DELETE|POST [^'`]*\/archive)[ '`]/.test(text))
  // What a file only declares, the one that takes it from there asks for.
  const asks = ({ path, text }: (typeof sources)[number]): boolean => {
    if (/<(Confirm|Danger)\b/.test(text)) return true
    const name = path.replace(/^.*\//, '/')
    const users = sources.filter((one) => one.path !== path && one.text.includes(`${name}'`))
    return path.endsWith('.ts') && users.some(({ text }) => /<(Confirm|Danger)\b/.test(text))
  }
  const unasked = deleting.filter((one) => !asks(one)).map(({ path }) => path)
  assert.deepEqual(unasked.sort(), ASKED_OTHERWISE.map((line) => line.split(':')[0]).sort())
})
