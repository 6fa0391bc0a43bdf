import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

/** On a page about spend: sets the limit, which refuses words, to $1,200.50. @param button that begins it */
export async function setLimit(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button }).click()
  await page.getByLabel('At most a month').fill('lots')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('An amount above zero').waitFor()
  await page.getByLabel('At most a month').fill('1,200.50')
  await page.getByRole('button', { name: 'Save' }).click()
}

/** On a page about spend: removes the limit. @param name of what it is of: that has to be typed */
export async function removeLimit(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Remove limit…' }).click()
  await page.getByLabel('to confirm').fill(name)
  await page.getByRole('button', { name: 'Remove limit', exact: true }).click()
  await page.getByText('no limit of its own').waitFor()
}

/** On a page about spend: makes an alert at $80, which refuses what is no address and keeps the rest, and moves it to $90. */
export async function makeAlert(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New alert' }).click()
  await page.getByLabel('When this is spent').fill('80')
  await page.getByLabel('Mail to').fill('not an address')
  await page.getByRole('button', { name: 'Create alert' }).click()
  await page.getByRole('alert').filter({ hasText: 'recipients[0]' }).waitFor()
  assert.equal(await page.getByLabel('When this is spent').inputValue(), '80')
  await page.getByLabel('Mail to').fill('owner@localhost')
  await page.getByRole('button', { name: 'Create alert' }).click()
  await page.getByRole('button', { name: 'Edit the alert at $80.00' }).click()
  await page.getByLabel('When this is spent').fill('90')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Delete the alert at $90.00' }).waitFor()
}

/** On a page about spend: deletes the alert at $90. */
export async function deleteAlert(page: Page): Promise<void> {
  const remove = page.getByRole('button', { name: 'Delete the alert at $90.00' })
  await remove.click()
  await page.getByLabel('to confirm').fill('$90.00')
  await page.getByRole('button', { name: 'Delete alert' }).click()
  await remove.waitFor({ state: 'detached' })
}
