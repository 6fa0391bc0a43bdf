import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openPage, settled, skip } from './browser.ts'
import { startFilled } from './filled.ts'
import { join } from './joining.ts'
import { openAsOwner, startConsole } from './started.ts'

const started = startConsole(async (stack) => stack.use(await startFilled()))

/** What each page opens beside it: the button, and what is seen then. */
const sheets: Record<string, [button: string | RegExp, title: string | RegExp][]> = {
  '/projects': [['New project', 'New project']],
  '/people': [
    ['Invite', 'Invite'],
    ['Roles of Somebody', 'Roles of Somebody'],
    ['Sessions of Somebody', 'Sessions of Somebody'],
    ['Password link for Somebody', 'A link for a password'],
    ['Reset factor Somebody', 'Reset the second factor?'],
    ['Remove Somebody', 'Remove from the organization?'],
    ['Require it of everybody…', 'Require a second factor?'],
  ],
  '/people?tab=invites': [
    ['Link of the invite to grace@example.com', 'Invite link'],
    ['Withdraw the invite to grace@example.com', 'Withdraw this invite?'],
  ],
  '/admin-keys': [
    ['New admin key', 'New admin key'],
    ['Delete Deployment', 'Delete this key?'],
  ],
  '/keys': [['Delete Deployment', 'Delete this key?']],
  '/groups': [['New group', 'New group']],
  '/groups/GROUP': [
    ['Add member', 'Add member'],
    ['Rename', 'Rename group'],
    ['Remove Owner', 'Remove from the group?'],
    ['Delete group…', 'Delete this group?'],
  ],
  '/roles': [['New role', 'New role']],
  '/roles/ROLE': [
    ['Rename', 'Rename role'],
    ['Delete role…', 'Delete this role?'],
  ],
  '/certificates': [
    ['Add certificate', 'Add certificate'],
    ['Activate Partners', 'Activate this certificate?'],
  ],
  '/certificates/CERTIFICATE': [
    ['Rename', 'Rename certificate'],
    ['Activate', 'Activate this certificate?'],
    ['Delete certificate…', 'Delete this certificate?'],
  ],
  '/spend': [
    ['Change limit', 'Spend limit'],
    ['Remove limit…', 'Remove the spend limit?'],
    ['New alert', 'New alert'],
  ],
  '/profile': [
    ['Set up', 'Set up an authenticator app'],
    ['Add a passkey', 'Add a passkey'],
    ['Sign out everywhere', 'Sign out everywhere?'],
  ],
  '/profile/keys': [['Delete Old notebook', 'Delete this key?']],
  '/projects/PROJECT/keys': [
    ['New key', 'New key'],
    ['Delete Old notebook', 'Delete this key?'],
  ],
  '/projects/PROJECT/members': [['Add member', 'Add member']],
  '/projects/PROJECT/groups': [
    ['Add group', 'Add group'],
    ['Roles of Support team', 'Roles of Support team'],
    ['Remove Support team', 'Remove from the project?'],
  ],
  '/projects/PROJECT/roles': [['New role', 'New role']],
  '/projects/PROJECT/certificates': [['Activate Partners', 'Activate this certificate?']],
  '/projects/PROJECT/service-accounts': [
    ['New service account', 'New service account'],
    ['New key of Caller', 'New key'],
    ['Delete Caller', 'Delete this service account?'],
  ],
  '/projects/PROJECT/spend': [
    ['Change limit', 'Spend limit'],
    ['New alert', 'New alert'],
    ['Edit the alert at $2.00', 'Alert'],
    ['Delete the alert at $2.00', 'Delete this alert?'],
  ],
  '/projects/PROJECT/models': [['Change models', 'Models']],
  '/projects/PROJECT/settings': [['Archive project…', 'Archive this project?']],
}

const there = (path: string) => {
  const { projectId, groupId, roles, certificateId } = started.there
  const ids = { PROJECT: projectId, GROUP: groupId, ROLE: roles.organization, CERTIFICATE: certificateId }
  return Object.entries(ids).reduce((filled, [word, id]) => filled.replace(word, id), path)
}

