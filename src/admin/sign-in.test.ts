import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newEmail, newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { until } from '../../test/process/gatehouse.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { asSession, cookieOf, linkFor, newPassword, signInByLink, signInNew } from '../../test/support/signing-in.ts'

const SIGN_IN = '/v1/organization/sign_in'
const ORIGIN = { 'user-agent': 'sign-in test' }
const DEAD =
  'This link does not work: it was used or replaced, it has expired, or who made it may not any more. Ask an owner or the operator for a new one.'

for (const database of databases) {
  describe(`${database}: signing in`, () => {
    let app: TestApp
    let own: Organization
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const post = (path: string, body: object) => app.send('POST', path, { key: null, body, headers: ORIGIN })
    const signIn = (email: string, password: string, more: object = {}) => post(SIGN_IN, { email, password, ...more })
    const useLink = (token: string, password: string) => post(`${SIGN_IN}/password_link`, { token, password })
    const opens = async (cookie: string) => (await asSession(app, cookie, 'GET', '/v1/organization/sessions')).status
    const someone = async () => {
      const { id, email } = await newUser(app, own)
      return { id, email, ...(await signInByLink(app, own.id, id)) }
    }
    const eventsOf = async (user: string, type: string) => {
      const rows = app.db.selectFrom('audit_log').selectAll().where('organization_id', '=', own.id)
      return rows
        .where('actor_id', '=', user)
        .where('type', '=', type as 'login.failed')
        .orderBy('id')
        .execute()
    }
    const isWrong = ({ status, body }: Awaited<ReturnType<typeof signIn>>) => {
      assert.deepEqual([status, body.error.code, body.error.param], [401, 'invalid_credentials', null])
      return body.error.message
    }

    test('with the right password is a session of that user, and a row of the log says from where', async () => {
      const { id, email, password } = await someone()
      const reply = await signIn(email.toUpperCase(), password)
      assert.equal(reply.status, 200)
      const { object, organization_id, user, is_current, ip_address, user_agent } = reply.body
      assert.deepEqual(
        { object, organization_id, user, is_current, ip_address, user_agent },
        {
          object: 'organization.session',
          organization_id: own.id,
          user: { id, email, name: 'Somebody' },
          is_current: true,
          ip_address: '127.0.0.1',
          user_agent: ORIGIN['user-agent'],
        },
      )
      assert.equal(await opens(cookieOf(reply)), 200)
      const [event] = (await own.admin.auditLogs.list({ resource_ids: [reply.body.id] })).data
      const session = { user: { id, email }, ip_address: '127.0.0.1', user_agent: ORIGIN['user-agent'] }
      assert.deepEqual([event?.type, event?.actor], ['login.succeeded', { type: 'session', session }])
      assert.deepEqual(event?.['login.succeeded'], { id: reply.body.id })
    })

    test('with a wrong one is refused like somebody who has none or is nobody, and recorded of who is there', async () => {
      const { id, email, password } = await someone()
      const bare = await newUser(app, own)
      const said = [
        isWrong(await signIn(email, `${password}x`)),
        isWrong(await signIn(email, password, { organization_id: 'org-000000000000000000000000' })),
        isWrong(await signIn(bare.email, password)),
        isWrong(await signIn('nobody@example.com', password)),
      ]
      assert.equal(new Set(said).size, 1)
      for (const user of [id, bare.id]) {
        await until(async () => (await eventsOf(user, 'login.failed')).length > 0, 'the failure is recorded')
        const [event] = await eventsOf(user, 'login.failed')
        const { error_code, error_message } = JSON.parse(event?.payload ?? '')
        assert.deepEqual([error_code, error_message], ['invalid_credentials', said[0]])
        assert.equal(event?.user_agent, ORIGIN['user-agent'])
      }
    })

    test('somebody of two organizations with one address has a password and a session in each', async () => {
      const other = await newOrganization(app)
      const { id, email, password } = await someone()
      const flags = ['--org', other.id, '--email', email, '--name', 'Same', '--role', 'reader']
      const there = await command(app, 'user', 'create', ...flags)
      const second = await signInNew(app, other.id, there.id)
      const ask = async (shown: string, more = {}) => (await signIn(email, shown, more)).body.user?.id
      assert.equal(await ask(password), id, 'the oldest, where none is named')
      assert.equal(await ask(second.password), undefined)
      assert.equal(await ask(second.password, { organization_id: other.id }), there.id)
      assert.equal(await ask(password, { organization_id: other.id }), undefined)
      const { body } = await asSession(app, second.cookie, 'GET', '/v1/organization/sessions')
      assert.deepEqual(
        [...new Set(body.data.map((one: { organization_id: string }) => one.organization_id))],
        [other.id],
      )
    })

    test('a link sets a password once, and the newest one only; the password before and its sessions are over', async () => {
      const { id, email, password, cookie } = await someone()
      const [first, second] = [await linkFor(app, own.id, email), await linkFor(app, own.id, id)]
      const fresh = newPassword()
      const dead = async (token: string) => {
        const { status, body } = await useLink(token, fresh)
        assert.deepEqual([status, body.error.param, body.error.message], [404, 'token', DEAD])
      }
      await dead(first)
      await dead('0'.repeat(64))
      assert.equal(await opens(cookie), 200, 'a link that is not used changes nothing')
      const replies = await Promise.all(Array.from({ length: 4 }, () => useLink(second, fresh)))
      assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 404, 404, 404])
      await dead(second)
      assert.equal(await opens(cookie), 401)
      isWrong(await signIn(email, password))
      assert.equal((await signIn(email, fresh)).status, 200)
      assert.equal((await eventsOf(id, 'user.updated')).length, 2)
    })

    test('a password is changed by who knows it: all sessions end but the one that begins, and a link that waits', async () => {
      const { id, email, password, cookie } = await someone()
      const token = await linkFor(app, own.id, id)
      const change = (shown: string, new_password: string) =>
        post(`${SIGN_IN}/password`, { email, password: shown, new_password })
      const fresh = newPassword()
      isWrong(await change('wrong password', fresh))
      const short = await change(password, 'too short')
      assert.deepEqual([short.status, short.body.error.param], [400, 'new_password'])
      assert.doesNotMatch(short.text, /too short'/)
      const done = await change(password, fresh)
      assert.equal(done.status, 200)
      assert.deepEqual([await opens(cookie), await opens(cookieOf(done))], [401, 200])
      isWrong(await signIn(email, password))
      assert.equal((await signIn(email, fresh)).status, 200)
      assert.equal((await useLink(token, newPassword())).status, 404)
    })

    test('who is removed is signed out and signs in no more, by no password and no link', async () => {
      const { id, email, password, cookie } = await someone()
      const token = await linkFor(app, own.id, id)
      await own.admin.users.delete(id)
      assert.equal(await opens(cookie), 401)
      isWrong(await signIn(email, password))
      assert.equal((await useLink(token, newPassword())).status, 404)
      for (const table of ['session', 'user_password', 'password_link'] as const) {
        const left = app.db.selectFrom(table).select('user_id').where('organization_id', '=', own.id)
        assert.deepEqual(await left.where('user_id', '=', id).execute(), [], table)
      }
    })

    test('an invite that is accepted with a password is a session, and without one it is none', async () => {
      const accept = async (more: object) => {
        const { id, email } = await own.admin.invites.create({ email: newEmail('guest'), role: 'reader' })
        const { token } = await command(app, 'invite', 'link', id, '--org', own.id)
        const reply = await post('/v1/organization/invites/accept', { token, name: 'Guest', ...more })
        assert.equal(reply.status, 200, reply.text)
        return { reply, email, token }
      }
      const password = newPassword()
      const { reply, email, token } = await accept({ password })
      assert.equal(reply.body.object, 'organization.user')
      assert.equal(await opens(cookieOf(reply)), 200)
      assert.equal((await signIn(email, password)).status, 200)
      assert.equal((await eventsOf(reply.body.id, 'login.succeeded')).length, 2)
      const again = await post('/v1/organization/invites/accept', { token, name: 'Guest', password })
      assert.equal(again.status, 404)
      const without = await accept({})
      assert.equal(without.reply.headers.get('set-cookie'), null)
      isWrong(await signIn(without.email, password))
    })

    test('a link works for a day', async () => {
      const { id } = await newUser(app, own)
      const token = await linkFor(app, own.id, id)
      app.advance(24 * 3600)
      const { status, body } = await useLink(token, newPassword())
      assert.deepEqual([status, body.error.message], [404, DEAD])
    })
  })
}
