import assert from 'node:assert/strict'
import { test } from 'node:test'
import axe from 'axe-core'
import type { CDPSession, Page } from 'playwright-core'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { freePort } from '../support/ports.ts'
import { openBrowser, openPage, PHONE, settled, skip } from './browser.ts'
import { PASSWORD, passwordLink, signIn } from './signing-in.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const unnamed = startConsole(emptyServer)

const typed = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true })
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

/** A device with passkeys, in the browser itself, with a finger on it. */
async function plugIn(page: Page) {
  const device: CDPSession = await page.context().newCDPSession(page)
  await device.send('WebAuthn.enable')
  const { authenticatorId } = await device.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
  return { unplug: () => device.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }) }
}

async function hasNoFlaws(page: Page) {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
  )
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wide <= 0, 'the page is wider than what is seen of it')
}

type Look = { scheme?: 'light' | 'dark'; viewport?: typeof PHONE; second_factor?: 'required' }

/** A server that browsers reach by a host name, a page of it, and the link by which its owner sets a password. */
async function startNamed({ scheme = 'light', viewport, second_factor }: Look = {}) {
  await using stack = new AsyncDisposableStack()
  const port = `${await freePort()}`
  const url = `http://localhost:${port}`
  const file = stack.use(await modelsFile([], { console: second_factor ? { second_factor } : {} }))
  const env = { GATEHOUSE_PORT: port, GATEHOUSE_PUBLIC_URL: url, GATEHOUSE_CONFIG: file.path }
  const app = stack.use(await startTestApp({ only: 'admin,gateway,docs,console', env }))
  const browser = await openBrowser()
  stack.defer(() => browser.close())
  const { page, complaints } = stack.use(await openPage(browser, url, scheme, viewport))
  const [owner] = (await app.admin().organization.users.list()).data
  const link = await passwordLink(app)
  const rest = stack.move()
  const email = owner?.email ?? ''
  return { app, page, complaints, link, email, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

async function enter(page: Page, email: string) {
  await page.context().clearCookies()
  await page.goto('/projects')
  await typed(page, 'Address').fill(email)
  await typed(page, 'Password').fill(PASSWORD)
  await press(page, 'Sign in')
}

/** Adds one, where there is no second factor yet. @returns the recovery codes */
async function add(page: Page) {
  await page.goto('/profile')
  await press(page, 'Add a passkey')
  await typed(page, 'Password').fill(PASSWORD)
  await press(page, 'Continue')
  return make(page)
}

async function make(page: Page) {
  await typed(page, 'Name').fill('My laptop')
  await press(page, 'Add passkey')
  const codes = (await typed(page, 'Your recovery codes').innerText()).trim().split(/\s+/)
  await press(page, 'I have saved them')
  return codes
}

test('somebody adds a passkey, signs in with it, gives it another name and removes it', { skip }, async () => {
  await using there = await startNamed()
  const { page, email, complaints, link } = there
  await signIn(page, link)
  await plugIn(page)
  assert.equal((await add(page)).length, 10)
  await page.getByText('10 left').waitFor()
  await hasNoFlaws(page)

  await enter(page, email)
  await press(page, 'Use a passkey')
  await page.getByRole('heading', { name: 'Projects', exact: true }).waitFor()

  await page.goto('/profile')
  await page.getByRole('button', { name: 'Rename My laptop' }).click()
  await typed(page, 'Name').fill('Old laptop')
  await press(page, 'Rename')
  await page.getByRole('button', { name: 'Remove Old laptop' }).click()
  await settled(page)
  await hasNoFlaws(page)
  await typed(page, 'Password').fill(PASSWORD)
  await press(page, 'Use a passkey')
  await page.getByText('The passkey is removed').waitFor()
  await page.getByText('There are none.').waitFor()
  await enter(page, email)
  await page.getByRole('heading', { name: 'Projects', exact: true }).waitFor()
  assert.deepEqual(complaints, [])
})

test('on a phone, in the dark: a passkey that is not there is told of in words, and a recovery code does', {
  skip,
}, async () => {
  await using there = await startNamed({ scheme: 'dark', viewport: PHONE })
  const { page, email, complaints, link } = there
  await signIn(page, link)
  const device = await plugIn(page)
  const codes = await add(page)
  await hasNoFlaws(page)
  await device.unplug()
  await plugIn(page)
  await enter(page, email)
  await press(page, 'Use a passkey')
  await page.getByText('No passkey was shown').waitFor()
  await hasNoFlaws(page)
  await typed(page, 'Code').fill(codes[0] ?? '')
  await press(page, 'Confirm')
  await page.getByRole('heading', { name: 'Projects', exact: true }).waitFor()
  await page.goto('/profile')
  await page.getByRole('button', { name: 'Remove My laptop' }).click()
  await settled(page)
  await hasNoFlaws(page)
  assert.deepEqual(complaints, [])
})

test('where a second factor is asked of everybody, a passkey is set up before anything else', { skip }, async () => {
  await using there = await startNamed({ second_factor: 'required' })
  const { page, complaints, link } = there
  await plugIn(page)
  await page.goto(link)
  await typed(page, 'New password').fill(PASSWORD)
  await press(page, 'Set password and sign in')
  await press(page, 'Set up a passkey')
  await make(page)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await page.goto('/profile')
  const kept = page.getByRole('button', { name: 'Remove My laptop' })
  assert.equal(await kept.getAttribute('aria-disabled'), 'true')
  assert.deepEqual(complaints, [])
})

test('where browsers have no passkeys, the page says why', { skip }, async () => {
  await using opened = await openAsOwner(unnamed, '/profile')
  await opened.page.getByText('Passkeys need the address of this server').first().waitFor()
  const add = opened.page.getByRole('button', { name: 'Add a passkey' })
  assert.equal(await add.getAttribute('aria-disabled'), 'true')
})

test('who has begun to set one kind up takes the other, or begins anew what has waited too long', {
  skip,
}, async () => {
  await using there = await startNamed({ second_factor: 'required' })
  const { app, page, complaints, link } = there
  await plugIn(page)
  await page.goto(link)
  await typed(page, 'New password').fill(PASSWORD)
  await press(page, 'Set password and sign in')
  await press(page, 'Set up a passkey')
  await typed(page, 'Name').waitFor()
  await press(page, 'Another way')
  await press(page, 'Set up an authenticator app')
  await typed(page, 'Code').fill('000000')
  app.advance(601)
  await press(page, 'Confirm')
  await page.getByRole('alert').getByText('Begin to set it up anew').waitFor()
  await press(page, 'Set up an authenticator app')
  await typed(page, 'Code').waitFor()
  await press(page, 'Another way')
  assert.equal(await page.getByRole('alert').count(), 0)
  await press(page, 'Set up a passkey')
  await typed(page, 'Name').fill('Too late')
  app.advance(301)
  await press(page, 'Add passkey')
  await page.getByRole('alert').getByText('Begin anew').waitFor()
  await hasNoFlaws(page)
  await press(page, 'Set up a passkey')
  await make(page)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('on the page of a profile, what has waited too long is begun anew by the password that was typed', {
  skip,
}, async () => {
  await using there = await startNamed()
  const { app, page, complaints, link } = there
  await signIn(page, link)
  await plugIn(page)
  for (const [button, fill, confirm, words] of [
    ['Set up', 'Code', 'Confirm', 'Begin to set it up anew'],
    ['Add a passkey', 'Name', 'Add passkey', 'Begin anew'],
  ] as const) {
    await page.goto('/profile')
    await press(page, button)
    await typed(page, 'Password').fill(PASSWORD)
    await press(page, 'Continue')
    await typed(page, fill).fill('000000')
    app.advance(601)
    await press(page, confirm)
    await page.getByRole('alert').getByText(words).waitFor()
    assert.equal(await typed(page, 'Password').inputValue(), PASSWORD)
    await press(page, 'Continue')
    await typed(page, fill).waitFor()
    await press(page, 'Cancel')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  }
  assert.equal((await add(page)).length, 10)
  assert.deepEqual(complaints, [])
})

test('a passkey is not asked for before the password is typed that is sent with it', { skip }, async () => {
  await using there = await startNamed()
  const { app, page, complaints, link } = there
  await signIn(page, link)
  await plugIn(page)
  await add(page)
  const button = page.getByRole('button', { name: 'Use a passkey' })
  const needs = async (field: string, short: string) => {
    await button.waitFor()
    for (const [text, isReady] of [
      ['', false],
      [short, short.length > 11],
      [PASSWORD, true],
    ] as const) {
      await typed(page, field).fill(text)
      assert.equal(await button.isEnabled(), isReady, `${field}: ${text}`)
    }
  }
  await typed(page, 'Current password').fill(PASSWORD)
  await typed(page, 'New password').fill(PASSWORD)
  await press(page, 'Change password')
  await needs('Current password', PASSWORD)
  await needs('New password', 'x'.repeat(11))
  await button.click()
  await page.getByText('The password is changed').waitFor()

  await page.goto('/sign-in')
  await page.goto(await passwordLink(app))
  await typed(page, 'New password').fill(PASSWORD)
  await press(page, 'Set password and sign in')
  await needs('New password', 'x'.repeat(11))
  await button.click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  assert.deepEqual(complaints, [])
})

test('a passkey that was made for another host is not offered: a code is asked for', { skip }, async () => {
  await using there = await startNamed()
  const { app, page, email, complaints, link } = there
  await signIn(page, link)
  await plugIn(page)
  const codes = await add(page)
  await app.db.updateTable('passkey').set({ rp_id: 'before.example' }).execute()
  const offered = page.getByRole('button', { name: 'Use a passkey' })
  await enter(page, email)
  await typed(page, 'Code').fill(codes[0] ?? '')
  assert.equal(await offered.count(), 0)
  await press(page, 'Confirm')
  await page.getByRole('heading', { name: 'Projects', exact: true }).waitFor()
  await page.goto('/profile')
  await page.getByRole('button', { name: 'Remove My laptop' }).click()
  await typed(page, 'Code').waitFor()
  await settled(page)
  assert.equal(await offered.count(), 0)
  assert.deepEqual(complaints, [])
})
