import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { generateKeyPair } from 'jose'
import { newOrganization, newUser } from '../../../test/contract/organizations.ts'
import { startFalseProvider } from '../../../test/support/false-provider.ts'
import { startTestApp, type TestApp } from '../../../test/support/harness.ts'
import { CLIENT, PUBLIC_URL } from '../../../test/support/provider.ts'
import { Visitor } from '../../../test/support/visitor.ts'
import { isConsoleBuilt } from '../../config/doors.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'

describe('what a provider has not signed, or not for this sign-in, signs nobody in', { skip }, () => {
  let provider: Awaited<ReturnType<typeof startFalseProvider>>
  let app: TestApp
  let user: { id: string; email: string }
  const lines: string[] = []
  before(async () => {
    provider = await startFalseProvider()
    const log = (line: string) => void lines.push(line)
    app = await startTestApp({ only: 'admin,gateway,docs,console', env: provider.env, log })
    user = await newUser(app, await newOrganization(app))
  })
  after(async () => {
    await app?.[Symbol.asyncDispose]()
    await provider?.[Symbol.asyncDispose]()
  })

  /** What the provider should say of somebody who comes now. */
  const right = (nonce: string) => {
    const now = Math.floor(Date.now() / 1000)
    return {
      ...{ iss: provider.issuer, aud: CLIENT.id, sub: 'somebody', nonce, iat: now, exp: now + 60 },
      ...{ email: user.email, email_verified: true },
    }
  }
  type Claims = ReturnType<typeof right>
  /** Somebody comes back with a code, for which the provider gives this. @returns where that leads */
  const comeWith = async (idToken: (claims: Claims) => Promise<string> | string) => {
    const visitor = new Visitor(app)
    const away = new URL(await visitor.visit('/sign-in/oidc')).searchParams
    const id_token = await idToken(right(away.get('nonce') ?? ''))
    provider.token = { access_token: `access-${randomUUID()}`, token_type: 'Bearer', id_token }
    const back = new URLSearchParams({ code: 'the-code-of-this-sign-in', state: away.get('state') ?? '' })
    const place = await visitor.visit(`${PUBLIC_URL}/sign-in/oidc/callback?${back}`)
    assert.equal(visitor.ours.has('gatehouse-session'), place === '/')
    return { place, visitor }
  }
  const signed = (change: object) => (claims: Claims) => provider.sign({ ...claims, ...change })

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const forged: [string, (claims: Claims) => Promise<string> | string][] = [
    ['signed with another key', async (c) => provider.sign(c, (await generateKeyPair('RS256')).privateKey)],
    ['signed by nobody', (c) => `${part({ alg: 'none' })}.${part(c)}.`],
    [
      "signed with this server's own secret",
      (c) => {
        const text = `${part({ alg: 'HS256', kid: 'k' })}.${part(c)}`
        return `${text}.${createHmac('sha256', CLIENT.secret).update(text).digest('base64url')}`
      },
    ],
    ['of another provider', signed({ iss: 'https://elsewhere.example' })],
    ['for another client', signed({ aud: 'another' })],
    ['for several, and given to another', signed({ aud: [CLIENT.id, 'another'], azp: 'another' })],
    ['that is over', signed({ iat: 1, exp: 2 })],
    ['of another sign-in', signed({ nonce: 'x'.repeat(43) })],
    ['of no sign-in', signed({ nonce: undefined })],
    ['of nobody', signed({ sub: undefined })],
    ['of who has no name that can be kept', signed({ sub: 'a\u0000b' })],
    ['that is none', () => 'x.y.z'],
  ]
  for (const [what, idToken] of forged) {
    test(`a token ${what}`, async () => {
      // One that no provider should give out, whoever comes, is for the log of who runs the server.
      const isOfProvider = /by nobody|own secret|that is none/.test(what)
      assert.equal((await comeWith(idToken)).place, `/sign-in?failed=${isOfProvider ? 'provider_down' : 'not_proven'}`)
    })
  }

  test('a token as it should be signs in its user, and so does an answer beside it that is about the same', async () => {
    assert.equal((await comeWith(signed({}))).place, '/')
    const besides = signed({ sub: 'other', email: undefined, email_verified: undefined })
    provider.userinfo = { sub: 'somebody', email: user.email, email_verified: true }
    assert.equal((await comeWith(besides)).place, '/sign-in?failed=not_proven')
  })

  test('an address that another answer calls verified is not', async () => {
    provider.userinfo = { sub: 'third', email: 'third@example.com', email_verified: true }
    const { place } = await comeWith(signed({ sub: 'third', email_verified: undefined }))
    assert.equal(place, '/sign-in?failed=no_member')
  })

  test('no log line has a token, a code or a secret', () => {
    const text = lines.join('')
    assert.ok(text.includes('sign-in by the provider refused'))
    for (const secret of ['access-', 'the-code-of', 'eyJ', CLIENT.secret]) assert.ok(!text.includes(secret), secret)
  })

  test('a provider that is down is asked once, and told of once, however many come', async () => {
    app.advance(3600)
    provider.instead.set('/.well-known/openid-configuration', (_, response) => response.writeHead(503).end())
    const [asked, said] = [provider.asked.length, lines.length]
    const come = async (next: string) => new Visitor(app).visit(`/sign-in/oidc?next=${encodeURIComponent(next)}`)
    for (let times = 0; times < 20; times++) assert.equal(await come('/'), '/sign-in?failed=provider_down')
    assert.equal(await come('/usage?days=1'), '/sign-in?failed=provider_down&next=%2Fusage%3Fdays%3D1')
    const logout = () => app.send('POST', '/sign-in/oidc/logout', { key: null, body: 'logout_token=x.y.z' })
    for (let times = 0; times < 20; times++) assert.equal((await logout()).status, 503)
    assert.equal(provider.asked.length - asked, 1)
    const told = lines.slice(said).filter((line) => line.includes('sign-in by the provider failed'))
    assert.equal(told.length, 1)
    assert.match(told[0] ?? '', /it answers 503/)
    provider.instead.clear()
    app.advance(10)
    assert.equal((await comeWith(signed({}))).place, '/')
  })

  test('a provider that is another by its own word, or sends people or questions elsewhere, is none', async () => {
    const document = (change: object) => ({
      issuer: provider.issuer,
      authorization_endpoint: `${provider.issuer}/authorize`,
      token_endpoint: `${provider.issuer}/token`,
      jwks_uri: `${provider.issuer}/keys`,
      ...change,
    })
    for (const change of [
      { issuer: `${provider.issuer}/` },
      { issuer: 'https://elsewhere.example' },
      { authorization_endpoint: 'javascript:alert(1)' },
      { authorization_endpoint: undefined },
      { jwks_uri: undefined },
    ]) {
      app.advance(3600)
      provider.instead.set('/.well-known/openid-configuration', (_, response) =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(document(change))),
      )
      assert.equal(await new Visitor(app).visit('/sign-in/oidc'), '/sign-in?failed=provider_down')
    }
    provider.instead.clear()
  })
})
