import type { Page } from 'playwright-core'
import type { TestApp } from '../support/harness.ts'
import { PASSWORD } from './visits.ts'

/** Somebody new accepts an invite in their own browser, and is signed in as a reader of the organization. @returns their id */
export async function join(app: TestApp, page: Page, name: string): Promise<string> {
  const { invites, users } = app.admin().organization
  const email = `${name.toLowerCase()}@example.com`
  const { id } = await invites.create({ email, role: 'reader' })
  const { body } = await app.send('POST', `/v1/organization/invites/${id}/link`)
  await page.goto(body.path)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('New password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Accept and sign in' }).click()
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  return (await users.list({ emails: [email] })).data[0]?.id ?? ''
}
