import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { asSession, CONSOLE, cookieOf, linkFor, newPassword, signInNew } from '../../test/support/signing-in.ts'

const USERS = '/v1/organization/users'
const SIGN_IN = '/v1/organization/sign_in'

for (const database of databases) {
  describe(`${database}: a session's cookie`, () => {
    let app: TestApp
    let own: Organization
    let cookie: string
    let host: string
    before(async () => {
      // Which origin is its own the request says where nothing else does.
      app = await startTestApp({ database, env: { GATEHOUSE_PUBLIC_URL: '' } })
      own = await newOrganization(app)
      cookie = (await signInNew(app, own.id, own.ownerId)).cookie
      host = new URL(app.url).host
    })
    after(() => app[Symbol.asyncDispose]())

    const ask = (headers: Record<string, string>, method = 'GET', path = USERS, body?: object) =>
      app.send(method, path, { key: null, headers: { cookie, ...headers }, ...(body && { body }) })
    const project = { name: 'forged' }
    const none = { status: 401, code: null, message: 'Missing bearer authentication in header' }
    const told = ({ status, body }: Awaited<ReturnType<typeof ask>>) => {
      const { code, message } = body.error ?? {}
      return { status, ...(body.error && { code, message }) }
    }

    /** What another page can have a browser send, and what only one of the server's own can. */
    const pages: { what: string; headers: () => Record<string, string>; counts: boolean }[] = [
      { what: 'without the header of the console', headers: () => ({}), counts: false },
      { what: 'with another value of it', headers: () => ({ 'x-gatehouse-console': '0' }), counts: false },
      { what: 'with the header alone', headers: () => CONSOLE, counts: true },
      { what: 'from the same origin', headers: () => ({ ...CONSOLE, 'sec-fetch-site': 'same-origin' }), counts: true },
      { what: 'from the same site', headers: () => ({ ...CONSOLE, 'sec-fetch-site': 'same-site' }), counts: false },
      { what: 'from another site', headers: () => ({ ...CONSOLE, 'sec-fetch-site': 'cross-site' }), counts: false },
      { what: 'from nobody knows where', headers: () => ({ ...CONSOLE, 'sec-fetch-site': 'x' }), counts: false },
      { what: 'of its own origin', headers: () => ({ ...CONSOLE, origin: `http://${host}` }), counts: true },
      { what: 'of another origin', headers: () => ({ ...CONSOLE, origin: 'https://evil.example' }), counts: false },
      { what: 'of another port', headers: () => ({ ...CONSOLE, origin: 'http://127.0.0.1:1' }), counts: false },
      { what: 'of no origin', headers: () => ({ ...CONSOLE, origin: 'null' }), counts: false },
      {
        what: 'of an origin that begins like it',
        headers: () => ({ ...CONSOLE, origin: `http://${host}.evil.example` }),
        counts: false,
      },
    ]
    for (const { what, headers, counts } of pages) {
      test(`${what} ${counts ? 'counts' : 'is none, in reading and in changing'}`, async () => {
        assert.deepEqual(told(await ask(headers())), counts ? { status: 200 } : none)
        if (!counts) assert.deepEqual(told(await ask(headers(), 'POST', '/v1/organization/projects', project)), none)
      })
    }

    test('makes good no key that is wrong, nor what is none', async () => {
      for (const authorization of ['Bearer sk-admin-nobodys', 'Basic eDp5', '']) {
        assert.equal((await ask({ ...CONSOLE, authorization })).status, 401, authorization)
      }
      const { id } = await newUser(app, own)
      const reader = await signInNew(app, own.id, id)
      const { status } = await app.send('GET', USERS, { key: own.key, headers: { ...CONSOLE, cookie: reader.cookie } })
      assert.equal(status, 200, 'the key is who calls')
    })

    test('has no answer kept by a cache or a browser', async () => {
      assert.equal((await ask(CONSOLE)).headers.get('cache-control'), 'no-store')
    })

    test('opens nothing at the gate', async () => {
      const { status, body } = await ask(CONSOLE, 'GET', '/v1/models')
      assert.deepEqual([status, body.error.message], [401, none.message])
    })

    test('is of no use once it ended, made up or shown twice', async () => {
      const ended = { status: 401, code: 'session_ended', message: 'Your session has ended. Please sign in again.' }
      const other = await signInNew(app, own.id, (await newUser(app, own)).id)
      await asSession(app, other.cookie, 'POST', '/v1/organization/sign_out', {})
      assert.deepEqual(told(await ask({ ...CONSOLE, cookie: other.cookie })), ended)
      const made = `gatehouse-session=${'0'.repeat(64)}`
      assert.deepEqual(told(await ask({ ...CONSOLE, cookie: made })), ended)
      assert.deepEqual(told(await ask({ ...CONSOLE, cookie: `${cookie}; ${made}` })), none)
    })

    test('is another at each sign-in, whatever cookie comes with it', async () => {
      const { id, email } = await newUser(app, own)
      const { password, cookie: first } = await signInNew(app, own.id, id)
      const planted = `gatehouse-session=${'a1'.repeat(32)}`
      for (const shown of [first, planted]) {
        const body = { email, password }
        const reply = await app.send('POST', SIGN_IN, { key: null, body, headers: { ...CONSOLE, cookie: shown } })
        assert.equal(reply.status, 200)
        assert.notEqual(cookieOf(reply), shown)
        assert.equal((await asSession(app, planted, 'GET', '/v1/organization/sessions')).status, 401)
      }
    })

    test('is set for no page of another origin', async () => {
      const { id, email } = await newUser(app, own)
      const { password } = await signInNew(app, own.id, id)
      const forged: [string, object][] = [
        [SIGN_IN, { email, password }],
        [`${SIGN_IN}/password_link`, { token: await linkFor(app, own.id, id), password: newPassword() }],
        [`${SIGN_IN}/password`, { email, password, new_password: newPassword() }],
      ]
      const before = await sessionsOf(id)
      for (const [path, body] of forged) {
        for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
          const reply = await app.send('POST', path, { key: null, body, headers: headers as Record<string, string> })
          assert.deepEqual([reply.status, reply.body.error.code], [403, 'foreign_origin'])
          assert.equal(reply.headers.get('set-cookie'), null)
        }
      }
      assert.deepEqual(await sessionsOf(id), before)
    })

    const sessionsOf = (user: string) =>
      app.db
        .selectFrom('session')
        .select('id')
        .where('organization_id', '=', own.id)
        .where('user_id', '=', user)
        .execute()
  })
}

