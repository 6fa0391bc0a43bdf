import assert from 'node:assert/strict'
import { test } from 'node:test'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { until } from '../gateway/upstream.ts'
import { DESK, openPage, PHONE, settled, skip } from './browser.ts'
import { startFilled } from './filled.ts'
import { follow } from './following.ts'
import { passwordLink, signIn } from './signing-in.ts'
import { startConsole } from './started.ts'
import { pagesOf } from './visits.ts'

const started = startConsole(async (stack) => stack.use(await startFilled()))

/** What is wrong with a page as it stands there. */
async function flawsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source)
  return await page.evaluate(async () => {
    const found = await (Reflect.get(globalThis, 'axe') as typeof axe).run({ resultTypes: ['violations'] })
    const htmlOf = (nodes: readonly { html: string }[]) => nodes.map(({ html }) => html.slice(0, 150)).join(' | ')
    const flaws = found.violations.map(({ id, nodes }) => `${id}: ${htmlOf(nodes)}`)
    const wide = document.documentElement.scrollWidth - innerWidth
    return wide > 0 ? [...flaws, `${wide} pixels too wide`] : flaws
  })
}

for (const [name, scheme, viewport] of [
  ['in light, on a desk', 'light', DESK],
  ['in the dark, on a phone', 'dark', PHONE],
] as const) {
  test(`no page breaks its policy, keeps anybody out or is wider than its window: ${name}`, { skip }, async (t) => {
    await using opened = await openPage(started.browser, started.app.url, scheme, viewport)
    const { page, complaints } = opened
    const link = await passwordLink(started.app)
    for (const path of ['/sign-in', '/sign-in?failed=no_member', '/sign-in/link', link, '/invite', '/invite#token']) {
      await page.goto(path)
      await settled(page)
      assert.deepEqual([path, ...(await flawsOf(page)), ...complaints], [path])
    }
    await signIn(page, link)
    for (const { what, go } of pagesOf(started.there, follow)) {
      await t.test(what, async () => {
        await go(page)
        await settled(page)
        assert.deepEqual(await flawsOf(page), [])
        assert.deepEqual(complaints.splice(0), [])
      })
    }
  })
}

test('a style or a script that stands in the page is refused, and the tests hear of it', { skip }, async () => {
  await using opened = await openPage(started.browser, started.app.url)
  const { page, complaints } = opened
  await page.goto('/sign-in')
  await settled(page)
  await page.evaluate(() => document.head.append(document.createElement('style')))
  await page.evaluate(() => {
    document.head.querySelectorAll('style')[0]?.append('body { color: red }')
    const script = document.createElement('script')
    try {
      script.text = 'globalThis.ran = true'
      document.head.append(script)
    } catch {
      // Trusted Types refuse it before the policy of scripts does.
    }
  })
  assert.equal(await page.evaluate(() => 'ran' in globalThis), false)
  for (const rule of ['style-src', 'require-trusted-types-for']) {
    const isHeard = () => complaints.some((complaint) => complaint.startsWith(`policy: ${rule}`))
    await until(isHeard, `a word on ${rule}`)
  }
})
