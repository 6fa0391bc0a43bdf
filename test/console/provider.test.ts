import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { newEmail, newOrganization, newUser } from '../contract/organizations.ts'
import { DATABASE, openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { freePort } from '../support/ports.ts'
import { type ProviderAccount, startProvider, type TestProvider } from '../support/provider.ts'
import { openBrowser, openPage, settled, skip } from './browser.ts'

const only = 'admin,gateway,docs,console'
const stack = new AsyncDisposableStack()
let publicUrl: string
let provider: TestProvider
let app: TestApp
let browser: Browser
let ownersKey: string
let emails: string[]

/** A server whose operator has a group of the provider's stand for one that makes owners. */
before(async () => {
  if (skip) return
  const shared = stack.use(await openTestDatabase(DATABASE, true))
  const options = { database: DATABASE, databaseUrl: shared.url, only }
  const group = await (async () => {
    await using first = await startTestApp(options)
    const own = await newOrganization(first)
    ownersKey = own.key
    emails = await Promise.all(Array.from({ length: 6 }, async () => (await newUser(first, own)).email))
    const { id } = await own.admin.groups.create({ name: 'Owners' })
    await own.admin.groups.roles.create(id, { role_id: 'role-api-organization-owner' })
    return id
  })()
  publicUrl = `http://localhost:${await freePort()}`
  provider = stack.use(await startProvider({ publicUrl }))
  const oidc = { scopes: ['email', 'profile', 'groups'], groups_claim: 'groups', groups: { admins: group } }
  const file = stack.use(await modelsFile([], { console: { oidc } }))
  const env = { ...provider.env, GATEHOUSE_PORT: new URL(publicUrl).port, GATEHOUSE_CONFIG: file.path }
  app = stack.use(await startTestApp({ ...options, env }))
  browser = stack.use(await openBrowser())
})
after(() => stack.disposeAsync())

const comer = (email = emails.pop() ?? ''): ProviderAccount => ({ sub: randomUUID(), email, email_verified: true })

/** A browser of its own, in which somebody is at the provider. */
async function browse(account: ProviderAccount, work: (page: Page) => Promise<void>) {
  provider.account = account
  await using opened = await openPage(browser, publicUrl)
  await work(opened.page)
  assert.deepEqual(
    opened.complaints.filter((complaint) => !complaint.startsWith(`asked ${provider.issuer}`)),
    [],
  )
}
const proceed = (page: Page) => page.getByRole('link', { name: 'Continue with 127.0.0.1' }).click()
const says = (page: Page, words: string) => page.getByRole('alert').getByText(words).waitFor()
const isAt = (page: Page, path: string) => page.waitForURL(`${publicUrl}${path}`)
/** Nobody is signed in: a page asks who it is. */
const isNobody = async (page: Page) => {
  await page.goto('/profile')
  await isAt(page, '/sign-in?next=%2Fprofile')
}

test('who continues with the provider comes back to the place that they asked for', { skip }, async () => {
  const account = comer()
  await browse(account, async (page) => {
    await page.goto('/usage?days=7')
    await proceed(page)
    await isAt(page, '/usage?days=7')
    assert.equal(await page.evaluate(() => document.cookie), '')
    await page.goto('/profile')
    await page
      .getByText(account.email ?? '')
      .first()
      .waitFor()
  })
})

test('and never to another site', { skip }, async () => {
  const account = comer()
  for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example/', '/.//evil.example']) {
    for (const path of ['/sign-in', '/sign-in/oidc']) {
      await browse(account, async (page) => {
        await page.goto(`${path}?next=${encodeURIComponent(next)}`)
        if (path === '/sign-in') await proceed(page)
        await isAt(page, '/')
      })
    }
  }
})

test('a claim puts people into the group that it stands for, and out of it at the next sign-in', { skip }, async () => {
  const account = comer()
  for (const isOwner of [true, false]) {
    await browse({ ...account, ...(isOwner && { groups: ['admins'] }) }, async (page) => {
      await page.goto('/profile')
      await proceed(page)
      await page
        .getByText(isOwner ? 'owner' : 'reader')
        .first()
        .waitFor()
      assert.equal(await page.getByText('owner', { exact: false }).count(), isOwner ? 1 : 0)
    })
  }
})

test('who is no user, or has no verified address, is told so, and goes on to their place once they are', {
  skip,
}, async () => {
  const stranger = comer(newEmail('stranger'))
  await browse(stranger, async (page) => {
    await page.goto('/usage')
    await proceed(page)
    await says(page, 'you are no user of an organization here')
    await isNobody(page)
    // What an address says is no word of the page's.
    await page.goto('/sign-in?failed=%3Cb%3Ecall%20555%3C%2Fb%3E')
    await settled(page)
    assert.equal(await page.getByText('555').count(), 0)
  })
  const account = comer()
  await browse({ ...account, email_verified: false }, async (page) => {
    await page.goto('/usage')
    await proceed(page)
    await says(page, 'does not say that your e-mail address is yours')
    await isAt(page, '/sign-in?failed=unverified_address&next=%2Fusage')
    provider.account = { ...account, sub: randomUUID() }
    await page.context().clearCookies({ domain: '127.0.0.1' })
    await proceed(page)
    await isAt(page, '/usage')
  })
})

