import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import decodeQR from 'qr/decode.js'
import { codeOf, stepAt } from '../../src/core/totp.ts'
import { done } from '../cli/run.ts'
import { openPage, settled, skip } from './browser.ts'
import { PASSWORD, passwordLink, signIn } from './signing-in.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

const ownersAddress = async () => (await started.app.admin().organization.users.list()).data[0]?.email ?? ''
const typed = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true })
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

/** Reads the key off the page and shows a code of it. @returns the key */
async function enrol(page: Page): Promise<string> {
  const secret = (await page.getByRole('textbox', { name: 'The key' }).innerText()).trim()
  await typed(page, 'Code').fill(codeOf(secret, stepAt(started.app.now())))
  await press(page, 'Confirm')
  return secret
}

/** The next code: the server's clock moves on. */
function nextCode(secret: string): string {
  started.app.advance(60)
  return codeOf(secret, stepAt(started.app.now()))
}

async function enter(page: Page, email: string) {
  await typed(page, 'Address').fill(email)
  await typed(page, 'Password').fill(PASSWORD)
  await press(page, 'Sign in')
}

/** What a telephone reads off the picture. */
async function readPicture(page: Page): Promise<string> {
  const image = await page.locator('svg.qr').evaluate(async (svg) => {
    const size = 424
    const copy = svg.cloneNode(true) as SVGElement
    copy.setAttribute('width', `${size}`)
    copy.setAttribute('height', `${size}`)
    const picture = new Image()
    picture.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
    await picture.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: size, height: size })
    const context = canvas.getContext('2d')
    context?.drawImage(picture, 0, 0)
    return { width: size, height: size, data: [...(context?.getImageData(0, 0, size, size).data ?? [])] }
  })
  return decodeQR({ ...image, data: Uint8Array.from(image.data) })
}

test('somebody sets up an app by the picture, signs in with a code of it, and by a recovery code', {
  skip,
}, async () => {
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  const email = await ownersAddress()
  await page.goto('/profile')
  await press(page, 'Set up')
  await typed(page, 'Password').fill('not this one')
  await press(page, 'Continue')
  await page.getByRole('alert').waitFor()
  await typed(page, 'Password').fill(PASSWORD)
  await press(page, 'Continue')
  const uri = new URL(await readPicture(page))
  const secret = await enrol(page)
  assert.deepEqual([uri.protocol, uri.searchParams.get('secret')], ['otpauth:', secret])
  const codes = (await page.getByRole('textbox', { name: 'Your recovery codes' }).innerText()).trim().split(/\s+/)
  assert.equal(codes.length, 10)
  await press(page, 'I have saved them')
  await page.getByText('10 left').waitFor()
  assert.ok(!(await page.content()).includes(codes[0] ?? secret), 'they are gone with their sheet')

  for (const code of [nextCode(secret), codes[0] ?? '']) {
    await page.context().clearCookies()
    await page.goto('/people?tab=invites')
    await enter(page, email)
    await typed(page, 'Code').fill('0000')
    await press(page, 'Confirm')
    await page.getByRole('alert').waitFor()
    assert.equal(await page.getByRole('navigation', { name: 'Pages' }).count(), 0)
    await typed(page, 'Code').fill(code)
    await press(page, 'Confirm')
    await page.getByRole('heading', { name: 'People' }).waitFor()
    assert.equal(new URL(page.url()).search, '?tab=invites')
  }

  await page.goto('/profile')
  await press(page, 'Remove')
  await typed(page, 'Password').fill(PASSWORD)
  await typed(page, 'Code').fill(nextCode(secret))
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByRole('button', { name: 'Set up', exact: true }).waitFor()
  assert.deepEqual(complaints, [])
})

test('an owner requires it of everybody: who comes by a link or a password sets one up before they see anything', {
  skip,
}, async () => {
  await using owners = await openAsOwner(started, '/people')
  await press(owners.page, 'Require it of everybody…')
  await press(owners.page, 'Require it')
  await owners.page.getByText('Set up a second factor of your own first').waitFor()
  await owners.page.goto('/profile')
  await press(owners.page, 'Set up')
  await typed(owners.page, 'Password').fill(PASSWORD)
  await press(owners.page, 'Continue')
  await enrol(owners.page)
  await press(owners.page, 'I have saved them')
  const flags = ['--email', 'ada@example.com', '--name', 'Ada', '--role', 'reader']
  const { id } = await done(started.app, 'user', 'create', ...flags)
  // Somebody who is in already is sent to the sign-in page, and can leave by it.
  const bob = await done(
    started.app,
    'user',
    'create',
    '--email',
    'bob@example.com',
    '--name',
    'Bob',
    '--role',
    'reader',
  )
  await using bobs = await openPage(started.browser, started.app.url)
  await signIn(bobs.page, await passwordLink(started.app, bob.id))
  await owners.page.goto('/people')
  await press(owners.page, 'Require it of everybody…')
  await press(owners.page, 'Require it')
  await owners.page.getByRole('button', { name: 'Stop requiring it…' }).waitFor()

  await bobs.page.goto('/projects')
  await bobs.page.getByText('A second factor is asked of everybody here now').waitFor()
  await press(bobs.page, 'Sign out')
  await bobs.page.getByText('A second factor is asked of everybody here now').waitFor({ state: 'hidden' })
  assert.deepEqual(await bobs.page.context().cookies(), [])
  assert.equal(new URL(bobs.page.url()).search, '')

  await using members = await openPage(started.browser, started.app.url)
  const { page } = members
  await page.goto(await passwordLink(started.app, id))
  await typed(page, 'New password').fill(PASSWORD)
  await press(page, 'Set password and sign in')
  await page.getByRole('button', { name: 'Set up an authenticator app' }).waitFor()
  await page.goto('/projects')
  await enter(page, 'ada@example.com')
  await press(page, 'Set up an authenticator app')
  await enrol(page)
  await press(page, 'I have saved them')
  await page.getByRole('heading', { name: 'Projects', exact: true }).waitFor()
  await settled(page)

  await owners.page.goto('/people')
  await owners.page.getByRole('button', { name: 'Reset factor Ada' }).click()
  await typed(owners.page, 'Type ada@example.com to confirm').fill('ada@example.com')
  await owners.page.getByRole('dialog').getByRole('button', { name: 'Reset second factor', exact: true }).click()
  await owners.page.getByText('Ada has no second factor any more').waitFor()
  await page.goto('/projects')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  assert.deepEqual([...owners.complaints, ...bobs.complaints, ...members.complaints], [])
})
