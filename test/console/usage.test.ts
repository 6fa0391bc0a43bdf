import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { COLORED, LISTED, ranked, sum } from '../../console/src/pages/usage/ranked.ts'
import { windowOf } from '../../console/src/pages/usage/window.ts'
import { recordUsage } from '../../src/db/usage.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { openBrowser, openPage, settled, skip } from './browser.ts'
import { passwordLink, signIn } from './visits.ts'

let app: TestApp
let browser: Browser

before(async () => {
  if (skip) return
  app = await startTestApp({ only: 'admin,gateway,docs,console' })
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await app?.[Symbol.asyncDispose]()
})

test('usage shows by model, key, user and project, in tokens, requests and money, as the address says, and is saved whole', {
  skip,
}, async () => {
  const { organization } = app.admin()
  const project = await organization.projects.create({ name: 'Kitchen' })
  const { id: organization_id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const account = await organization.projects.serviceAccounts.create(project.id, { name: 'Oven' })
  const of = { organization_id, project_id: project.id, api_key_id: account.api_key?.id ?? '', user_id: account.id }
  const at = Math.floor(Date.now() / 1000)
  const models = Array.from({ length: LISTED + 4 }, (_, i) => `model-${String(i).padStart(2, '0')}`)
  await recordUsage(app.db, [
    ...models.map((model, i) => ({
      ...{ ...of, at, kind: 'completions' as const, model, input_tokens: 1000 - i, output_tokens: 1 },
      ...{ num_model_requests: 2 },
    })),
    { ...of, at, kind: 'embeddings', model: 'model-00', input_tokens: 500, num_model_requests: 1 },
    { ...of, at, kind: 'costs', line_item: 'model-00, input_tokens', amount_nano: 1_250_000_000 },
    { ...of, at, kind: 'costs', line_item: 'model-00, output_tokens', amount_nano: 250_000_000 },
  ])
  await using opened = await openPage(browser, app.url)
  const { page, complaints } = opened
  await signIn(page, await passwordLink(app))

  await page.goto('/usage')
  const rows = page.getByRole('table', { name: /^Usage by/ }).getByRole('row')
  await page.getByRole('row', { name: /^model-00 1,501 / }).waitFor()
  await page.getByRole('row', { name: /^All others 3,918 / }).waitFor()
  assert.equal(await rows.count(), 1 + LISTED + 1)
  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'CSV' }).click(),
  ])
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n')
  assert.equal(lines[0], 'begins,model,tokens')
  assert.equal(lines.length, 1 + models.length, 'also those that are not listed by themselves')

  await page.getByText('Money', { exact: true }).click()
  await page.getByRole('row', { name: 'model-00 $1.50 100%' }).waitFor()
  assert.equal(new URL(page.url()).search, '?measure=money')
  await page.getByText('Requests', { exact: true }).click()
  await page.getByLabel('By', { exact: true }).selectOption('Project')
  await page.getByRole('row', { name: 'Kitchen 49 100%' }).waitFor()
  await page.getByLabel('By', { exact: true }).selectOption('Key')
  await page.getByRole('row', { name: `${account.api_key?.name} 49 100%` }).waitFor()
  await page.getByLabel('By', { exact: true }).selectOption('User or service account')
  await page.getByRole('row', { name: `${account.id} 49 100%` }).waitFor()
  await page.getByLabel('Each bar').selectOption('An hour')
  await page.waitForURL((url) => url.search === '?measure=requests&by=user&bucket=1h')
  await page.getByRole('heading', { name: 'By hour' }).waitFor()
  await settled(page)
  assert.deepEqual(complaints, [])
})

test('who used most comes first, and the others are one sum', () => {
  const groups = new Map(Array.from({ length: 10 }, (_, i) => [`${i}`, [i, 10 * i]]))
  const all = ranked({ buckets: [0, 1], groups }, COLORED)
  assert.equal(all.length, COLORED + 1)
  assert.deepEqual(all[0], { id: '9', amounts: [9, 90], total: 99, isRest: false })
  assert.deepEqual(all.at(-1), { id: '', amounts: [3, 30], total: 33, isRest: true })
  assert.equal(sum(all.map(({ total }) => total)), 11 * 45)
})

test('what is shown are whole buckets until now, as many as the address says', () => {
  const day = 86_400
  const now = 20_000 * day + 5 * 3600 + 7
  for (const [view, window] of [
    [{}, { start: 19_994 * day, end: 20_001 * day, width: day, bucket: '1d' }],
    [{ days: 1 }, { start: 19_999 * day + 6 * 3600, end: 20_000 * day + 6 * 3600, width: 3600, bucket: '1h' }],
    // An hour's bar would be too thin, or is not kept.
    [
      { days: 30, bucket: '1h' },
      { start: 19_971 * day, end: 20_001 * day, width: day, bucket: '1d' },
    ],
    [
      { measure: 'money', days: 1 },
      { start: 20_000 * day, end: 20_001 * day, width: day, bucket: '1d' },
    ],
    [
      { from: 100 * day + 9, until: 102 * day - 9 },
      { start: 100 * day, end: 102 * day, width: day, bucket: '1d' },
    ],
    // Nothing is later than now, and the end is behind the start.
    [{ from: 90_000 * day }, { start: 20_000 * day, end: 20_001 * day, width: day, bucket: '1d' }],
  ] as const) {
    assert.deepEqual(windowOf(view, now), window)
  }
})
