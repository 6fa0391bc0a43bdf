import type { Page } from 'playwright-core'
import { done } from '../cli/run.ts'
import type { TestApp } from '../support/harness.ts'

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
