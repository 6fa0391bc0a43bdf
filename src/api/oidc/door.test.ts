import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { newEmail, newOrganization, newUser, type Organization } from '../../../test/contract/organizations.ts'
import { databases } from '../../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../../test/support/harness.ts'
import { type ProviderAccount, PUBLIC_URL, startProvider, type TestProvider } from '../../../test/support/provider.ts'
import { signInByLink } from '../../../test/support/signing-in.ts'
import { Visitor } from '../../../test/support/visitor.ts'
import { isConsoleBuilt } from '../../config/doors.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'
const only = 'admin,gateway,docs,console'

for (const database of databases) {
  describe(`${database}: signing in by OpenID Connect`, { skip }, () => {
    let app: TestApp
    let provider: TestProvider
    let own: Organization
    before(async () => {
      provider = await startProvider()
      app = await startTestApp({ database, only, env: provider.env })
      own = await newOrganization(app)
    })
    after(async () => {
      await app?.[Symbol.asyncDispose]()
      await provider?.[Symbol.asyncDispose]()
    })

    /** A user, and the same person at the provider. */
    const someone = async () => {
      const { id, email } = await newUser(app, own)
      return { id, email, account: { sub: randomUUID(), email, email_verified: true } }
    }
    const signIn = async (account: ProviderAccount, path?: string) => {
      provider.account = account
      const visitor = new Visitor(app)
      return { visitor, place: await visitor.signIn(path) }
    }
    const whoIs = async (visitor: Visitor) => {
      const { status, body } = await visitor.ask('/v1/organization/me')
      return status === 200 ? body.id : status
    }
    const fails = async (account: ProviderAccount) => {
      const { visitor, place } = await signIn(account)
      assert.deepEqual([...visitor.ours.keys()], [])
      return place
    }
    const eventsOf = (id: string) =>
      app.db
        .selectFrom('audit_log')
        .select(['type', 'payload'])
        .where('organization_id', '=', own.id)
        .where('actor_id', '=', id)
        .orderBy('id')
        .execute()

    test('is offered where people ask how they can sign in', async () => {
      const { body } = await app.send('GET', '/v1/organization/sign_in', { key: null })
      const offered = { local: true, oidc: { issuer: provider.issuer }, passkeys: false }
      assert.deepEqual(body, { object: 'organization.sign_in', ...offered })
    })

    test('a verified address is its user at the first sign-in, who is led to where they came from', async () => {
      const { id, email, account } = await someone()
      const { visitor, place } = await signIn(
        { ...account, email: email.toUpperCase() },
        '/sign-in/oidc?next=%2Fprojects%3Fname%3Da',
      )
      assert.equal(place, '/projects?name=a')
      assert.deepEqual([...visitor.ours.keys()], ['gatehouse-session'])
      assert.equal(await whoIs(visitor), id)
      const events = await eventsOf(id)
      assert.deepEqual(
        events.map(({ type }) => type),
        ['login.succeeded', 'user.updated'],
      )
    })

    test('from then on the subject counts: not the address that they have now, nor who has theirs now', async () => {
      const { id, account } = await someone()
      await signIn(account)
      const moved = await signIn({ ...account, email: newEmail(), email_verified: false })
      assert.equal(await whoIs(moved.visitor), id)
      const heir = { ...account, sub: randomUUID() }
      assert.equal(await fails(heir), '/sign-in?failed=other_account')
      const failed = (await eventsOf(id)).filter(({ type }) => type === 'login.failed')
      assert.equal(failed.length, 1)
    })

    test('an address that the provider does not call verified is nobody, and neither is a stranger’s', async () => {
      const { account } = await someone()
      assert.equal(await fails({ ...account, email_verified: false }), '/sign-in?failed=unverified_address')
      const { email_verified: _, ...unsaid } = account
      assert.equal(await fails(unsaid), '/sign-in?failed=unverified_address')
      assert.equal(await fails({ sub: randomUUID() }), '/sign-in?failed=unverified_address')
      const stranger = { sub: randomUUID(), email: newEmail('stranger'), email_verified: true }
      assert.equal(await fails(stranger), '/sign-in?failed=no_member')
    })

    test('a user who was removed is nobody, until somebody adds them again', async () => {
      const { id, email, account } = await someone()
      const { visitor } = await signIn(account)
      await own.admin.users.delete(id)
      assert.equal(await whoIs(visitor), 401)
      assert.equal(await fails(account), '/sign-in?failed=no_member')
      const again = await newUser(app, own, 'reader', email)
      assert.equal(await whoIs((await signIn(account)).visitor), again.id)
    })

    test('somebody of two organizations signs in to the one that is asked for', async () => {
      const other = await newOrganization(app)
      const { id, email, account } = await someone()
      const there = await newUser(app, other, 'reader', email)
      assert.equal(await whoIs((await signIn(account)).visitor), id)
      const asked = await signIn(account, `/sign-in/oidc?organization_id=${other.id}`)
      assert.equal(await whoIs(asked.visitor), there.id)
      assert.equal((await signIn(account, '/sign-in/oidc?organization_id=org-x')).place, '/sign-in?failed=no_member')
    })

    test('each sign-in is a new session, and an older one of a password goes on', async () => {
      const { id, account } = await someone()
      const { cookie } = await signInByLink(app, own.id, id)
      provider.account = account
      const visitor = new Visitor(app)
      const [name = '', value = ''] = cookie.split('=')
      visitor.ours.set(name, value)
      await visitor.signIn()
      assert.notEqual(visitor.ours.get(name), value)
      assert.equal((await visitor.ask('/v1/organization/sessions')).body.data.length, 2)
    })

    /** What becomes of the two addresses on the way: the provider's, and the one that it leads back to. */
    type Change = { away?: (url: URL) => void; back?: (url: URL) => void; visitor?: (visitor: Visitor) => void }
    const tampered: [string, Change][] = [
      ['with another nonce', { away: (url) => url.searchParams.set('nonce', 'x'.repeat(43)) }],
      ['with another challenge', { away: (url) => url.searchParams.set('code_challenge', 'x'.repeat(43)) }],
      ['with another state', { back: (url) => url.searchParams.set('state', 'x'.repeat(43)) }],
      ['without a state', { back: (url) => url.searchParams.delete('state') }],
      ['with another code', { back: (url) => url.searchParams.set('code', 'x'.repeat(43)) }],
      ['from another issuer', { back: (url) => url.searchParams.set('iss', 'https://elsewhere.example') }],
      ['refused', { back: (url) => url.searchParams.set('error', 'access_denied') }],
      ['in another browser', { visitor: ({ ours }) => ours.clear() }],
      ['with a cookie of two', { visitor: ({ ours }) => ours.set('x', `1; gatehouse-sign-in=${'0'.repeat(64)}.`) }],
    ]
    for (const [how, { away, back, visitor: change }] of tampered) {
      test(`a sign-in that comes back ${how} is none`, async () => {
        provider.account = (await someone()).account
        const visitor = new Visitor(app)
        const there = new URL(await visitor.visit('/sign-in/oidc'))
        away?.(there)
        const here = new URL(await visitor.through(`${there}`))
        back?.(here)
        change?.(visitor)
        assert.equal(await visitor.visit(`${here}`), '/sign-in?failed=not_proven')
        assert.ok(!visitor.ours.has('gatehouse-session'))
      })
    }

    test('a code works once', async () => {
      provider.account = (await someone()).account
      const visitor = new Visitor(app)
      const back = await visitor.through(await visitor.visit('/sign-in/oidc'))
      const begun = visitor.ours.get('gatehouse-sign-in') ?? ''
      assert.equal(await visitor.visit(back), '/')
      visitor.ours.set('gatehouse-sign-in', begun)
      assert.equal(await visitor.visit(back), '/sign-in?failed=not_proven')
    })

    test('no address leads to another site, or round in a circle', async () => {
      const { account } = await someone()
      for (const next of [
        'https://evil.example/',
        '//evil.example/',
        '/\\evil.example/',
        '/.//evil.example',
        '\\\\evil.example',
        'javascript:alert(1)',
        '/sign-in/oidc',
        '/a\r\nset-cookie: x=y',
      ]) {
        const { place } = await signIn(account, `/sign-in/oidc?next=${encodeURIComponent(next)}`)
        assert.equal(place, '/', next)
      }
    })

    test('a page of another site begins no sign-in: the page where people sign in is shown first', async () => {
      const begin = async (site: string, query = '?next=%2Fusage&organization_id=org-x') => {
        const { headers } = await fetch(`${app.url}/sign-in/oidc${query}`, {
          headers: { 'sec-fetch-site': site },
          redirect: 'manual',
        })
        return { place: headers.get('location') ?? '', cookies: headers.getSetCookie().length }
      }
      for (const site of ['cross-site', 'same-site']) {
        assert.deepEqual(await begin(site), { place: '/sign-in?next=%2Fusage', cookies: 0 })
        assert.deepEqual(await begin(site, ''), { place: '/sign-in', cookies: 0 })
      }
      for (const site of ['same-origin', 'none']) {
        const { place, cookies } = await begin(site)
        assert.ok(place.startsWith(`${provider.issuer}/auth?`))
        assert.equal(cookies, 1)
      }
    })

    test('who fails too often waits, and who is let in costs nothing', async () => {
      const { account } = await someone()
      const forwarded = new Visitor(app)
      const places = new Set<string>()
      for (let times = 0; times < 40; times++) {
        forwarded.ours.set('gatehouse-sign-in', `${'0'.repeat(64)}.`)
        places.add(await forwarded.visit(`${PUBLIC_URL}/sign-in/oidc/callback?code=x&state=y`))
      }
      assert.deepEqual([...places], ['/sign-in?failed=not_proven', '/sign-in?failed=too_many'])
      app.advance(3600)
      for (let times = 0; times < 35; times++) assert.equal((await signIn(account)).place, '/')
    })
  })
}
