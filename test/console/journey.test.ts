import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, question } from '../gateway/gate.ts'
import { openPage, skip } from './browser.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'
import { accept, archive, invite, makeProject } from './steps.ts'

const started = startConsole(emptyServer)

test('somebody signs in by a link, makes a project and a key, and the key calls a model until its project is archived', {
  skip,
}, async () => {
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  assert.equal(new URL(page.url()).pathname, '/')

  await makeProject(page, 'Kitchen')
  await page.goto('/projects')
  await page.getByRole('textbox', { name: 'Find a project' }).fill('kitch')
  await page.waitForURL((url) => url.search === '?name=kitch')
  await page.getByRole('link', { name: 'Default project' }).waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Kitchen' }).click()
  await page.getByRole('link', { name: 'API keys' }).click()
  await page.getByRole('button', { name: 'New key' }).first().click()
  await page.getByLabel('Name', { exact: true }).fill('Oven')
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = (await page.getByRole('textbox', { name: 'The key' }).innerText()).trim()
  const call = () => started.app.send('POST', CHAT, { key, body: { ...question, model: 'echo' } })
  assert.equal((await call()).status, 200)
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('cell', { name: 'Oven', exact: true }).waitFor()
  assert.ok(!(await page.content()).includes(key), 'the secret is gone with its sheet')
  await page.getByRole('button', { name: 'Disable Oven' }).click()
  await page.getByRole('button', { name: 'Enable Oven' }).waitFor()
  assert.equal((await call()).status, 401)
  await page.getByRole('button', { name: 'Enable Oven' }).click()
  await page.getByRole('button', { name: 'Disable Oven' }).waitFor()
  assert.equal((await call()).status, 200)

  await archive(page, 'Kitchen')
  assert.equal((await call()).status, 401)
  assert.deepEqual(complaints, [])
})

test('who was invited accepts in a browser of their own, makes a key in the project that they are in, and sees what they may not do', {
  skip,
}, async () => {
  await using owners = await openAsOwner(started)
  const link = await invite(owners.page, 'ada@example.com')

  await using members = await openPage(started.browser, started.app.url)
  const { page } = members
  await accept(page, link, 'Ada')
  await page.getByRole('link', { name: 'Default project' }).click()
  await page.getByRole('link', { name: 'API keys' }).click()
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Mine')
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = (await page.getByRole('textbox', { name: 'The key' }).innerText()).trim()
  const call = () => started.app.send('POST', CHAT, { key, body: { ...question, model: 'echo' } })
  assert.equal((await call()).status, 200)
  await page.goto('/profile/keys')
  await page.getByRole('button', { name: 'Disable Mine' }).click()
  await page.getByRole('button', { name: 'Enable Mine' }).waitFor()
  assert.equal((await call()).status, 401)
  await page.goto('/projects')
  const denied = page.getByRole('button', { name: /^New project.*Owners of the organization can do this/ })
  await denied.click({ force: true })
  assert.equal(await page.getByRole('dialog').count(), 0)
  assert.deepEqual([...owners.complaints, ...members.complaints], [])
})
