import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { CHAT, question } from '../gateway/gate.ts'
import { makeCertificate } from '../support/certificates.ts'
import { skip } from './browser.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

/** Presses a button of a row or a page, and then what it asks for again. */
async function confirmed(page: Page, name: string, action: string) {
  await page.getByRole('button', { name }).click()
  await page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

test('a certificate is dropped or pasted, says whose it is, binds calls from when it is activated until it is not, and is deleted by its name', {
  skip,
}, async () => {
  const { projects } = started.app.admin().organization
  const project = await projects.create({ name: 'Kitchen' })
  const { api_key } = await projects.serviceAccounts.create(project.id, { name: 'Oven' })
  const call = async () => {
    const answer = await started.app.send('POST', CHAT, {
      key: api_key?.value ?? '',
      body: { ...question, model: 'echo' },
    })
    return answer.status === 200 ? 200 : answer.body.error.code
  }
  const { pem } = await makeCertificate('Partners', { expiresIn: 10 })
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  await page.getByRole('link', { name: 'Certificates' }).click()
  await page.getByRole('heading', { name: 'No certificates yet' }).waitFor()

  await page.getByRole('button', { name: 'Add certificate' }).first().click()
  const dialog = page.getByRole('dialog')
  const field = dialog.getByLabel('Certificate')
  await field.fill('no certificate')
  await dialog.getByRole('button', { name: 'Add certificate' }).click()
  await dialog.getByRole('alert').filter({ hasText: 'it is not one PEM block' }).waitFor()
  assert.equal(await field.inputValue(), 'no certificate')
  const dataTransfer = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([text], 'partners.pem'))
    return transfer
  }, pem)
  await field.dispatchEvent('drop', { dataTransfer })
  await page.waitForFunction(() => document.querySelector('textarea')?.value.startsWith('-----BEGIN'))
  assert.equal(await dialog.getByLabel('Name').inputValue(), 'partners')
  await dialog.getByRole('button', { name: 'Add certificate' }).click()

  await page.getByRole('heading', { name: 'partners' }).waitFor()
  await page.getByText('CN=Partners', { exact: true }).waitFor()
  await page.getByText(new X509Certificate(pem).fingerprint256).waitFor()
  await page.getByText('In 10 days').waitFor()
  assert.equal(await call(), 200, 'it is not active before somebody has seen whose it is')
  await confirmed(page, 'Activate', 'Activate')
  await page.getByText('Active in all projects').waitFor()
  assert.equal(await call(), 'client_certificate_required')

  await page.getByRole('button', { name: 'Delete certificate…' }).click()
  await page.getByLabel('to confirm').fill('partners')
  await page.getByRole('button', { name: 'Delete certificate', exact: true }).click()
  await page.getByRole('alert').filter({ hasText: 'Deactivate it everywhere' }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await confirmed(page, 'Deactivate', 'Deactivate')
  await page.getByText('Not active', { exact: true }).waitFor()
  assert.equal(await call(), 200)

  await page.goto(`/projects/${project.id}/certificates`)
  await confirmed(page, 'Activate partners', 'Activate')
  await page.getByText('Active here', { exact: true }).waitFor()
  assert.equal(await call(), 'client_certificate_required')
  await confirmed(page, 'Deactivate partners', 'Deactivate')
  await page.getByText('Not active', { exact: true }).waitFor()
  assert.equal(await call(), 200)

  await page.getByRole('link', { name: 'partners' }).click()
  await page.getByRole('button', { name: 'Rename' }).click()
  await dialog.getByLabel('Name').fill('Partners of ours')
  await dialog.getByRole('button', { name: 'Rename' }).click()
  await page.getByRole('heading', { name: 'Partners of ours' }).waitFor()
  await page.getByRole('button', { name: 'Delete certificate…' }).click()
  await page.getByLabel('to confirm').fill('Partners of ours')
  await page.getByRole('button', { name: 'Delete certificate', exact: true }).click()
  await page.getByRole('heading', { name: 'No certificates yet' }).waitFor()
  assert.deepEqual(complaints, [])
})
