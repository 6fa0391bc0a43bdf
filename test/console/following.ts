import type { Page } from 'playwright-core'

const lead = (path: string) => history.pushState(null, '', path)

/**
 * Leads a page that shows the console on within it, as a link does: what is at the path is drawn from the beginning, as after a load,
 * and nothing is loaded but what it alone needs. That each is found by its address as well is seen in `hostile.test.ts`.
 */
export async function follow(page: Page, path: string): Promise<void> {
  // A pointer that is left where it was would lie on something, which tells of itself.
  await page.mouse.move(0, 0)
  // From a page that shares nothing with any other: what was open on the one before is closed, if it is the same page too.
  await page.evaluate(lead, '/no-such-page')
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
  await page.evaluate(lead, path)
}
