import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { COLORED, seriesOf, sum } from '../../console/src/pages/usage/series.ts'
import { windowOf } from '../../console/src/pages/usage/window.ts'
import { recordUsage } from '../../src/db/usage.ts'
import { settled, skip } from './browser.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

/** How many the server tells by themselves. */
const LISTED = 20

const started = startConsole(emptyServer)

/** What a project used now, in a project of its own, by one of its service accounts and by a key that is gone. */
async function useSome() {
  const { organization } = started.app.admin()
  const project = await organization.projects.create({ name: 'Kitchen' })
  const { id: organization_id } = await started.app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const [owner] = (await organization.users.list()).data
  const account = await organization.projects.serviceAccounts.create(project.id, { name: 'Oven' })
  const of = { organization_id, project_id: project.id, api_key_id: account.api_key?.id ?? '', user_id: account.id }
  const at = Math.floor(Date.now() / 1000)
  const models = Array.from({ length: LISTED + 4 }, (_, i) => `model-${String(i).padStart(2, '0')}`)
  await recordUsage(started.app.db, [
    ...models.map((model, i) => ({
      ...{ ...of, at, kind: 'completions' as const, model, input_tokens: 1000 - i, output_tokens: 1 },
      ...{ num_model_requests: 2, input_cached_tokens: 5 },
    })),
    { ...of, at, kind: 'embeddings', model: 'model-00', batch: 1, input_tokens: 500, num_model_requests: 1 },
    { ...of, at, kind: 'costs', line_item: 'model-00, input_tokens', amount_nano: 1_250_000_000 },
    { ...of, at, kind: 'costs', line_item: 'model-00, output_tokens', batch: 1, amount_nano: 250_000_000 },
    {
      ...{ organization_id, at, kind: 'embeddings' as const, project_id: 'proj_other', user_id: owner?.id ?? '' },
      ...{ api_key_id: 'key_of_nobody', model: 'model-00', input_tokens: 0, num_model_requests: 1 },
    },
    // A week before.
    { ...of, at: at - 7 * 86_400, kind: 'completions', model: 'model-00', input_tokens: 100, num_model_requests: 7 },
  ])
  return { project, account, owner, models }
}

