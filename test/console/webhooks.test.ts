import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { type Receiver, startReceiver } from '../gateway/webhooks/receiver.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { until } from '../support/until.ts'
import { skip } from './browser.ts'
import { openAsOwner, startConsole } from './started.ts'

const started = startConsole(async (stack): Promise<{ app: TestApp; receiver: Receiver }> => {
  const receiver = stack.use(await startReceiver())
  const env = { GATEHOUSE_WEBHOOK_NETWORKS: '127.0.0.0/8' }
  return { app: stack.use(await startTestApp({ only: 'admin,gateway,docs,console', env })), receiver }
})

test('a webhook endpoint is made, shows its secret once, is told, tested, changed and given a new secret, shows what did not arrive, and is deleted by its name', {
  skip,
}, async () => {
  const { app, receiver } = started
  const { webhooks } = new OpenAI({ apiKey: 'none' })
  const heard = async (path: string, secret: string) => {
    const last = receiver.delivered.filter((one) => one.path === path).at(-1)
    return webhooks.unwrap(last?.body ?? '', last?.headers as Record<string, string>, secret)
  }
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  const dialog = page.getByRole('dialog')
  await page.getByRole('link', { name: 'Webhooks' }).click()
  await page.getByRole('heading', { name: 'No webhook endpoints yet' }).waitFor()

  await page.getByRole('button', { name: 'New endpoint' }).first().click()
  await dialog.getByLabel('Name').fill('Pager')
  await dialog.getByLabel('URL').fill('https://10.0.0.1/')
  await dialog.getByRole('button', { name: 'Create endpoint' }).click()
  await dialog.getByText('Tick at least one').waitFor()
  await dialog.getByLabel('Keys two weeks before they expire').check()
  await dialog.getByRole('button', { name: 'Create endpoint' }).click()
  await dialog.getByRole('alert').filter({ hasText: 'is not public' }).waitFor()
  assert.equal(await dialog.getByLabel('Name').inputValue(), 'Pager')
  await dialog.getByLabel('URL').fill(`${receiver.url}/one`)
  await dialog.getByRole('button', { name: 'Create endpoint' }).click()
  const shown = dialog.getByRole('textbox', { name: 'The signing secret' })
  const first = await shown.innerText()
  assert.match(first, /^whsec_/)
  await dialog.getByRole('button', { name: 'Copy' }).first().waitFor()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByText('Nothing waits').waitFor()
  assert.ok(!(await page.content()).includes(first))

  await page.getByRole('link', { name: 'Pager' }).click()
  await page.getByText(`${receiver.url}/one`).waitFor()
  await page.getByRole('button', { name: 'Send test' }).click()
  await dialog.getByRole('button', { name: 'Send test' }).click()
  await receiver.received(1, '/one')
  assert.equal(`${(await heard('/one', first)).type}`, 'api_key.expiring')

  await page.getByRole('button', { name: 'Rotate secret' }).click()
  await dialog.getByLabel('Sign with the old secret too for 24 hours').uncheck()
  await dialog.getByRole('button', { name: 'Rotate secret' }).click()
  const second = await shown.innerText()
  assert.notEqual(second, first)
  await dialog.getByRole('button', { name: 'Done' }).click()

  receiver.answer('/two', 500)
  await page.getByRole('button', { name: 'Change' }).click()
  await dialog.getByLabel('URL').fill(`${receiver.url}/two`)
  await dialog.getByLabel('Keys two weeks before they expire').uncheck()
  await dialog.getByLabel('Each event of the audit log').check()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await receiver.received(1, '/two')
  await assert.rejects(heard('/two', first))
  assert.equal(`${(await heard('/two', second)).type}`, 'audit_log.created')
  const row = page.getByRole('button', { name: 'Each event of the audit log' })
  await until(async () => (await row.count()) > 0, 'what did not arrive')
  await page.getByText('Is tried again').first().waitFor()
  await row.first().click()
  await page.getByText('the status 500').waitFor()

  await page.getByRole('button', { name: 'Delete endpoint…' }).click()
  await page.getByLabel('to confirm').fill('Pager')
  await page.getByRole('button', { name: 'Delete endpoint', exact: true }).click()
  await page.getByRole('heading', { name: 'No webhook endpoints yet' }).waitFor()
  assert.deepEqual((await app.send('GET', '/v1/organization/webhook_endpoints')).body.data, [])
  assert.deepEqual(complaints, [])
})
