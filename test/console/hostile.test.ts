import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { until } from '../support/until.ts'
import { DESK, openPage, settled, skip } from './browser.ts'
import { startFilled } from './filled.ts'
import { follow } from './following.ts'
import { END, flawsOfNames, hurtful, MARKUP, makeHostile, NAME } from './hostile-names.ts'
import { listen } from './other-sites.ts'
import { passwordLink, signIn } from './signing-in.ts'
import { startConsole } from './started.ts'
import { pagesOf, type Visit } from './visits.ts'

const started = startConsole(async (stack) => {
  const { app, there } = stack.use(await startFilled({ [MARKUP]: { price_per_million: { input: 1 } } }))
  await makeHostile(app, there.projectId)
  return { app, there }
})

/** Pages that have to show one of the names, so that nothing else is what was looked at. */
const SHOWN = [
  'home',
  'projects',
  'project',
  'keys',
  'members',
  'accounts',
  'limits',
  'models',
  'settings-archive',
  'people',
].concat(
  ['invites', 'profile', 'my-keys', 'audit-log', 'audit-log-opened', 'usage', 'usage-money', 'usage-project'],
  [
    'admin-keys',
    'groups',
    'all-keys',
    'certificates',
    'webhooks',
    'roles',
    'project-roles',
    'project-groups',
    'project-certificates',
  ],
)

/** What an address can say that the page then shows, and what the server says to it. */
const addressed: Visit[] = [
  ['a project that is not there', `/projects/${encodeURIComponent(NAME)}/keys`],
  ['a page that is not there', `/people/${encodeURIComponent(NAME)}`],
  ['what is looked for', `/projects?name=${encodeURIComponent(NAME)}`],
  ['a cursor', `/people?after=${encodeURIComponent(NAME)}`],
  ['who is looked for in the log', `/audit-log?actor=${encodeURIComponent(NAME)}`],
  ['a project that usage is of', `/usage?project=${encodeURIComponent(NAME)}`],
  ['a role that is not there', `/roles/${encodeURIComponent(NAME)}`],
  ['a certificate that is not there', `/certificates/${encodeURIComponent(NAME)}`],
  ['a webhook endpoint that is not there', `/webhooks/${encodeURIComponent(NAME)}`],
  ['an owner of keys', `/keys?owner=${encodeURIComponent(NAME)}`],
  ['a place to return to', `/sign-in?next=${encodeURIComponent(NAME)}`],
  ['the token of a link', `/sign-in/link#${NAME}`],
  ['the token of an invite', `/invite#${NAME}`],
].map(([what = '', path = '']) => ({ what, go: (page: Page) => page.goto(path) }))

test('a name is text, whatever is in it, on every page that shows one', { skip }, async (t) => {
  await using opened = await openPage(started.browser, started.app.url, 'light', DESK)
  const { page, complaints } = opened
  const hurt = await hurtful(page)
  await signIn(page, await passwordLink(started.app))
  const showing: string[] = []
  const found = new Set<string>()
  const open = (page: Page, path: string) => {
    if (found.has(path)) return follow(page, path)
    found.add(path)
    return page.goto(path)
  }
  for (const { what, go } of [...pagesOf(started.there, open), ...addressed]) {
    await t.test(what, async () => {
      await go(page)
      await settled(page)
      assert.deepEqual(await flawsOfNames(page), [])
      assert.deepEqual([...hurt, ...complaints.splice(0)], [])
      assert.match(await page.title(), / · Gatehouse$/)
      if ((await page.locator('body').innerText()).includes(END)) showing.push(what)
    })
  }
  const hidden = SHOWN.filter((what) => !showing.includes(what))
  assert.deepEqual(hidden, [])
})

test('what is said of a name after a change, and what the server says against one, is text', { skip }, async () => {
  await using opened = await openPage(started.browser, started.app.url)
  const { page, complaints } = opened
  const hurt = await hurtful(page)
  await signIn(page, await passwordLink(started.app))
  const project = `/projects/${started.there.projectId}`
  const isText = async () => assert.deepEqual([...(await flawsOfNames(page)), ...hurt, ...complaints], [])

  await page.goto(`${project}/keys`)
  await page
    .getByRole('button', { name: `Disable ${NAME}` })
    .first()
    .click()
  await page.getByText('calls with it are refused').waitFor()
  await isText()
  await page
    .getByRole('button', { name: `Delete ${NAME}` })
    .first()
    .click()
  const confirm = page.getByRole('button', { name: 'Delete key' })
  assert.ok(await confirm.isDisabled())
  await page.getByLabel('to confirm').fill(MARKUP)
  assert.ok(await confirm.isEnabled(), 'what is seen of a name can be typed')
  await isText()

  await page.goto(`${project}/models`)
  await page.getByRole('button', { name: 'Change models' }).click()
  await page.getByRole('combobox', { name: 'Models', exact: true }).fill(NAME)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').filter({ hasText: END }).waitFor()
  await isText()
})

test('what is copied of an event is what was written, although what nobody sees of it is written out', {
  skip,
}, async () => {
  await using opened = await openPage(started.browser, started.app.url)
  const { page } = opened
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await signIn(page, await passwordLink(started.app))
  await page.goto('/audit-log?type=group.created')
  await page.getByRole('button', { name: 'Group created' }).first().click()
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByText('Copied').waitFor()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  assert.doesNotMatch(copied, /\p{Cf}/u)
  assert.ok(copied.includes('\\u202e'))
  const event = JSON.parse(copied)
  assert.equal(event['group.created'].data.group_name ?? event['group.created'].data.name, NAME)
})

test('a page that writes such a name as it is is found out', { skip }, async () => {
  await using evil = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<h1></h1><p></p><script>
      document.querySelector('p').innerHTML = decodeURIComponent("${encodeURIComponent(NAME)}")
      document.querySelector('p').append(' is gone')
    </script>`)
  })
  await using opened = await openPage(started.browser, `http://127.0.0.1:${evil.port}`)
  const hurt = await hurtful(opened.page)
  await opened.page.goto('/')
  await until(() => hurt.includes(1), 'the script of a picture that is not there')
  const kinds = (await flawsOfNames(opened.page)).map((flaw) => flaw.split(':')[0])
  assert.deepEqual(new Set(kinds), new Set(['markup', 'address', 'turned']))
})