test('usage shows by whom the address says, in tokens, requests and money, beside the period before, and is saved whole', {
  skip,
}, async () => {
  const { project, account, owner, models } = await useSome()
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  const save = async (word: string) => {
    await page.getByRole('button', { name: 'Export' }).click()
    const item = page.getByRole('menuitem', { name: word })
    const [download] = await Promise.all([page.waitForEvent('download'), item.click()])
    return (await readFile(await download.path(), 'utf8')).trim().split('\r\n')
  }

  await page.goto('/usage')
  const rows = page.getByRole('table', { name: /^Usage by/ }).getByRole('row')
  await page.getByRole('row', { name: /^model-00 1,500 5 1 1,501 / }).waitFor()
  await page.getByRole('row', { name: /^All others 3,914 20 4 3,918 / }).waitFor()
  assert.equal(await rows.count(), 1 + LISTED + 1)
  const shown = await save('CSV of what is shown')
  assert.deepEqual([shown[0], shown.length], ['begins,model,tokens', 1 + LISTED + 1])
  const all = await save('CSV of everybody, from the reports')
  const counts = 'input_tokens,input_cached_tokens,output_tokens,num_model_requests'
  assert.equal(all[0], `begins,report,model,${counts}`)
  assert.equal(all.length, 1 + models.length + 1, 'also those that are not listed by themselves')
  assert.ok(all.some((line) => line.endsWith(',embeddings,model-00,500,0,0,2')))

  await page.getByText('Money', { exact: true }).click()
  await page.getByRole('row', { name: 'model-00 $1.50 100%' }).waitFor()
  assert.equal(new URL(page.url()).search, '?measure=money')
  assert.deepEqual(
    (await save('CSV of everybody, from the reports')).map((line) => line.replace(/^[^,]*,/, '')),
    ['line_item,dollars', '"model-00, input_tokens",1.25', '"model-00, output_tokens",0.25'],
  )
  await page.getByText('Requests', { exact: true }).click()
  const by = page.getByLabel('By', { exact: true })
  await by.selectOption('Project')
  await page.getByRole('row', { name: 'Kitchen 49 98%' }).waitFor()
  await page.getByRole('row', { name: 'proj_other Deleted 1 2%' }).waitFor()
  await by.selectOption('Key')
  await page.getByRole('row', { name: `${account.api_key?.name} 49 98%` }).waitFor()
  await page.getByRole('row', { name: 'key_of_nobody Deleted 1 2%' }).waitFor()
  await by.selectOption('User')
  await page.getByRole('row', { name: `${owner?.email} 1 100%` }).waitFor()
  await by.selectOption('Service account')
  await page.getByRole('row', { name: 'Oven 49 100%' }).waitFor()
  await by.selectOption('Live or batch')
  await page.getByRole('row', { name: 'Live calls 49 98%' }).waitFor()
  await page.getByRole('row', { name: 'Batches 1 2%' }).waitFor()
  const two = await save('CSV of what is shown')
  assert.deepEqual(
    two.map((line) => line.replace(/^[^,]*,/, '')),
    ['batch,requests', 'Live calls,49', 'Batches,1'],
  )
  await page.getByText('Money', { exact: true }).click()
  await page.getByRole('row', { name: 'Live calls $1.25 83.3%' }).waitFor()
  await page.getByRole('row', { name: 'Batches $0.25 16.7%' }).waitFor()
  await page.getByText('Requests', { exact: true }).click()
  await by.selectOption('Service account')
  await page.getByLabel('Compare with the period before').check()
  await page.getByRole('row', { name: 'Oven 49 100% 7 +600%' }).waitFor()
  await page.getByLabel('Each bar').selectOption('An hour')
  await page.waitForURL(({ searchParams: said }) => said.get('bucket') === '1h' && said.get('compare') === 'true')
  await page.getByRole('heading', { name: 'By hour' }).waitFor()
  await page.getByLabel('Time', { exact: true }).selectOption('Last hour')
  await page.getByRole('heading', { name: 'By minute' }).waitFor()

  await page.goto(`/projects/${project.id}/usage?by=model`)
  await page.getByRole('row', { name: /^model-00 1,500 5 1 1,501 / }).waitFor()
  await page.getByText('Requests', { exact: true }).click()
  await page.getByText('49 requests').waitFor()
  assert.equal(await page.getByLabel('Project', { exact: true }).count(), 0)
  await settled(page)
  assert.deepEqual(complaints, [])
})

test('those who used most have a color, and the others are one part of the bars', () => {
  const group = (i: number) => ({ key: `of ${i}`, name: `${i}`, isRest: false, amounts: [i, 10 * i] })
  const groups = Array.from({ length: 10 }, (_, i) => group(9 - i))
  const told = { buckets: [0, 1], groups: groups as never }
  const series = seriesOf(told)
  assert.equal(series.length, COLORED + 1)
  assert.deepEqual(series[0], group(9))
  assert.deepEqual(series.at(-1), { key: 'rest', name: 'All others', amounts: [3, 30], isRest: true })
  assert.equal(sum(series.flatMap(({ amounts }) => amounts)), 11 * 45)
  assert.deepEqual(seriesOf({ ...told, groups: groups.slice(0, COLORED) as never }), groups.slice(0, COLORED))
})

test('what is shown are whole buckets until now, as many as the address says', () => {
  const day = 86_400
  const now = 20_000 * day + 5 * 3600 + 7
  for (const [view, window] of [
    [{}, { start: 19_994 * day, end: 20_001 * day, width: day, bucket: '1d' }],
    [{ days: 1 }, { start: 19_999 * day + 6 * 3600, end: 20_000 * day + 6 * 3600, width: 3600, bucket: '1h' }],
    // An hour's bar would be too thin.
    [
      { days: 30, bucket: '1h' },
      { start: 19_971 * day, end: 20_001 * day, width: day, bucket: '1d' },
    ],
    [{ hours: 1 }, { start: 20_000 * day + 4 * 3600 + 60, end: 20_000 * day + 5 * 3600 + 60, width: 60, bucket: '1m' }],
    // Less than a day is no day.
    [
      { hours: 6, bucket: '1d' },
      { start: 19_999 * day + 23 * 3600 + 60, end: 20_000 * day + 5 * 3600 + 60, width: 60, bucket: '1m' },
    ],
    [
      { measure: 'money', hours: 6, bucket: '1h' },
      { start: 20_000 * day, end: 20_000 * day + 6 * 3600, width: 3600, bucket: '1h' },
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
