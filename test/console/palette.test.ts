import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openPage, settled, skip } from './browser.ts'
import { join } from './joining.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

/** Types into the palette, and takes what is first when it is there: without a mouse. */
async function find(page: Page, typed: string, first: string) {
  await settled(page)
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Go to a page').fill(typed)
  await page.locator('[data-action][data-selected]').filter({ hasText: first }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByPlaceholder('Go to a page').waitFor({ state: 'detached' })
}

test('the palette finds, from the keyboard alone, pages and actions by their words, and what only the server knows by its name', {
  skip,
}, async () => {
  const { projects } = started.app.admin().organization
  // More than a page of any list has, and what is looked for behind them.
  for (let i = 0; i < 110; i++) await projects.create({ name: `Project ${i}` })
  const needle = await projects.create({ name: 'Nadel im Heuhaufen' })
  await started.app.send('POST', `/v1/organization/projects/${needle.id}/api_keys`, { body: { name: 'Streichholz' } })
  await using guests = await openPage(started.browser, started.app.url)
  await join(started.app, guests.page, 'Rosalind')

  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  await find(page, 'NADEL', 'Nadel im Heuhaufen')
  await page.waitForURL((url) => url.pathname === `/projects/${needle.id}`)
  await find(page, 'budget org', 'Spend')
  await page.waitForURL((url) => url.pathname === '/spend')
  await find(page, 'rosal', 'rosalind@example.com')
  await page.waitForURL((url) => url.pathname === '/people' && url.search.includes('rosalind'))
  await page.getByRole('cell', { name: 'Rosalind', exact: true }).waitFor()
  await find(page, 'streich', 'in Nadel im Heuhaufen')
  await page.waitForURL((url) => url.pathname === `/projects/${needle.id}/keys`)
  await find(page, 'create key', 'New key')
  await page.getByLabel('Name', { exact: true }).waitFor()
  assert.equal(new URL(page.url()).search, '?open=new')
  await page.keyboard.press('Escape')
  await page.waitForURL((url) => url.search === '')
  await find(page, 'new proj', 'New project')
  await page.getByLabel('Name', { exact: true }).fill('By keyboard')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await find(page, 'dark', 'Look dark')
  await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === 'dark')
  await page.getByRole('button', { name: 'Owner' }).click()
  await page.getByRole('menuitemradio', { name: 'Light' }).click()
  await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === 'light')
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Go to a page').fill('nothing is called so')
  await page.getByText('Nothing has this name').waitFor()
  assert.deepEqual(complaints, [])
})

test('who may not look at the organization finds their own, and is told who could do what they may not', {
  skip,
}, async () => {
  const { projects } = started.app.admin().organization
  const { id } = await projects.create({ name: 'Laboratory' })
  await projects.create({ name: 'Laboratory of others' })
  await using opened = await openPage(started.browser, started.app.url)
  const { page, complaints } = opened
  const user_id = await join(started.app, page, 'Marie')
  await projects.users.create(id, { user_id, role: 'member' })
  await page.reload()
  await settled(page)
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Go to a page').fill('labor')
  await page.locator('[data-action]').filter({ hasText: 'Laboratory' }).waitFor()
  assert.equal(await page.locator('[data-action]').count(), 1)
  await page.getByPlaceholder('Go to a page').fill('invite')
  await page.locator('[data-action]').filter({ hasText: 'Owners of the organization can do this' }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/people')
  await settled(page)
  assert.equal(await page.getByRole('dialog').count(), 0)
  assert.deepEqual(complaints, [])
})

test('tables are walked by the arrow keys, and what has the focus shows it', { skip }, async () => {
  await using opened = await openAsOwner(started, '/projects')
  const { page, complaints } = opened
  await settled(page)
  const rows = page.getByRole('table', { name: 'Projects' }).getByRole('link')
  await rows.first().focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), await rows.nth(1).textContent())
  const outline = await rows.nth(1).evaluate((link) => getComputedStyle(link).outlineStyle)
  assert.equal(outline, 'solid')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()

  await page.goto('/people')
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
  await page.getByRole('button', { name: /^Remove Owner/ }).focus()
  await page.keyboard.press('ArrowDown')
  assert.match(await focused(), /^Remove (?!Owner)/)
  await page.keyboard.press('End')
  await page.keyboard.press('Home')
  assert.match(await focused(), /^Remove Owner/)
  await page.keyboard.press('ArrowLeft')
  assert.match(await focused(), /^Reset factor Owner/)
  await page.keyboard.press('ArrowRight')
  assert.match(await focused(), /^Remove Owner/)
  assert.deepEqual(complaints, [])
})
