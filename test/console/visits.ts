import type { Page } from 'playwright-core'
import { settled } from './browser.ts'
import { type Filled, NAMES } from './filled.ts'
import { ask, makePlaygroundKey } from './playground-steps.ts'
import { PASSWORD } from './signing-in.ts'

export type Visit = { what: string; go: (page: Page) => Promise<unknown> }

/**
 * Every page behind the sign-in, and what opens on it.
 * @param open how a page is led to a path, where it is not its address that is asked for
 */
export function pagesOf(
  { projectId, groupId, userId, roles, certificateId, webhookId }: Filled,
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
    visit('invites-opened', '/people?tab=invites', 'grace@example.com'),
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
    visit('audit-log-opened', '/audit-log?type=project.updated', 'Project changed'),
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
    visit('webhooks', '/webhooks'),
    visit('webhooks-new', '/webhooks', 'New endpoint'),
    visit('webhooks-one', `/webhooks/${webhookId}`, 'Spend alerts'),
    visit('webhooks-change', `/webhooks/${webhookId}`, 'Change'),
    visit('webhooks-rotate', `/webhooks/${webhookId}`, 'Rotate secret'),
    visit('webhooks-test', `/webhooks/${webhookId}`, 'Send test'),
    visit('webhooks-delete', `/webhooks/${webhookId}`, 'Delete endpoint…'),
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
    visit('usage-batches', '/usage?by=batch&measure=money'),
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