test('behind TLS the cookie is the host’s alone, and only the public address is its origin', async () => {
  await using app = await startTestApp({ env: { GATEHOUSE_PUBLIC_URL: 'https://gate.example/' } })
  const own = await newOrganization(app)
  const { cookie } = await signInNew(app, own.id, own.ownerId)
  assert.match(cookie, /^__Host-gatehouse-session=/)
  assert.equal(await describedName(app), '__Host-gatehouse-session')
  const ask = async (headers: Record<string, string>) =>
    (await app.send('GET', USERS, { key: null, headers: { ...CONSOLE, ...headers } })).status
  assert.equal(await ask({ cookie }), 200)
  assert.equal(await ask({ cookie, origin: 'https://gate.example' }), 200)
  for (const origin of ['http://gate.example', app.url, 'https://gate.example.evil.example']) {
    assert.equal(await ask({ cookie, origin }), 401, origin)
  }
  assert.equal(await ask({ cookie: cookie.replace('__Host-', '') }), 401, 'a name that a page of another host can set')
})

/** What `/openapi.json` calls the cookie. */
async function describedName(app: TestApp): Promise<string> {
  const { body } = await app.send('GET', '/openapi.json', { key: null })
  return body.components.securitySchemes.session.name
}

test('pages of origins that the operator names call with keys, and with no cookie', async () => {
  await using app = await startTestApp({ env: { GATEHOUSE_ADMIN_CORS_ORIGINS: 'https://page.example' } })
  const own = await newOrganization(app)
  const { cookie } = await signInNew(app, own.id, own.ownerId)
  assert.equal(cookie.split('=')[0], await describedName(app))
  const headers = { origin: 'https://page.example', ...CONSOLE }
  const byKey = await app.send('GET', USERS, { key: own.key, headers })
  assert.deepEqual([byKey.status, byKey.headers.get('access-control-allow-credentials')], [200, null])
  assert.equal((await app.send('GET', USERS, { key: null, headers: { ...headers, cookie } })).status, 401)
})
