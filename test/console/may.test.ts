import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import type { Operation } from '../../console/src/api/operations.ts'
import { decisionPeople, type People, principals, signers } from '../decision/people.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { asSession, signInNew } from '../support/signing-in.ts'
import { openBrowser, openPage, settled, skip } from './browser.ts'
import { follow } from './following.ts'

/** What each page lets one change, by the beginning of the words on its button or before its choice. */
const controls: Record<string, [words: string, operation: Operation][]> = {
  '/projects': [['New project', 'POST /v1/organization/projects']],
  '/people': [
    ['Invite', 'POST /v1/organization/invites'],
    ['Password link', 'POST /v1/organization/users/:user_id/password_link'],
    ['Reset factor', 'DELETE /v1/organization/users/:user_id/second_factor'],
    ['Remove', 'DELETE /v1/organization/users/:user_id'],
    ['Require it', 'POST /v1/organization/sign_in_policy'],
  ],
  '/spend': [
    ['Set a limit', 'POST /v1/organization/spend_limit'],
    ['New alert', 'POST /v1/organization/spend_alerts'],
  ],
  '/limits': [],
  '/settings': [['Retention', 'POST /v1/organization/data_retention']],
  '/people?tab=invites': [
    ['Link', 'POST /v1/organization/invites/:invite_id/link'],
    ['Withdraw', 'DELETE /v1/organization/invites/:invite_id'],
  ],
  '/admin-keys': [
    ['New admin key', 'POST /v1/organization/admin_api_keys'],
    ['Disable', 'POST /v1/organization/admin_api_keys/:key_id'],
    ['Delete', 'DELETE /v1/organization/admin_api_keys/:key_id'],
  ],
  '/groups': [['New group', 'POST /v1/organization/groups']],
  '/roles': [['New role', 'POST /v1/organization/roles']],
  '/keys': [
    ['Disable', 'POST /v1/organization/admin_api_keys/:key_id'],
    ['Delete', 'DELETE /v1/organization/admin_api_keys/:key_id'],
  ],
  '/certificates': [['Add certificate', 'POST /v1/organization/certificates']],
  '/webhooks': [['New endpoint', 'POST /v1/organization/webhook_endpoints']],
  '/projects/ID/roles': [['New role', 'POST /v1/projects/:project_id/roles']],
  '/projects/ID/groups': [['Add group', 'POST /v1/organization/projects/:project_id/groups']],
  '/projects/ID/certificates': [],
  '/projects/ID/keys': [
    ['New key', 'POST /v1/organization/projects/:project_id/api_keys'],
    ['Disable', 'POST /v1/organization/projects/:project_id/api_keys/:api_key_id'],
    ['Delete', 'DELETE /v1/organization/projects/:project_id/api_keys/:api_key_id'],
  ],
  '/projects/ID/members': [
    ['Add member', 'POST /v1/organization/projects/:project_id/users'],
    ['Remove', 'DELETE /v1/organization/projects/:project_id/users/:user_id'],
  ],
  '/projects/ID/service-accounts': [
    ['New service account', 'POST /v1/organization/projects/:project_id/service_accounts'],
    ['New key', 'POST /v1/organization/projects/:project_id/service_accounts/:service_account_id/api_keys'],
    ['Delete', 'DELETE /v1/organization/projects/:project_id/service_accounts/:service_account_id'],
  ],
  '/projects/ID/limits': [['Edit', 'POST /v1/organization/projects/:project_id/rate_limits/:rate_limit_id']],
  '/projects/ID/spend': [
    ['Change limit', 'POST /v1/organization/projects/:project_id/spend_limit'],
    ['Remove limit', 'DELETE /v1/organization/projects/:project_id/spend_limit'],
    ['New alert', 'POST /v1/organization/projects/:project_id/spend_alerts'],
    ['Edit the alert', 'POST /v1/organization/projects/:project_id/spend_alerts/:alert_id'],
    ['Delete the alert', 'DELETE /v1/organization/projects/:project_id/spend_alerts/:alert_id'],
  ],
  '/projects/ID/models': [
    ['Change models', 'POST /v1/organization/projects/:project_id/model_permissions'],
    ['Refuse', 'POST /v1/organization/projects/:project_id/hosted_tool_permissions'],
  ],
  '/projects/ID/tiers': [
    ['Tier of a call', 'POST /v1/organization/projects/:project_id/service_tier_settings'],
    ['Retention', 'POST /v1/organization/projects/:project_id/data_retention'],
  ],
  '/projects/ID/settings': [['Archive project', 'POST /v1/organization/projects/:project_id/archive']],
  ...Object.fromEntries(
    ['/', '/profile', '/profile/keys', '/usage', '/projects/ID/usage', '/audit-log', '/projects/ID'].map((path) => [
      path,
      [],
    ]),
  ),
  ...Object.fromEntries(['key', 'user', 'account', 'project'].map((by) => [`/usage?by=${by}`, []])),
}

