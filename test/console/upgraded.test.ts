import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { skip } from './browser.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

const assets = new URL('../../console/dist/assets/', import.meta.url)

/** The file of the build that shows a page: of the scripts that the first one names, that which has these words. */
async function fileOf(words: string, ending: string): Promise<string> {
  for (const name of await readdir(assets)) {
    if (name.endsWith(ending) && `${await readFile(new URL(name, assets))}`.includes(words)) return name
  }
  throw new Error(`no file has ${words}`)
}

/** Has a file be gone, as one of the version before is, until the page has been loaded anew. @param forGood or then too */
async function gone(page: Page, file: string, forGood = false) {
  let loads = 0
  let asked = 0
  page.on('request', (request) => {
    if (request.isNavigationRequest()) loads++
  })
  await page.route(`**/assets/${file}`, (route) => {
    asked++
    return loads > 0 && !forGood ? route.continue() : route.fulfill({ status: 404, body: '{}' })
  })
  return { loads: () => loads, asked: () => asked }
}

for (const [what, words, ending, link, heading] of [
  ['a script', 'Owners of the organization see and change everything', '.js', 'People', 'People'],
  ['a style', '.chart-bars', '.css', 'Usage and costs', 'Usage and costs'],
] as const) {
  test(`a tab of the version before, for which ${what} is gone, loads itself anew when that page is asked for, and not before`, {
    skip,
  }, async () => {
    await using opened = await openAsOwner(started, '/projects')
    const { page } = opened
    await page.getByRole('button', { name: 'New project' }).waitFor()
    const { loads, asked } = await gone(page, await fileOf(words, ending))
    await page.getByRole('textbox', { name: 'Find a project' }).fill('typed')
    const refused = page.waitForResponse((response) => response.status() === 404)
    await page.getByRole('link', { name: link, exact: true }).hover()
    await refused
    await page.waitForURL((url) => url.search === '?name=typed')
    assert.deepEqual([loads(), asked()], [0, 1], 'a pointer that passes over a link takes nothing away')
    await page.getByRole('link', { name: link, exact: true }).click()
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
    assert.equal(loads(), 1)
  })

  test(`${what} that is gone for good is told, and the page is not loaded again and again`, { skip }, async () => {
    await using opened = await openAsOwner(started, '/projects')
    const { page } = opened
    await page.getByRole('button', { name: 'New project' }).waitFor()
    const { loads } = await gone(page, await fileOf(words, ending), true)
    await page.getByRole('link', { name: link, exact: true }).click()
    await page.getByRole('button', { name: 'Load it again' }).waitFor()
    assert.equal(loads(), 1)
  })
}