test('a sign-in with another nonce, or begun in another browser, signs nobody in', { skip }, async () => {
  await browse(comer(), async (page) => {
    const begin = async () => {
      const answer = await page.context().request.get('/sign-in/oidc', { maxRedirects: 0 })
      return new URL(answer.headers().location ?? '')
    }
    const away = await begin()
    away.searchParams.set('nonce', 'x'.repeat(43))
    await page.goto(`${away}`)
    await says(page, 'That sign-in was not completed')
    await isNobody(page)
    // A page of somebody else's has this browser come back from a sign-in of their own: none was begun here.
    const theirs = await begin()
    await page.context().clearCookies({ name: 'gatehouse-sign-in' })
    await page.goto(`${theirs}`)
    await says(page, 'begun in another browser')
    await isNobody(page)
  })
})

test('somebody who has got the address of a user is not that user, who comes back under another', {
  skip,
}, async () => {
  const account = comer()
  const enter = async (page: Page) => {
    await page.goto('/profile')
    await proceed(page)
  }
  await browse(account, async (page) => {
    await enter(page)
    await page
      .getByText(account.email ?? '')
      .first()
      .waitFor()
  })
  await browse({ ...account, sub: randomUUID() }, async (page) => {
    await enter(page)
    await says(page, 'signs in here with another account of the provider')
    await isNobody(page)
  })
  await browse({ ...account, email: newEmail('moved') }, async (page) => {
    await enter(page)
    await page
      .getByText(account.email ?? '')
      .first()
      .waitFor()
    // Once they are removed their session is over, and they are nobody.
    const users = (await app.admin(ownersKey).organization.users.list({ emails: [account.email ?? ''] })).data
    await app.admin(ownersKey).organization.users.delete(users[0]?.id ?? '')
    await page.reload()
    await isAt(page, '/sign-in?next=%2Fprofile')
    await proceed(page)
    await page.getByRole('alert').waitFor()
    await isNobody(page)
  })
})

test('a provider that is down is a page that says so, and beside it one can sign in with a password', {
  skip,
}, async () => {
  const url = `http://localhost:${await freePort()}`
  const gone = await startProvider({ publicUrl: url })
  await gone.stop()
  await using served = await startTestApp({ only, env: { ...gone.env, GATEHOUSE_PORT: new URL(url).port } })
  await using opened = await openPage(browser, url)
  const { page } = opened
  await page.goto('/profile')
  await proceed(page)
  await says(page, 'The provider does not answer right now')
  assert.equal(page.url(), `${url}/sign-in?failed=provider_down&next=%2Fprofile`)
  assert.ok(await page.getByRole('button', { name: 'Sign in' }).isVisible())
  assert.equal((await served.send('GET', '/readyz', { key: null })).status, 200)
  // So is what else may be away: the database, of which `src/api/oidc/away.test.ts` says that it leads here.
  await page.goto('/sign-in?failed=unavailable')
  await says(page, 'This server cannot reach its database right now')
})

test('where nobody signs in with a password the pages offer none, and a link that would set one says so', {
  skip,
}, async () => {
  const url = `http://localhost:${await freePort()}`
  await using other = await startProvider({ publicUrl: url })
  await using file = await modelsFile([], { console: { local_sign_in: false, oidc: { unknown_users: 'reader' } } })
  const env = { ...other.env, GATEHOUSE_PORT: new URL(url).port, GATEHOUSE_CONFIG: file.path }
  await using served = await startTestApp({ only, env })
  await using opened = await openPage(browser, url)
  const { page } = opened
  await page.goto('/sign-in/link#token')
  await page.getByRole('heading', { name: 'No passwords here' }).waitFor()
  await page.getByRole('link', { name: 'How to sign in' }).click()
  await page.getByRole('link', { name: 'Continue with 127.0.0.1' }).waitFor()
  assert.equal(await page.getByLabel('Password').count(), 0)
  other.account = comer(newEmail('newcomer'))
  await page.goto('/profile')
  await proceed(page)
  await page
    .getByText(other.account.email ?? '')
    .first()
    .waitFor()
  await settled(page)
  assert.equal(await page.getByRole('heading', { name: 'Password' }).count(), 0)
  const body = { token: 'x'.repeat(64), password: 'a password that is long enough' }
  const refused = await served.send('POST', '/v1/organization/sign_in/password_link', { key: null, body })
  assert.equal(refused.body.error.code, 'local_sign_in_off')
})
