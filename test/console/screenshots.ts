/*
 * `npm run console:screenshots [-- FOLDER [WORD…]]`: every page of the console, or those with one of the words in their name, in
 * both themes and on a phone, for somebody to look at.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DESK, openBrowser, openPage, PHONE, settled, skip } from './browser.ts'
import { startFilled } from './filled.ts'
import { passwordLink, signIn } from './signing-in.ts'
import { pagesOf } from './visits.ts'

const [folder = 'data/screenshots', ...words] = process.argv.slice(2)
const isWanted = (what: string) => words.length === 0 || words.some((word) => what.includes(word))

if (skip !== false) {
  process.stderr.write(`No screenshots: ${skip}.\n`)
  process.exitCode = 1
} else {
  mkdirSync(folder, { recursive: true })
  await using started = await startFilled()
  const { app, there } = started
  await using browser = await openBrowser()
  for (const [name, scheme, viewport] of [
    ['light', 'light', DESK],
    ['dark', 'dark', DESK],
    ['phone', 'light', PHONE],
    ['phone-dark', 'dark', PHONE],
  ] as const) {
    await using opened = await openPage(browser, app.url, scheme, viewport)
    const { page } = opened
    const link = await passwordLink(app)
    for (const [what, path] of [
      ['sign-in', '/sign-in'],
      ['sign-in-failed', '/sign-in?failed=no_member'],
      ['password-link', link],
    ] as const) {
      if (!isWanted(what)) continue
      await page.goto(path)
      await settled(page)
      await page.screenshot({ path: join(folder, `${what}.${name}.png`) })
    }
    await signIn(page, link)
    for (const { what, go } of pagesOf(there)) {
      if (!isWanted(what)) continue
      await go(page)
      await settled(page)
      // Of a page that is scrolled what stays in its place would be drawn in the middle.
      await page.evaluate(() => scrollTo(0, 0))
      await page.screenshot({ path: join(folder, `${what}.${name}.png`), fullPage: true })
    }
    for (const complaint of opened.complaints) process.stderr.write(`${name}: ${complaint}\n`)
  }
  process.stdout.write(`They are in ${folder}.\n`)
}
