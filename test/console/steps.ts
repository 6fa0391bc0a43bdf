import type { Page } from 'playwright-core'
import { PASSWORD } from './signing-in.ts'

/*
 * What people do in the console, as several tests have them do it.
 */

/** Makes a project, and is on its page then. */
export async function makeProject(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Projects', exact: true }).click()
  await page.getByRole('button', { name: 'New project' }).click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByRole('button', { name: 'Create project' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}

/** Asks somebody to come. @returns the link to send them: its path and what stands behind the `#` */
export async function invite(page: Page, address: string): Promise<string> {
  await page.goto('/people')
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  await page.getByLabel('Address').fill(address)
  await page.getByRole('button', { name: 'Invite', exact: true }).last().click()
  await page.getByRole('button', { name: 'Make link' }).click()
  const { pathname, hash } = new URL((await page.getByRole('textbox', { name: 'The link' }).innerText()).trim())
  return pathname + hash
}

/** Comes by such a link, and is signed in. */
export async function accept(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('New password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Accept and sign in' }).click()
  await page.getByRole('heading', { name: 'Home' }).waitFor()
}

/** Archives the project whose page is shown; its name has to be typed. */
export async function archive(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Settings' }).first().click()
  await page.getByRole('button', { name: 'Archive project…' }).click()
  const button = page.getByRole('button', { name: 'Archive project', exact: true })
  await page.getByLabel('to confirm').fill(name.slice(0, -1))
  if (!(await button.isDisabled())) throw new Error('a project could be archived by half of its name')
  await page.getByLabel('to confirm').fill(name)
  await button.click()
  await page.getByText('This project is archived').waitFor()
}
