import type { Page } from 'playwright-core'
import type { TestApp } from '../support/harness.ts'
import { accept } from './steps.ts'

/** Somebody new accepts an invite in their own browser, and is signed in as a reader of the organization. @returns their id */
export async function join(app: TestApp, page: Page, name: string): Promise<string> {
  const { invites, users } = app.admin().organization
  const email = `${name.toLowerCase()}@example.com`
  const { id } = await invites.create({ email, role: 'reader' })
  const { body } = await app.send('POST', `/v1/organization/invites/${id}/link`)
  await accept(page, body.path, name)
  return (await users.list({ emails: [email] })).data[0]?.id ?? ''
}