test('what is open beside a page is in its address: the way back closes it, the way forth and the address open it', {
  skip,
}, async (t) => {
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  const dialog = page.getByRole('dialog')
  for (const [path, all] of Object.entries(sheets)) {
    await t.test(path, async () => {
      await page.goto(there(path))
      const address = page.url()
      let last = ''
      for (const [button, title] of all) {
        await page.getByRole('main').getByRole('button', { name: button, exact: true }).first().click()
        await dialog.getByRole('heading', { name: title, exact: true }).waitFor()
        assert.ok(new URL(page.url()).searchParams.has('open'))
        last = page.url()
        await page.goBack()
        await dialog.waitFor({ state: 'detached' })
        assert.equal(page.url(), address)
        await page.goForward()
        await dialog.getByRole('heading', { name: title, exact: true }).waitFor()
        // Twice, as somebody in a hurry does.
        await page.keyboard.press('Escape')
        await page.keyboard.press('Escape')
        await dialog.waitFor({ state: 'detached' })
        assert.equal(page.url(), address)
      }
      await page.goto(last)
      await dialog.getByRole('heading', { name: all.at(-1)?.[1] ?? '', exact: true }).waitFor()
      await page.keyboard.press('Escape')
      await page.waitForURL(address)
    })
  }
  assert.deepEqual(complaints, [])
})

/** The rows that show more of themselves. */
const openedRows = (page: Page) => page.locator('tr.opened').count()

test('which rows are open is in the address', { skip }, async () => {
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  for (const path of ['/audit-log', there('/projects/PROJECT/groups'), there('/roles/ROLE')]) {
    await page.goto(path)
    await settled(page)
    const rows = page.locator('button.opener')
    await rows.nth(0).click()
    await rows.nth(1).click()
    await page.waitForFunction(() => document.querySelectorAll('tr.opened').length === 2)
    await page.reload()
    await settled(page)
    assert.equal(await openedRows(page), 2)
    await page.goBack()
    await page.waitForFunction(() => document.querySelectorAll('tr.opened').length === 1)
    await rows.nth(0).click()
    await page.waitForURL((url) => url.pathname === path && url.search === '')
    assert.equal(await openedRows(page), 0)
  }
  assert.deepEqual(complaints, [])
})

test('the row that is closed closes, whichever was opened last, and the others stay open', { skip }, async () => {
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  await page.goto('/audit-log')
  await settled(page)
  const rows = page.locator('button.opener')
  for (const row of [0, 1, 2]) await rows.nth(row).click()
  const areOpen = (...wanted: number[]) =>
    page.waitForFunction((wanted) => {
      const all = [...document.querySelectorAll('button.opener')]
      return `${all.flatMap((one, i) => (one.ariaExpanded === 'true' ? [i] : []))}` === wanted
    }, `${wanted}`)
  await areOpen(0, 1, 2)
  await rows.nth(0).click()
  await areOpen(1, 2)
  await rows.nth(2).click()
  await areOpen(1)
  await rows.nth(1).click()
  await areOpen()
  assert.deepEqual(complaints, [])
})

test('who goes on to edit another row comes back to the list, not to the row before', { skip }, async () => {
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  await page.goto(there('/projects/PROJECT/limits'))
  const address = page.url()
  const edits = page.getByRole('button', { name: /^Edit / })
  await edits.first().waitFor()
  const before = await edits.count()
  assert.ok(before > 1)
  await edits.first().click()
  await page.waitForURL((url) => url.searchParams.has('of'))
  const first = page.url()
  await edits.first().click()
  await page.waitForURL((url) => url.searchParams.has('of') && url.href !== first)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.waitForURL(address)
  await edits.nth(before - 1).waitFor()
  assert.deepEqual(complaints, [])
})

test('an address opens nothing for who may not do it', { skip }, async () => {
  await using opened = await openPage(started.browser, started.app.url)
  const { page, complaints } = opened
  await join(started.app, page, 'Reader')
  for (const path of ['/projects', '/people', '/groups', '/roles', '/admin-keys', '/certificates']) {
    await page.goto(`${path}?open=new`)
    await settled(page)
    assert.equal(await page.getByRole('dialog').count(), 0, path)
  }
  assert.deepEqual(complaints, [])
})
