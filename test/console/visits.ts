import type { Page } from 'playwright-core'
import { done } from '../cli/run.ts'
import type { TestApp } from '../support/harness.ts'

/** Names as people give them: long ones, of one word, right to left, and one that would be markup. */
const NAMES = [
  'Support assistant',
  'Search and retrieval',
  `A project whose name goes on ${'and on '.repeat(30)}`.slice(0, 255).trim(),
  'x'.repeat(255),
  'مشروع البحث والترجمة',
  '<img src=x onerror=alert(1)>',
]

/** An organization with something on every page. */
export async function filled(app: TestApp): Promise<{ projectId: string }> {
  const { organization } = app.admin()
  const made = []
  for (const name of NAMES) made.push(await organization.projects.create({ name }))
  const projectId = made[0]?.id ?? ''
  await organization.projects.archive(made[5]?.id ?? '')
  for (const name of ['Help desk', NAMES[0] ?? '']) await organization.projects.update(projectId, { name })
  for (const name of ['Batch worker', 'y'.repeat(255)]) {
    await organization.projects.serviceAccounts.create(projectId, { name })
  }
  await organization.invites.create({ email: 'grace@example.com', role: 'reader' })
  await organization.invites.create({ email: `${'long'.repeat(20)}@example.com`, role: 'owner' })
  return { projectId }
}

/** The first owner's link for a password, as the operator's command prints it: its path and what stands behind the `#`. */
export async function passwordLink(app: TestApp, who?: string): Promise<string> {
  const [owner] = (await app.admin().organization.users.list()).data
  const { url } = await done(app, 'user', 'password-link', who ?? owner?.id ?? '')
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

/** Every page behind the sign-in, and what opens on it. */
export function pagesOf({ projectId }: { projectId: string }): Visit[] {
  const project = `/projects/${projectId}`
  const visit = (what: string, path: string, ...buttons: string[]): Visit => ({
    what,
    async go(page) {
      await page.goto(path)
      for (const name of buttons) await page.getByRole('button', { name }).first().click()
    },
  })
  return [
    visit('home', '/'),
    visit('projects', '/projects'),
    visit('projects-all', '/projects?archived=true'),
    visit('projects-new', '/projects', 'New project'),
    visit('project', project),
    visit('keys', `${project}/keys`),
    visit('keys-new', `${project}/keys`, 'New key'),
    visit('keys-delete', `${project}/keys`, 'Delete'),
    visit('members', `${project}/members`),
    visit('members-add', `${project}/members`, 'Add member'),
    visit('settings', `${project}/settings`),
    visit('settings-archive', `${project}/settings`, 'Archive project…'),
    visit('people', '/people'),
    visit('invites', '/people?tab=invites'),
    visit('invite', '/people', 'Invite'),
    visit('invite-link', '/people?tab=invites', 'Link'),
    visit('profile', '/profile'),
    visit('my-keys', '/profile/keys'),
    visit('audit-log', '/audit-log'),
    visit('audit-log-opened', '/audit-log', 'Project changed'),
    visit('audit-log-filtered', '/audit-log?type=certificate.created&actor=nobody%40example.com&from=1764370800'),
    visit('not-there', '/people/nobody'),
  ]
}
