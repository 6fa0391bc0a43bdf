import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { generateKeyPair } from 'jose'
import { newOrganization, newUser, type Organization } from '../../../test/contract/organizations.ts'
import { databases } from '../../../test/support/databases.ts'
import { startFalseProvider } from '../../../test/support/false-provider.ts'
import { startTestApp, type TestApp } from '../../../test/support/harness.ts'
import { CLIENT, PUBLIC_URL } from '../../../test/support/provider.ts'
import { Visitor } from '../../../test/support/visitor.ts'
import { isConsoleBuilt } from '../../config/doors.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

for (const database of databases) {
  describe(`${database}: back-channel logout`, { skip }, () => {
    let provider: Awaited<ReturnType<typeof startFalseProvider>>
    let app: TestApp
    let own: Organization
    before(async () => {
      provider = await startFalseProvider()
      app = await startTestApp({ database, only: 'admin,gateway,docs,console', env: provider.env })
      own = await newOrganization(app)
    })
    after(async () => {
      await app?.[Symbol.asyncDispose]()
      await provider?.[Symbol.asyncDispose]()
    })

    const seconds = () => Math.floor(Date.now() / 1000)
    /** Signs somebody in, in a session of the provider's. */
    async function signIn(sub: string, email: string, sid: string, organization = own.id) {
      const visitor = new Visitor(app)
      const away = new URL(await visitor.visit(`/sign-in/oidc?organization_id=${organization}`)).searchParams
      const id_token = await provider.sign({
        ...{ iss: provider.issuer, aud: CLIENT.id, sub, sid, nonce: away.get('nonce') },
        ...{ iat: seconds(), exp: seconds() + 60, email, email_verified: true },
      })
      provider.token = { access_token: 'x', token_type: 'Bearer', id_token }
      const back = new URLSearchParams({ code: 'x', state: away.get('state') ?? '' })
      assert.equal(await visitor.visit(`${PUBLIC_URL}/sign-in/oidc/callback?${back}`), '/')
      return visitor
    }
    const lives = async (visitor: Visitor) => (await visitor.ask('/v1/organization/me')).status === 200
    const right = { aud: CLIENT.id, jti: 'j', events: { [EVENT]: {} } }
    const says = (claims: object) => ({
      iss: provider.issuer,
      iat: seconds(),
      exp: seconds() + 60,
      ...right,
      ...claims,
    })
    const tell = (token: string) =>
      app.send('POST', '/sign-in/oidc/logout', { key: null, body: `${new URLSearchParams({ logout_token: token })}` })
    const signOut = async (claims: object) => (await tell(await provider.sign(says(claims)))).body.sessions

    test('ends all sessions of a subject, in every organization, or the one that it names, and nobody else’s', async () => {
      const other = await newOrganization(app)
      const { email } = await newUser(app, own)
      await newUser(app, other, 'reader', email)
      const somebody = await newUser(app, own)
      const one = await signIn('one', email, 'a')
      const two = await signIn('one', email, 'b')
      const far = await signIn('one', email, 'b', other.id)
      const bystander = await signIn('bystander', somebody.email, 'c')
      const alive = () => Promise.all([one, two, far, bystander].map(lives))
      assert.equal(await signOut({ sub: 'nobody' }), 0)
      assert.equal(await signOut({ sid: 'none' }), 0)
      assert.equal(await signOut({ sub: 'bystander', sid: 'a' }), 0)
      assert.deepEqual(await alive(), [true, true, true, true])
      assert.equal(await signOut({ sub: 'one', sid: 'a' }), 1)
      assert.deepEqual(await alive(), [false, true, true, true])
      assert.equal(await signOut({ sid: 'b' }), 2)
      assert.deepEqual(await alive(), [false, false, false, true])
      const three = await signIn('one', email, 'd')
      assert.equal(await signOut({ sub: 'one' }), 1)
      assert.deepEqual([await lives(three), await lives(bystander)], [false, true])
    })

    test('said again later, it ends no session that is newer', async () => {
      const { email } = await newUser(app, own)
      await signIn('again', email, 'e')
      const token = await provider.sign(says({ sub: 'again' }))
      assert.equal((await tell(token)).body.sessions, 1)
      app.advance(61)
      const newer = await signIn('again', email, 'f')
      assert.deepEqual((await tell(token)).body, { sessions: 0 })
      assert.ok(await lives(newer))
    })

    test('what is no word of the provider’s, or no word that somebody is out, ends nothing', async () => {
      const { email } = await newUser(app, own)
      const visitor = await signIn('safe', email, 'g')
      const { privateKey } = await generateKeyPair('RS256')
      const tokens: [string, string][] = [
        ['signed with another key', await provider.sign(says({ sub: 'safe' }), privateKey)],
        ['of another provider', await provider.sign(says({ sub: 'safe', iss: 'https://elsewhere.example' }))],
        ['for another client', await provider.sign(says({ sub: 'safe', aud: 'another' }))],
        ['of long ago', await provider.sign(says({ sub: 'safe', iat: seconds() - 400 }))],
        ['that is over', await provider.sign(says({ sub: 'safe', exp: seconds() - 100 }))],
        ['of no time', await provider.sign(says({ sub: 'safe', iat: undefined }))],
        ['that signs somebody in', await provider.sign(says({ sub: 'safe', events: undefined, nonce: 'n' }))],
        ['with a nonce', await provider.sign(says({ sub: 'safe', nonce: 'n' }))],
        ['of another event', await provider.sign(says({ sub: 'safe', events: { other: {} } }))],
        ['of nobody', await provider.sign(says({}))],
        ['of a session that has no name', await provider.sign(says({ sub: 'safe', sid: 7 }))],
        ['that is none', 'x.y.z'],
        ['that is nothing', ''],
      ]
      for (const [what, token] of tokens) {
        const { status, body } = await tell(token)
        assert.deepEqual([status, body.error?.param], [400, 'logout_token'], what)
      }
      const large = await app.send('POST', '/sign-in/oidc/logout', {
        key: null,
        body: `logout_token=${'x'.repeat(40_000)}`,
      })
      assert.equal(large.status, 413)
      assert.ok(await lives(visitor))
    })
  })
}
