import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { done } from '../cli/run.ts'
import { CHAT, question } from '../gateway/gate.ts'
import { openPage, skip } from './browser.ts'
import { join } from './joining.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)
const models = '/v1/models'

/** @returns what the key of the form opens: whether it lists models, and calls one */
async function made(page: Page): Promise<{ lists: boolean; calls: boolean }> {
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = (await page.getByRole('textbox', { name: 'The key' }).innerText()).trim()
  await page.getByRole('button', { name: 'Done' }).click()
  const { status } = await started.app.send('GET', models, { key })
  const call = await started.app.send('POST', CHAT, { key, body: { ...question, model: 'echo' } })
  return { lists: status === 200, calls: call.status === 200 }
}

test('a key is narrowed as it is made, one’s own and a service account’s, and is made for somebody else who is in the project', {
  skip,
}, async () => {
  const { app } = started
  const { projects } = app.admin().organization
  const { id: ada } = await done(
    app,
    'user',
    'create',
    '--email',
    'ada@example.com',
    '--name',
    'Ada',
    '--role',
    'reader',
  )
  const { id } = await projects.create({ name: 'Kitchen' })
  await projects.users.create(id, { user_id: ada, role: 'member' })
  await projects.serviceAccounts.create(id, { name: 'Oven' })
  await using opened = await openAsOwner(started, `/projects/${id}/keys`)
  const { page, complaints } = opened
  const dialog = page.getByRole('dialog')
  const reach = dialog.getByLabel('The key may')
  const begin = async (name: string) => {
    await page.getByRole('button', { name: 'New key' }).first().click()
    await dialog.getByLabel('Name', { exact: true }).fill(name)
  }

  await begin('Whole')
  assert.deepEqual(await made(page), { lists: true, calls: true })
  await begin('Reads')
  await reach.selectOption('Read only, and call no models')
  assert.deepEqual(await made(page), { lists: true, calls: false })
  await begin('Calls')
  await reach.selectOption('Do only what is ticked')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await dialog.getByText('a key with nothing ticked could do all').waitFor()
  assert.equal(await dialog.getByLabel('Name', { exact: true }).inputValue(), 'Calls')
  await dialog.getByRole('checkbox', { name: 'Call models' }).check()
  assert.deepEqual(await made(page), { lists: false, calls: true })

  await begin('Hers')
  await dialog.getByRole('combobox', { name: 'Whose' }).fill('ada')
  await page.getByRole('option', { name: 'Ada (ada@example.com)' }).click()
  assert.deepEqual(await made(page), { lists: true, calls: true })
  await page.getByRole('row', { name: /^Hers .* Ada / }).waitFor()

  await page.goto(`/projects/${id}/service-accounts`)
  await page.getByRole('button', { name: 'New key of Oven' }).click()
  await reach.selectOption('Do only what is ticked')
  await dialog.getByRole('checkbox', { name: 'List models' }).check()
  assert.deepEqual(await made(page), { lists: true, calls: false })

  const { data } = await projects.apiKeys.list(id, { limit: 100 })
  const owners = data.map(({ name, owner }) => [name, owner.user?.id === ada])
  assert.deepEqual(
    owners.find(([name]) => name === 'Hers'),
    ['Hers', true],
  )
  assert.deepEqual(complaints, [])
})

test('a member of a project makes keys of their own alone, and is told who makes them for others', {
  skip,
}, async () => {
  const { projects } = started.app.admin().organization
  await using opened = await openPage(started.browser, started.app.url)
  const { page, complaints } = opened
  const user_id = await join(started.app, page, 'Grace')
  const { id } = await projects.create({ name: 'Garden' })
  await projects.users.create(id, { user_id, role: 'member' })
  await page.goto(`/projects/${id}/keys?open=new`)
  const whose = page.getByRole('combobox', { name: 'Whose' })
  await whose.waitFor()
  assert.ok(await whose.isDisabled())
  await page.getByText('Yours. Owners of the project make keys for others.').waitFor()
  await page.getByLabel('Name', { exact: true }).fill('Mine')
  assert.deepEqual(await made(page), { lists: true, calls: true })
  const { data } = await projects.apiKeys.list(id)
  assert.deepEqual(
    data.map(({ owner }) => owner.user?.id),
    [user_id],
  )
  assert.deepEqual(complaints, [])
})
