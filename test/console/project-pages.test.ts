import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { openBrowser, openPage, skip } from './browser.ts'
import { passwordLink, signIn, startFilled } from './visits.ts'

let started: Awaited<ReturnType<typeof startFilled>>
let browser: Browser

before(async () => {
  if (skip) return
  started = await startFilled()
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await started?.[Symbol.asyncDispose]()
})

/** A page of the project, seen by the first owner. */
async function openProject(path: string) {
  const opened = await openPage(browser, started.app.url)
  await signIn(opened.page, await passwordLink(started.app))
  await opened.page.goto(`/projects/${started.there.projectId}/${path}`)
  return opened
}

test('a rate limit is changed in its row; what is refused says why and keeps what was typed; what is used stands beside it', {
  skip,
}, async () => {
  await using opened = await openProject('limits')
  const { page, complaints } = opened
  const { projects } = started.app.admin().organization
  const limit = async () => {
    const { data } = await projects.rateLimits.listRateLimits(started.there.projectId)
    return data.find(({ model }) => model === 'echo')?.max_requests_per_1_day
  }
  await page.getByRole('progressbar', { name: 'Requests a day of echo: 4 of 5' }).waitFor()
  await page.getByRole('button', { name: 'Edit Requests a day of echo', exact: true }).click()
  const field = page.getByRole('textbox', { name: 'Maximum: Requests a day of echo' })
  await field.fill('20,000')
  await field.press('Enter')
  await page.getByText("is above what the organization may use of 'echo', which is 10000").waitFor()
  assert.equal(await field.inputValue(), '20,000')
  await field.fill('-1')
  await field.press('Enter')
  await page.getByText('A whole number; 0 blocks.').waitFor()
  assert.equal(await limit(), 5)
  await field.fill('40')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('progressbar', { name: 'Requests a day of echo: 4 of 40' }).waitFor()
  assert.equal(await limit(), 40)
  await page.getByRole('button', { name: 'Edit Requests a day of echo', exact: true }).click()
  await field.fill('')
  await field.press('Enter')
  await page.getByRole('progressbar', { name: 'Requests a day of echo: 4 of 10000' }).waitFor()
  await page.getByRole('textbox', { name: 'Find a model' }).fill('mini')
  await page.waitForURL((url) => url.search === '?name=mini')
  await page.getByText('echo-mini').first().waitFor()
  await page.getByText('blocked', { exact: true }).first().waitFor({ state: 'detached' })
  assert.deepEqual(complaints, [])
})
