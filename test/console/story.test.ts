import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type Server, serve } from '../process/gatehouse.ts'
import { modelsFile } from '../support/models-file.ts'
import { until } from '../support/until.ts'
import { openBrowser, openPage, skip } from './browser.ts'
import { ask, makePlaygroundKey } from './playground-steps.ts'
import { signIn } from './signing-in.ts'
import { accept, archive, invite, makeProject } from './steps.ts'

let file: Awaited<ReturnType<typeof modelsFile>>
let server: Server
let browser: Browser

before(async () => {
  if (skip) return
  file = await modelsFile({ echo: { price_per_million: { input: 2, output: 4 } } })
  server = await serve({ env: { GATEHOUSE_DATABASE_URL: 'sqlite::memory:', GATEHOUSE_CONFIG: file.path } })
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
  await file?.[Symbol.asyncDispose]()
})

/** The link that the start prints, as somebody reads it there. */
async function printedLink(): Promise<string> {
  const find = () => /http\S+(\/sign-in\/link#\S+)/.exec(server.stdout)?.[1]
  await until(find, 'the start has printed a link')
  return find() ?? ''
}

test('from an empty server to a member whose call is limited, counted, recorded and, when the project is archived, refused', {
  skip,
}, async () => {
  await using owners = await openPage(browser, server.url)
  const { page: owner } = owners
  await signIn(owner, await printedLink())
  await makeProject(owner, 'Kitchen')
  const project = new URL(owner.url()).pathname
  const link = await invite(owner, 'ada@example.com')

  await using members = await openPage(browser, server.url)
  const { page: member } = members
  await accept(member, link, 'Ada')
  await owner.goto(`${project}/members`)
  await owner.getByRole('button', { name: 'Add member' }).first().click()
  await owner.getByLabel('Address').fill('ada@example.com')
  await owner.getByRole('button', { name: 'Add member' }).last().click()
  await owner.getByRole('cell', { name: 'Ada', exact: true }).waitFor()

  await member.goto('/playground')
  await makePlaygroundKey(member, 'Kitchen')
  await member.getByRole('combobox', { name: 'Model' }).click()
  await member.getByRole('option', { name: 'echo' }).click()
  const first = await ask(member, 'Hello from the browser')
  assert.equal(await first.getByText('Hello from the browser', { exact: true }).count(), 2, 'asked, and echoed')
  await first.getByText('200', { exact: true }).waitFor()
  await first.getByText(/^\$0\.0000\d+$/).waitFor()

  await owner.goto(`${project}/limits`)
  await owner.getByRole('button', { name: 'Edit Requests a minute of echo', exact: true }).click()
  await owner.getByRole('textbox', { name: 'Maximum: Requests a minute of echo' }).fill('1')
  await owner.getByRole('button', { name: 'Save' }).click()
  await owner.getByRole('progressbar', { name: 'Requests a minute of echo: 0 of 1' }).waitFor()

  // It counts from now on: the next call is the one that it has, and the one behind that, within its minute, is refused.
  const second = await ask(member, 'Once more')
  await second.getByRole('progressbar', { name: 'Requests: 0 of 1 are left' }).waitFor()
  await second.getByText(/all in \d+ (minute|seconds)/).waitFor()
  await until(
    async () => (await (await ask(member, 'And again')).getByText('429', { exact: true }).count()) > 0,
    'a refusal',
  )
  const refused = member.getByRole('article').last()
  await refused.getByText(/Rate limit reached for .* on requests per min \(RPM\): Limit 1, Used 1/).waitFor()
  await refused.getByText(/^The limit lets a call in again/).waitFor()

  await owner.goto(`/usage?project=${project.split('/').at(-1)}&measure=requests`)
  await until(async () => {
    await owner.reload()
    await owner.getByRole('heading', { name: 'Usage and costs' }).waitFor()
    return (await owner.getByRole('row', { name: /^echo [2-9]/ }).count()) > 0
  }, 'the usage shows the calls')

  await owner.goto(project)
  await archive(owner, 'Kitchen')
  const dead = await ask(member, 'Is anybody there?')
  await dead.getByText('401', { exact: true }).waitFor()

  await owner.goto('/audit-log')
  for (const [what, who] of [
    ['Project archived', 'owner@localhost'],
    ['Rate limit changed', 'owner@localhost'],
    ['Key created', 'ada@example.com'],
    ['Invite accepted', 'ada@example.com'],
    ['Invite sent', 'owner@localhost'],
    ['Project created', 'owner@localhost'],
  ] as const) {
    await owner
      .getByRole('row', { name: new RegExp(`${what}.*${who}`) })
      .first()
      .waitFor()
  }
  assert.deepEqual([...owners.complaints, ...members.complaints], [])
})
