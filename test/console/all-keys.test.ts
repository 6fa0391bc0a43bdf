import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, question } from '../gateway/gate.ts'
import { skip } from './browser.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

test('a key of anybody is found by its name, kind, status and owner, as the address says, and is stopped', {
  skip,
}, async () => {
  const { organization } = started.app.admin()
  const keys: Record<string, string> = {}
  for (const [name, account] of [
    ['Kitchen', 'Oven'],
    ['Garden', 'Sprinkler'],
  ] as const) {
    const project = await organization.projects.create({ name })
    const { api_key } = await organization.projects.serviceAccounts.create(project.id, { name: account })
    keys[account] = api_key?.value ?? ''
  }
  const script = await organization.adminAPIKeys.create({ name: 'Deployment' })
  const call = async () =>
    (await started.app.send('POST', CHAT, { key: keys.Oven ?? '', body: { ...question, model: 'echo' } })).status
  assert.equal(await call(), 200)

  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  await page.getByRole('link', { name: 'All keys' }).click()
  const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) })
  for (const name of ['Oven', 'Sprinkler', 'Deployment']) await row(name).waitFor()

  await page.getByLabel('Kind').selectOption('Admin keys')
  await page.waitForURL((url) => url.search === '?kind=admin')
  await row('Oven').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Disable Deployment' }).click()
  await page.getByRole('button', { name: 'Enable Deployment' }).waitFor()
  assert.equal((await started.app.send('GET', '/v1/organization/projects', { key: script.value })).status, 401)

  await page.getByLabel('Kind').selectOption('Both kinds')
  await page.getByRole('textbox', { name: 'Name' }).fill('OVEN')
  await page.waitForURL((url) => url.search === '?name=OVEN')
  await row('Deployment').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Disable Oven' }).click()
  await page.getByRole('button', { name: 'Enable Oven' }).waitFor()
  assert.equal(await call(), 401)

  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByLabel('Status').selectOption('Disabled')
  await row('Sprinkler').waitFor({ state: 'detached' })
  await row('Deployment').waitFor()
  await page.getByRole('button', { name: 'Enable Oven' }).click()
  await row('Oven').waitFor({ state: 'detached' })
  assert.equal(await call(), 200)

  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByRole('link', { name: 'Oven (service account)' }).click()
  await page.waitForURL((url) => url.searchParams.get('owner')?.startsWith('svc_acct_') === true)
  await row('Sprinkler').waitFor({ state: 'detached' })
  assert.equal(await page.getByRole('combobox', { name: 'Owner' }).inputValue(), 'Oven')

  await page.getByRole('button', { name: 'Delete Oven' }).click()
  const remove = page.getByRole('button', { name: 'Delete key', exact: true })
  await page.getByLabel('to confirm').fill('Ove')
  assert.ok(await remove.isDisabled())
  await page.getByLabel('to confirm').fill('Oven')
  await remove.click()
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor()
  assert.equal(await call(), 401)
  assert.deepEqual(complaints, [])
})
