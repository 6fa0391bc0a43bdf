import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { settled, skip } from './browser.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

const saved = async (page: Page, format: string): Promise<string> => {
  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: format }).click(),
  ])
  return readFile(await download.path(), 'utf8')
}

test('the audit log is narrowed by what, who, where and when, opens to before and after, and is saved as it is narrowed', {
  skip,
}, async () => {
  const { organization } = started.app.admin()
  const { id } = await organization.projects.create({ name: '=1+1' })
  await organization.projects.update(id, { name: 'Renamed' })
  await organization.groups.create({ name: 'Team' })
  await using opened = await openAsOwner(started, '/audit-log')
  const { page, complaints } = opened
  await page.getByRole('button', { name: 'Project changed' }).click()
  await page.getByRole('row', { name: 'title =1+1 Renamed', exact: true }).waitFor()
  const whole = page.getByRole('textbox', { name: 'The event as the API has it' })
  await whole.press('ArrowDown')
  assert.ok(await whole.evaluate((text) => text === document.activeElement), 'the arrows scroll it')

  await page.getByLabel('What').selectOption('Project changed')
  await page.getByRole('button', { name: 'Group created' }).waitFor({ state: 'detached' })
  await page.getByRole('combobox', { name: 'Project' }).click()
  await page.getByRole('option', { name: 'Renamed' }).click()
  await page.waitForURL((url) => url.search === `?type=project.updated&project=${id}`)
  await settled(page)
  const address = page.url()
  const csv = await saved(page, 'CSV')
  assert.equal(csv.split('\r\n').length, 3, 'a heading, a line, and nothing after its end')
  assert.match(csv, /^time,type,actor,/)
  assert.match(csv, /,project\.updated,/)
  const lines = (await saved(page, 'JSONL')).trim().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)['project.updated'].id),
    [id],
  )

  await page.goto('/audit-log?actor=nobody%40example.com')
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor()
  await page.goto(`/audit-log?until=${Math.floor(Date.now() / 1000) - 7 * 86_400}`)
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor()
  await page.goto(address)
  await page.getByRole('button', { name: 'Project changed' }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Project changed' }).count(), 1)
  assert.deepEqual(complaints, [])
})

test('the log goes on behind a page of fifty, and the button back comes back', { skip }, async () => {
  const { organization } = started.app.admin()
  for (let i = 0; i < 60; i++) await organization.groups.create({ name: `Group ${i}` })
  await using opened = await openAsOwner(started, '/audit-log?type=group.created')
  const { page, complaints } = opened
  await page.getByRole('button', { name: 'Next' }).click()
  await page.waitForURL((url) => url.searchParams.has('after') && url.searchParams.get('type') === 'group.created')
  await page.getByRole('button', { name: 'Previous' }).click()
  await page.waitForURL((url) => !url.searchParams.has('after'))
  assert.equal((await saved(page, 'JSONL')).trim().split('\n').length, 61)
  assert.deepEqual(complaints, [])
})

test('whoever is sent an opened event sees it, however many newer ones there are and whatever the log is narrowed by', {
  skip,
}, async () => {
  const { organization } = started.app.admin()
  const { id } = await organization.projects.create({ name: 'Long ago' })
  const [event] = (await organization.auditLogs.list({ resource_ids: [id] })).data
  const [oldest] = (await organization.auditLogs.list({ before: `audit_log-${'0'.repeat(24)}`, limit: 1 })).data
  for (let i = 0; i < 60; i++) await organization.groups.create({ name: `Newer ${i}` })
  await using opened = await openAsOwner(started, `/audit-log?rows=${event?.id},audit_log-${'x'.repeat(24)},x`)
  const { page, complaints } = opened
  const isOpen = async () => {
    await page.getByRole('table', { name: 'An event of another page' }).getByText('Long ago').first().waitFor()
    await settled(page)
    assert.equal(await page.locator('tr.opened').count(), 1)
  }
  await isOpen()
  await page.goto(`/audit-log?type=group.created&rows=${event?.id}`)
  await isOpen()
  await page.getByRole('button', { name: 'Next' }).click()
  await page.waitForURL((url) => url.searchParams.has('after') && !url.searchParams.has('rows'))
  await page.goto(`/audit-log?rows=${oldest?.id}`)
  await page.getByRole('table', { name: 'An event of another page' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('a word of a filter is typed on while the log is narrowed, and cleared with the others', { skip }, async () => {
  await using opened = await openAsOwner(started, '/audit-log')
  const { page, complaints } = opened
  const who = page.getByRole('textbox', { name: 'Who' })
  await who.fill('nobody')
  await page.waitForURL((url) => url.searchParams.get('actor') === 'nobody')
  await page.keyboard.type('@example.com')
  await page.waitForURL((url) => url.searchParams.get('actor') === 'nobody@example.com')
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.waitForURL((url) => url.search === '')
  await settled(page)
  assert.equal(await who.inputValue(), '')
  assert.deepEqual(complaints, [])
})
