import type { Page } from 'playwright-core'
import { recordUsage } from '../../src/db/usage.ts'
import { command } from '../support/command.ts'
import type { TestApp } from '../support/harness.ts'

/** What ends each of the names, so that a test sees whether a page shows them to their end. */
export const END = 'zqx'

/** What would be more than text wherever it was written into a page as it is. All of it can be a model's name too. */
export const MARKUP = `"'><img src=x onerror=hurt(1) data-hurt><a href="javascript:hurt(2)" data-hurt>y</a></title></script><script>hurt(3)</script>${END}`

/** The same as a name, with what turns the order of reading and what nobody sees. */
export const NAME = `\u202e\u2066\u200b${MARKUP}`

const EMAIL = `\u202e<img/src=x/onerror=hurt(4)/data-hurt>@${END}`

/** An authority that nobody has the key of, until 2126: what makes them for other tests has no types of a browser's program. */
const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBfDCCASKgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDEwlhdXRob3Jp
dHkwIBcNMjYxMTI4MTU1NDAyWhgPMjEyNjExMDUxNTU0MDJaMBQxEjAQBgNVBAMT
CWF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFgwjViUIVbCVIa4
Ltrp1kmX1f0bW4UIFVPGh+DXIJmoDQryGWxATIg00AVw/5ATRxmWiF0UGEN6LBNN
R/fRgsSjYzBhMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1Ud
DgQWBBQvcpJQM+3TFN9ayOIQYPWsQdDfzTAfBgNVHSMEGDAWgBQvcpJQM+3TFN9a
yOIQYPWsQdDfzTAKBggqhkjOPQQDAgNIADBFAiEA0XMzfu1nsni7gesmf65ruFof
ntGvJLddd/tTJeB9A28CIEergkeCwl0MyiSkquOq2lPw9NUbwpgSxQ5CQXK5dkGx
-----END CERTIFICATE-----
`

/** Gives such a name to one of everything that has one. */
export async function makeHostile(app: TestApp, projectId: string): Promise<void> {
  const { organization } = app.admin()
  const { projects } = organization
  const [owner] = (await organization.users.list()).data
  const { id: organizationId } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  await app.db.updateTable('organization').set({ name: NAME }).where('id', '=', organizationId).execute()
  await app.db
    .updateTable('organization_user')
    .set({ name: NAME })
    .where('organization_id', '=', organizationId)
    .where('id', '=', owner?.id ?? '')
    .execute()
  await projects.update(projectId, { name: NAME })
  await projects.serviceAccounts.create(projectId, { name: NAME })
  const keys = `/v1/organization/projects/${projectId}/api_keys`
  const { body: key } = await app.send('POST', keys, { body: { name: NAME } })
  await organization.adminAPIKeys.create({ name: NAME })
  const group = await organization.groups.create({ name: NAME })
  await projects.groups.create(projectId, { group_id: group.id, role: 'role-api-project-member' })
  await organization.roles.create({ role_name: NAME, permissions: ['api.usage.read'], description: NAME })
  await projects.roles.create(projectId, { role_name: NAME, permissions: ['api.model.request'], description: NAME })
  const { id: certificate } = await organization.certificates.create({ name: NAME, certificate: AUTHORITY })
  await organization.certificates.activate({ certificate_ids: [certificate] })
  const hook = { name: NAME, url: 'https://hooks.example.com/', event_types: ['certificate.expiring'] }
  await app.send('POST', '/v1/organization/webhook_endpoints', { body: hook })
  await organization.invites.create({ email: `invited-${EMAIL}`, role: 'reader' })
  const flags = ['--org', organizationId, '--email', EMAIL, '--name', NAME, '--role', 'reader']
  const { id: member } = await command(app, 'user', 'create', ...flags)
  await projects.users.create(projectId, { user_id: member, role: 'member' })
  const channel = { type: 'email' as const, recipients: [owner?.email ?? ''], subject_prefix: NAME }
  const month = { currency: 'USD', interval: 'month' } as const
  await projects.spendAlerts.create(projectId, { threshold_amount: 100, ...month, notification_channel: channel })
  await signInHostile(app, organizationId, owner?.id ?? '')
  const by = { organization_id: organizationId, project_id: projectId, api_key_id: key.id }
  const at = Math.floor(Date.now() / 1000) - 3600
  const tokens = { input_tokens: 9_000_000, output_tokens: 1, num_model_requests: 1 }
  await recordUsage(app.db, [
    { ...by, kind: 'completions', at, model: MARKUP, ...tokens },
    {
      ...by,
      kind: 'costs',
      at,
      model: MARKUP,
      line_item: `${MARKUP}, input_tokens`,
      quantity_unit: 'tokens',
      units: 9,
    },
  ])
}

/** Signs in, and fails to, with a program that calls itself so. */
async function signInHostile(app: TestApp, organizationId: string, userId: string) {
  const headers = { 'user-agent': MARKUP, 'x-forwarded-for': MARKUP }
  const { token } = await command(app, 'user', 'password-link', userId, '--org', organizationId)
  const body = { token, password: 'words that are of no use to anybody' }
  await app.send('POST', '/v1/organization/sign_in/password_link', { key: null, headers, body })
  const failing = { email: EMAIL, password: 'no words of theirs' }
  await app.send('POST', '/v1/organization/sign_in', { key: null, headers, body: failing })
}

/** Has a page tell when a script of a name has run in it. */
export async function hurtful(page: Page): Promise<number[]> {
  const hurt: number[] = []
  await page.exposeFunction('hurt', (which: number) => hurt.push(which))
  return hurt
}

/** What on a page is more than the text that a name is: elements, addresses that are scripts, sentences that are read in another order. */
export const flawsOfNames = (page: Page): Promise<string[]> =>
  page.evaluate((end) => {
    const flaws = [...document.querySelectorAll('[data-hurt]')].map(({ outerHTML }) => `markup: ${outerHTML}`)
    for (const element of document.querySelectorAll('[href], [src], [action], [formaction], [data]')) {
      for (const name of ['href', 'src', 'action', 'formaction', 'data']) {
        const address = element.getAttribute(name)
        if (address === null) continue
        const { protocol } = new URL(address, location.href)
        if (!/^(https?|blob|data):$/.test(protocol)) flaws.push(`address: ${address}`)
      }
    }
    const isolates = (element: Element) => {
      const { display, unicodeBidi } = getComputedStyle(element)
      return unicodeBidi.startsWith('isolate') || unicodeBidi === 'plaintext' || !/^(inline|contents)$/.test(display)
    }
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (!(text instanceof Text) || !text.data.includes('\u202e')) continue
      let around = text.parentElement
      while (around && !isolates(around)) around = around.parentElement
      if (!around?.lastChild) continue
      const behind = document.createRange()
      behind.setStart(text, Math.max(text.data.lastIndexOf('\u202e') + 1, text.data.lastIndexOf(end) + end.length))
      behind.setEndAfter(around.lastChild)
      const turned = behind.toString().trim()
      if (turned !== '') flaws.push(`turned: ${JSON.stringify(turned)} in ${around.outerHTML.slice(0, 200)}`)
    }
    return flaws
  }, END)