let app: TestApp
let people: People
let browser: Browser
const stack = new AsyncDisposableStack()

before(async () => {
  if (skip) return
  const file = stack.use(await modelsFile({ echo: { organization_limits: { max_requests_per_1_day: 100 } } }))
  const only = 'admin,gateway,docs,console'
  app = stack.use(await startTestApp({ only, env: { GATEHOUSE_CONFIG: file.path } }))
  people = await decisionPeople(app)
  const { admin, project } = people.home
  const month = { currency: 'USD', interval: 'month' } as const
  await admin.projects.spendLimit.update(project, { threshold_amount: 100, ...month })
  const [owner] = (await admin.users.list()).data
  const notification_channel = { type: 'email' as const, recipients: [owner?.email ?? ''] }
  await admin.projects.spendAlerts.create(project, { threshold_amount: 50, ...month, notification_channel })
  await admin.projects.rateLimits.updateRateLimit('rl-echo', { project_id: project, max_requests_per_1_day: 5 })
  await admin.invites.create({ email: 'somebody@example.com', role: 'reader' })
  await people.home.projectKeyOf(people.users.PM, project)
  browser = stack.use(await openBrowser())
})
after(() => stack.disposeAsync())

/** Whether the server lets somebody do something: what is asked is wrong in any case, so that nothing is done. */
async function isLet(cookie: string, operation: Operation): Promise<boolean> {
  const [method = '', path = ''] = operation.split(' ')
  const filled = path.replace(':project_id', people.home.project).replace(/:\w+/g, 'nobodys')
  const { status, body } = await asSession(app, cookie, method, filled, { 'no such field': true })
  assert.ok([400, 401, 403, 404].includes(status), `${operation}: ${status}`)
  return status === 400 || (status === 404 && body.error.code !== 'insufficient_permissions')
}

/** A browser of its own, in which one of the people is signed in. */
async function openAs(who: (typeof signers)[number]) {
  const { cookie } = await signInNew(app, people.home.id, people.users[who])
  const opened = await openPage(browser, app.url)
  const [name = '', value = ''] = cookie.split('=')
  await opened.page.context().addCookies([{ name, value, url: app.url, httpOnly: true, sameSite: 'Lax' }])
  return { ...opened, cookie }
}

const there = (path: string) => path.replace('ID', people.home.project)

for (const who of signers.filter((one) => one !== 'O' && one !== 'OO')) {
  test(`the pages offer what the server lets one do, and ask for nothing else: ${principals[who]}`, {
    skip,
  }, async (t) => {
    await using opened = await openAs(who)
    const { page, complaints, cookie } = opened
    const refused: string[] = []
    page.on('response', (response) => {
      if ([401, 403].includes(response.status())) refused.push(`${response.request().method()} ${response.url()}`)
    })
    await page.goto('/')
    for (const [path, offered] of Object.entries(controls)) {
      await t.test(path, async () => {
        await follow(page, there(path))
        await settled(page)
        // A project that one is not in is refused: that is how one learns of it.
        const isStranger = path.includes('ID') && ['R', 'CO', 'ST'].includes(who)
        if (!isStranger) assert.deepEqual(refused, [])
        refused.length = 0
        for (const [words, operation] of offered) {
          const begins = new RegExp(`^${words}`)
          const control = page
            .getByRole('main')
            .getByRole('button', { name: begins })
            .or(page.getByLabel(begins))
            .first()
          if ((await control.count()) === 0) continue
          assert.equal(await control.isEnabled(), await isLet(cookie, operation), `${words}: ${operation}`)
        }
      })
    }
    assert.deepEqual(complaints, [])
  })
}

test('whoever may do everything is offered everything', { skip }, async () => {
  await using opened = await openAs('O')
  const { page } = opened
  await page.goto('/')
  for (const [path, offered] of Object.entries(controls)) {
    await follow(page, there(path))
    await settled(page)
    for (const [words] of offered) {
      const begins = new RegExp(`^${words}`)
      // Of the rows of a list that may not be the first: nobody removes themselves.
      const able = page.getByRole('main').getByRole('button', { name: begins, disabled: false })
      assert.ok(await able.or(page.getByLabel(begins)).first().isEnabled(), `${path}: ${words}`)
    }
  }
})
