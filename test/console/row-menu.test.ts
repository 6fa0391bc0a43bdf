import assert from 'node:assert/strict'
import { test } from 'node:test'
import { done } from '../cli/run.ts'
import { startTestApp } from '../support/harness.ts'
import { openBrowser, openPage, PHONE, settled, skip } from './browser.ts'
import { passwordLink, signIn } from './signing-in.ts'

test('on a phone what can be done with somebody is in one menu, which says why something cannot', {
  skip,
}, async () => {
  await using app = await startTestApp({ only: 'admin,gateway,docs,console' })
  await done(app, 'user', 'create', '--email', 'ada@example.com', '--name', 'Ada', '--role', 'reader')
  await using browser = await openBrowser()
  await using opened = await openPage(browser, app.url, 'light', PHONE)
  const { page, complaints } = opened
  await signIn(page, await passwordLink(app))
  await page.goto('/people')
  await settled(page)
  assert.equal(await page.getByRole('button', { name: /^Remove/ }).count(), 0)
  const items = page.getByRole('menuitem')

  await page.getByRole('button', { name: 'Actions of Owner' }).click()
  await items.first().waitFor()
  const words = ['Roles', 'Sessions', 'Password link', 'Reset factor', 'Remove']
  assert.deepEqual(
    (await items.allInnerTexts()).map((text) => text.split('\n')[0]),
    words,
  )
  const own = items.filter({ hasText: 'Remove' })
  assert.match(await own.innerText(), /Another owner of the organization can remove you/)
  assert.equal(await own.getAttribute('aria-disabled'), 'true')
  await own.click({ force: true })
  assert.equal(await page.getByRole('dialog').count(), 0)
  await page.keyboard.press('Escape')
  await items.first().waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Actions of Ada' }).click()
  await items.filter({ hasText: 'Remove' }).click()
  await page.getByLabel('to confirm').fill('ada@example.com')
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByRole('button', { name: 'Actions of Ada' }).waitFor({ state: 'detached' })
  assert.deepEqual(complaints, [])
})
