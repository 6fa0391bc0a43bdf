import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skip } from './browser.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

test('an admin key is shown once, and works until it is disabled, or deleted by its name', { skip }, async () => {
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  await page.getByRole('link', { name: 'Admin keys' }).click()
  await page.getByRole('button', { name: 'New admin key' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Deployment')
  await page.getByLabel('Expires').selectOption('In 7 days')
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = (await page.getByRole('textbox', { name: 'The key' }).innerText()).trim()
  const call = async () => (await started.app.send('GET', '/v1/organization/projects', { key })).status
  assert.equal(await call(), 200)
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('cell', { name: 'Deployment', exact: true }).waitFor()
  assert.ok(!(await page.content()).includes(key), 'the secret is gone with its sheet')

  await page.getByRole('button', { name: 'Disable Deployment' }).click()
  await page.getByRole('button', { name: 'Enable Deployment' }).waitFor()
  assert.equal(await call(), 401)
  await page.getByRole('button', { name: 'Enable Deployment' }).click()
  await page.getByRole('button', { name: 'Disable Deployment' }).waitFor()
  assert.equal(await call(), 200)

  await page.getByRole('button', { name: 'Delete Deployment' }).click()
  const remove = page.getByRole('button', { name: 'Delete key', exact: true })
  assert.ok(await remove.isDisabled())
  await page.getByLabel('to confirm').fill('Deployment')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await remove.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Delete Deployment' }).click()
  assert.ok(await remove.isDisabled(), 'what was typed before is forgotten')
  await page.getByLabel('to confirm').fill('Deployment')
  await remove.click()
  await page.getByRole('button', { name: 'Delete Deployment' }).waitFor({ state: 'detached' })
  assert.equal(await call(), 401)
  assert.deepEqual(complaints, [])
})

test('a group is made, somebody is put into it and taken out of it, and it is deleted by its name', {
  skip,
}, async () => {
  const { organization } = started.app.admin()
  await using opened = await openAsOwner(started, '/groups')
  const { page, complaints } = opened
  await page.getByRole('heading', { name: 'No groups yet' }).waitFor()
  await page.getByRole('button', { name: 'New group' }).first().click()
  await page.getByLabel('Name', { exact: true }).fill('Cooks')
  await page.getByRole('button', { name: 'Create group' }).click()
  await page.getByRole('heading', { name: 'Cooks' }).waitFor()
  const groupId = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  const members = async () => (await organization.groups.users.list(groupId)).data.length

  await page.getByRole('button', { name: 'Add member' }).first().click()
  await page.getByRole('combobox', { name: 'Who' }).fill('own')
  await page.getByRole('option', { name: /^Owner/ }).click()
  await page.getByRole('button', { name: 'Add member' }).last().click()
  await page.getByRole('button', { name: 'Remove Owner' }).click()
  assert.equal(await members(), 1)
  await page.getByLabel('to confirm').fill('owner@localhost')
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByRole('heading', { name: 'Nobody is in it yet' }).waitFor()
  assert.equal(await members(), 0)

  await page.getByRole('button', { name: 'Delete group…' }).click()
  await page.getByLabel('to confirm').fill('Cooks')
  await page.getByRole('button', { name: 'Delete group', exact: true }).click()
  await page.getByRole('heading', { name: 'No groups yet' }).waitFor()
  assert.deepEqual(complaints, [])
})
