import type { Page } from 'playwright-core'

/** In the playground: makes a key. @param project its name, where the address does not say which it is */
export async function makePlaygroundKey(page: Page, project?: string): Promise<void> {
  if (project !== undefined) {
    await page.getByRole('combobox', { name: 'Project' }).click()
    await page.getByRole('option', { name: project }).click()
  }
  await page.getByRole('button', { name: 'Make a key for 15 minutes' }).click()
  await page.getByRole('button', { name: 'Delete key' }).waitFor()
}

/** In the playground: sends a message, and waits for the end of the call. @returns the part of the page about it */
export async function ask(page: Page, text: string) {
  const turns = page.getByRole('article')
  const before = await turns.count()
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
  const turn = turns.nth(before)
  await turn.getByText('Total time').waitFor()
  return turn
}
