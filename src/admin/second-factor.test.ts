import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { until } from '../../test/process/gatehouse.ts'
import { databases } from '../../test/support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../../test/support/harness.ts'
import {
  Authenticator,
  beginFactor,
  type Claim,
  confirmFactor,
  FACTOR,
  withFactor,
} from '../../test/support/second-factor.ts'
import { asSession, cookieOf, linkFor, newPassword, signInByLink, signInNew } from '../../test/support/signing-in.ts'
import { codeOf, stepAt } from '../core/totp.ts'

const SIGN_IN = '/v1/organization/sign_in'
const TABLES = ['second_factor', 'second_factor_setup', 'recovery_code'] as const

for (const database of databases) {
  describe(`${database}: a second factor`, () => {
    let app: TestApp
    let own: Organization
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const post = (path: string, body: object) => app.send('POST', path, { key: null, body })
    const signIn = (claim: Claim, code?: string) => post(SIGN_IN, { ...claim, ...(code !== undefined && { code }) })
    const opens = async (cookie: string) => (await asSession(app, cookie, 'GET', '/v1/organization/sessions')).status
    const someone = async () => withFactor(app, own.id, await newUser(app, own))
    const said = ({ status, body, headers }: Reply) => [status, body.error?.code ?? 'done', headers.get('set-cookie')]
    const isAsked = (reply: Reply) => assert.deepEqual(said(reply), [401, 'second_factor_required', null])
    const isWrong = (reply: Reply) => assert.deepEqual(said(reply), [401, 'invalid_second_factor', null])
    const state = async (cookie: string) => {
      const { set_at, recovery_codes, required } = (
        await asSession(app, cookie, 'GET', '/v1/organization/second_factor')
      ).body
      return { isSet: set_at !== null, recovery_codes, required }
    }
    const eventsOf = async (user: string) => {
      const rows = app.db.selectFrom('audit_log').selectAll().where('organization_id', '=', own.id)
      const all = await rows.where('actor_id', '=', user).orderBy('id').execute()
      return all.map(({ type, payload }) => {
        const { changes_requested: what = {} } = JSON.parse(payload)
        return [type, ...Object.entries(what).flat()].join(' ')
      })
    }

    test('is none before a code of it was shown, and asked for from then on; other sessions end', async () => {
      const { id, email } = await newUser(app, own)
      const { password, cookie } = await signInByLink(app, own.id, id)
      const claim = { email, password, organization_id: own.id }
      const begun = await post(FACTOR, claim)
      const { secret, uri } = begun.body
      assert.equal(
        uri,
        `otpauth://totp/Gatehouse%20Test:${encodeURIComponent(email)}?secret=${secret}&issuer=Gatehouse%20Test`,
      )
      assert.equal(begun.headers.get('set-cookie'), null)
      const authenticator = new Authenticator(app, secret)
      assert.equal((await signIn(claim)).status, 200)
      isWrong(await confirmFactor(app, claim, '000000x'))
      assert.equal((await signIn(claim)).status, 200)
      assert.deepEqual(await state(cookie), { isSet: false, recovery_codes: 0, required: false })
      const done = await confirmFactor(app, claim, authenticator.code())
      assert.deepEqual([done.status, done.body.id, done.body.recovery_codes.length], [200, id, 10])
      assert.deepEqual([await opens(cookie), await opens(cookieOf(done))], [401, 200])
      assert.deepEqual(await state(cookieOf(done)), { isSet: true, recovery_codes: 10, required: false })
      const asked = await signIn(claim)
      isAsked(asked)
      assert.equal(asked.body.error.param, 'code')
      isWrong(await signIn(claim, 'not-a-code'))
      assert.equal(await opens(cookieOf(await signIn(claim, ` ${authenticator.code().replace(/...$/, ' $&')}`))), 200)
      await until(async () => (await eventsOf(id)).includes('login.failed'), 'a wrong code is recorded')
      const events = (await eventsOf(id)).filter((event) => event.startsWith('user.updated'))
      assert.deepEqual(events, [
        'user.updated password set',
        'user.updated second_factor begun',
        'user.updated second_factor set',
      ])
    })

    test('asks whoever has the password only, who has not failed before they show a code', async () => {
      const { id, claim, authenticator } = await someone()
      const wrong = await signIn({ ...claim, password: 'a wrong password' }, authenticator.code())
      assert.deepEqual(said(wrong), [401, 'invalid_credentials', null])
      await until(async () => (await eventsOf(id)).includes('login.failed'), 'a wrong password is recorded')
      const before = await eventsOf(id)
      isAsked(await signIn(claim))
      isAsked(await post(`${SIGN_IN}/password`, { ...claim, new_password: newPassword() }))
      for (const path of ['', '/recovery_codes', '/remove']) isAsked(await post(FACTOR + path, claim))
      assert.deepEqual(await eventsOf(id), before)
    })

    test('a code counts once, of two requests for one, and none that is older', async () => {
      const { claim, authenticator } = await someone()
      app.advance(300)
      const [older, code] = [authenticator.code(), authenticator.code()]
      const replies = await Promise.all(Array.from({ length: 4 }, () => signIn(claim, code)))
      assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 401, 401, 401])
      for (const reply of replies) if (reply.status !== 200) isWrong(reply)
      isWrong(await signIn(claim, code))
      isWrong(await signIn(claim, older))
      // All attempts are there again.
      app.advance(4500)
      const step = stepAt(app.now())
      for (const off of [-5, 5]) isWrong(await signIn(claim, codeOf(authenticator.secret, step + off)))
      assert.equal((await signIn(claim, authenticator.code())).status, 200)
    })

    test('a recovery code is good once, in the place of a code, until there are new ones', async () => {
      const { id, claim, codes, authenticator } = await someone()
      const [first = '', second = '', third = ''] = codes
      const replies = await Promise.all(Array.from({ length: 4 }, () => signIn(claim, first)))
      assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 401, 401, 401])
      isWrong(await signIn(claim, first))
      const { cookie } = { cookie: cookieOf(await signIn(claim, second.toUpperCase().replaceAll('-', ' '))) }
      assert.equal((await state(cookie)).recovery_codes, 8)
      const renewed = await post(`${FACTOR}/recovery_codes`, { ...claim, code: authenticator.code() })
      assert.deepEqual([renewed.status, renewed.body.recovery_codes.length], [200, 10])
      assert.equal(renewed.body.recovery_codes.filter((code: string) => codes.includes(code)).length, 0)
      isWrong(await signIn(claim, third))
      assert.equal((await signIn(claim, renewed.body.recovery_codes[9])).status, 200)
      const used = (await eventsOf(id)).filter((event) => event.startsWith('user.updated recovery_codes'))
      const wanted = ['used', 'used', 'made', 'used'].map((what) => `user.updated recovery_codes ${what}`)
      assert.deepEqual(used, wanted)
    })

    test('a link that sets a password does not get around it, and is not used up by who has no code', async () => {
      const { id, email, claim, authenticator } = await someone()
      const token = await linkFor(app, own.id, id)
      const use = (more: object) => post(`${SIGN_IN}/password_link`, { token, password: fresh, ...more })
      const fresh = newPassword()
      isAsked(await use({}))
      isWrong(await use({ code: '000000x' }))
      assert.equal((await signIn(claim, authenticator.code())).status, 200, 'the password is the one before')
      const done = await use({ code: authenticator.code() })
      assert.deepEqual([done.status, done.body.user.email], [200, email])
      assert.equal(await opens(cookieOf(done)), 200)
      isAsked(await signIn({ ...claim, password: fresh }))
    })

    test('what was begun is over after ten minutes, and when it is begun anew', async () => {
      const { id, email } = await newUser(app, own)
      const { password } = await signInNew(app, own.id, id)
      const claim = { email, password, organization_id: own.id }
      const none = (reply: Reply) => assert.deepEqual(said(reply), [400, 'no_second_factor', null])
      none(await confirmFactor(app, claim, '000000'))
      const first = await beginFactor(app, claim)
      const second = await beginFactor(app, claim)
      isWrong(await confirmFactor(app, claim, first.code()))
      app.advance(600)
      none(await confirmFactor(app, claim, second.code()))
      const third = await beginFactor(app, claim)
      const code = third.code()
      const replies = await Promise.all(Array.from({ length: 4 }, () => confirmFactor(app, claim, code)))
      assert.equal(replies.filter(({ status }) => status === 200).length, 1)
      none(await confirmFactor(app, claim, third.code()))
      isWrong(await signIn(claim, code))
    })

    test('another app takes its place by a code of the one before, and only when one of its own was shown', async () => {
      const { claim, authenticator, codes, cookie } = await someone()
      isAsked(await post(FACTOR, claim))
      const other = await beginFactor(app, { ...claim, code: authenticator.code() })
      assert.equal((await signIn(claim, authenticator.code())).status, 200)
      isWrong(await signIn(claim, other.code()))
      const done = await confirmFactor(app, claim, other.code())
      assert.equal(done.status, 200, done.text)
      assert.equal(await opens(cookie), 401)
      isWrong(await signIn(claim, authenticator.code()))
      isWrong(await signIn(claim, codes[0]))
      assert.equal((await signIn(claim, other.code())).status, 200)
    })

    test('is removed by a code of it, and with its user', async () => {
      const { id, claim, authenticator, cookie } = await someone()
      const done = await post(`${FACTOR}/remove`, { ...claim, code: authenticator.code() })
      assert.equal(done.status, 200, done.text)
      assert.deepEqual([await opens(cookie), await opens(cookieOf(done))], [401, 200])
      assert.equal((await signIn(claim)).status, 200)
      for (const path of ['/recovery_codes', '/remove']) {
        assert.deepEqual(said(await post(FACTOR + path, claim)), [400, 'no_second_factor', null])
      }
      const left = async () => {
        const rows = TABLES.map((table) =>
          app.db
            .selectFrom(table)
            .select('user_id')
            .where('organization_id', '=', own.id)
            .where('user_id', '=', id)
            .execute(),
        )
        return (await Promise.all(rows)).map(({ length }) => length)
      }
      assert.deepEqual(await left(), [0, 0, 0])
      await confirmFactor(app, claim, (await beginFactor(app, claim)).code())
      await beginFactor(app, { ...claim, code: await signInCode(id) })
      assert.deepEqual(await left(), [1, 1, 10])
      await own.admin.users.delete(id)
      assert.deepEqual(await left(), [0, 0, 0])
    })

    /** A code of now, by what is kept. */
    async function signInCode(id: string): Promise<string> {
      app.advance(60)
      const row = app.db.selectFrom('second_factor').select('secret').where('organization_id', '=', own.id)
      const { secret } = await row.where('user_id', '=', id).executeTakeFirstOrThrow()
      return codeOf(secret, stepAt(app.now()))
    }
  })
}
