import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openPage, settled, skip } from './browser.ts'
import { join } from './joining.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

/** Has a list be answered as by a server of the version before, which knows nothing of its filters: from its beginning. */
const unfiltered = (page: Page, path: string) =>
  page.route(
    (url) => url.pathname === path,
    (route) => {
      const url = new URL(route.request().url())
      return route.continue({ url: `${url.origin}${path}?limit=100` })
    },
  )

test('a page of one project is of no other, where the server lists more than it was asked for', { skip }, async () => {
  const { app } = started
  const { projects } = app.admin().organization
  await using opened = await openPage(started.browser, app.url)
  const { page, complaints } = opened
  const user_id = await join(app, page, 'Ada')
  const own = await projects.create({ name: 'Owned and older' })
  await projects.users.create(own.id, { user_id, role: 'owner' })
  const other = await projects.create({ name: 'Of somebody else' })
  await projects.users.create(other.id, { user_id, role: 'member' })
  await unfiltered(page, '/v1/organization/me/projects')
  await page.goto(`/projects/${other.id}/keys`)
  await page.getByText('Projects / Of somebody else').waitFor()
  await settled(page)
  assert.equal(await page.getByText('Owned and older').count(), 0)
  await page.goto(`/projects/${other.id}/settings`)
  await settled(page)
  const archive = page.getByRole('button', { name: 'Archive project…' })
  assert.equal(await archive.getAttribute('aria-disabled'), 'true')
  await page.goto(`/projects/${own.id}/settings`)
  await settled(page)
  assert.notEqual(await archive.getAttribute('aria-disabled'), 'true')
  await page.goto(`/playground?project=${other.id}`)
  await settled(page)
  assert.equal(await page.getByRole('combobox', { name: 'Project' }).inputValue(), 'Of somebody else')
  assert.deepEqual(complaints, [])
})

test('the owner that keys are looked for by has no name of another', { skip }, async () => {
  const { app } = started
  const { projects } = app.admin().organization
  const { id } = await projects.create({ name: 'Kitchen' })
  const { id: oven } = await projects.serviceAccounts.create(id, { name: 'Oven' })
  await projects.serviceAccounts.create(id, { name: 'Stove' })
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  await unfiltered(page, '/v1/organization/api_keys')
  await page.goto(`/keys?owner=${oven}`)
  await page.getByRole('row', { name: /Stove/ }).waitFor()
  await settled(page)
  assert.equal(await page.getByRole('combobox', { name: 'Owner' }).inputValue(), 'Oven')
  assert.deepEqual(complaints, [])
})
