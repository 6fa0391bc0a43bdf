import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../../test/support/harness.ts'
import {
  addPasskey,
  askedFor,
  beginPasskey,
  confirmPasskey,
  PASSKEYS,
  withPasskey,
} from '../../test/support/passkeys.ts'
import { beginFactor, confirmFactor, FACTOR } from '../../test/support/second-factor.ts'
import { asSession, cookieOf, linkFor, newPassword, signInNew } from '../../test/support/signing-in.ts'
import { SoftPasskey } from '../../test/support/soft-passkey.ts'

const SIGN_IN = '/v1/organization/sign_in'
const TABLES = ['passkey', 'passkey_challenge', 'second_factor', 'second_factor_setup', 'recovery_code'] as const

for (const database of databases) {
  describe(`${database}: a passkey`, () => {
    let app: TestApp
    let own: Organization
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const post = (path: string, body: object) => app.send('POST', path, { key: null, body })
    const signIn = (claim: object, shown: object = {}) => post(SIGN_IN, { ...claim, ...shown })
    const someone = async () => withPasskey(app, own.id, await newUser(app, own))
    const opens = async (cookie: string) => (await asSession(app, cookie, 'GET', '/v1/organization/sessions')).status
    const said = ({ status, body, headers }: Reply) => [status, body.error?.code ?? 'done', headers.get('set-cookie')]
    const state = async (cookie: string) => {
      const { body } = await asSession(app, cookie, 'GET', '/v1/organization/second_factor')
      return [body.set_at !== null, body.passkeys, body.recovery_codes]
    }
    const withPassword = async () => {
      const { id, email } = await newUser(app, own)
      const { password, cookie } = await signInNew(app, own.id, id)
      return { id, cookie, claim: { email, password, organization_id: own.id } }
    }

    test('is none before it has signed, and asked for from then on; other sessions end, and the log says so', async () => {
      const { id, cookie, claim } = await withPassword()
      const options = await beginPasskey(app, claim)
      assert.deepEqual([options.rp.id, options.attestation, options.user.name], ['localhost', 'none', claim.email])
      assert.equal((await signIn(claim)).status, 200)
      assert.deepEqual(await state(cookie), [false, 0, 0])
      const passkey = new SoftPasskey()
      const done = await confirmPasskey(app, claim, passkey.made(options), ' Work laptop ')
      assert.equal(done.body.passkey.name, 'Work laptop')
      assert.deepEqual([await opens(cookie), await opens(cookieOf(done))], [401, 200])
      assert.deepEqual(await state(cookieOf(done)), [false, 1, 10])
      const asked = await signIn(claim)
      assert.deepEqual(said(asked), [401, 'second_factor_required', null])
      assert.equal(asked.body.error.param, 'passkey')
      assert.deepEqual(said(await signIn(claim, { code: '000000' })), [401, 'invalid_second_factor', null])
      assert.equal((await signIn(claim, { code: done.body.recovery_codes[0] })).status, 200)
      const shown = passkey.shown(await askedFor(app, claim))
      const again = await signIn(claim, { passkey: shown })
      assert.equal(await opens(cookieOf(again)), 200)
      const { body } = await asSession(app, cookieOf(again), 'GET', '/v1/organization/passkeys')
      const [one] = body.data
      assert.deepEqual([body.data.length, one.host, typeof one.last_used_at], [1, 'localhost', 'number'])
      const events = (await own.admin.auditLogs.list({ resource_ids: [id], event_types: ['user.updated'] })).data
      const of = events.map((event) => event['user.updated']?.changes_requested as Record<string, unknown> | undefined)
      const [told] = of.filter((changes) => changes?.passkey === 'added')
      assert.deepEqual(told, { passkey: 'added', passkey_id: one.id, name: 'Work laptop' })
      assert.equal(of.filter((changes) => changes?.passkey === 'asked').length, 1)
    })

    test('beside an app either will do; taken away is one at a time, and with the last the recovery codes', async () => {
      const of = await someone()
      const authenticator = await beginFactor(app, { ...of.claim, ...(await of.show()) })
      const done = await confirmFactor(app, of.claim, authenticator.code())
      assert.deepEqual(await state(cookieOf(done)), [true, 1, 10])
      assert.equal((await signIn(of.claim, await of.show())).status, 200)
      assert.equal((await signIn(of.claim, { code: authenticator.code() })).status, 200)
      assert.match((await signIn(of.claim)).body.error.message, /passkey.*app/)
      const withoutApp = await post(`${FACTOR}/remove`, { ...of.claim, code: authenticator.code() })
      assert.deepEqual(await state(cookieOf(withoutApp)), [false, 1, 10])
      const twice = await post(`${FACTOR}/remove`, { ...of.claim, ...(await of.show()) })
      assert.deepEqual([twice.status, twice.body.error.code], [400, 'no_second_factor'])
      const second = await addPasskey(app, of.claim, await of.show())
      assert.deepEqual([second.codes, await state(second.cookie)], [[], [false, 2, 10]])
      const remove = async (passkey_id: string, shown: object) =>
        post(`${PASSKEYS}/remove`, { ...of.claim, ...shown, passkey_id })
      assert.deepEqual(said(await remove(second.id, {})), [401, 'second_factor_required', null])
      const withoutOne = await remove(of.passkeyId, await of.show())
      assert.deepEqual([await state(cookieOf(withoutOne)), await opens(second.cookie)], [[false, 1, 10], 401])
      const shown = async () => ({ passkey: second.passkey.shown(await askedFor(app, of.claim)) })
      const unknown = await remove(of.passkeyId, await shown())
      assert.deepEqual([unknown.status, unknown.body.error.param], [404, 'passkey_id'])
      const bare = await remove(second.id, await shown())
      assert.deepEqual(await state(cookieOf(bare)), [false, 0, 0])
      assert.equal((await signIn(of.claim)).status, 200)
    })

    test('what was begun by the password alone is void once there is a second factor', async () => {
      for (const kind of ['app', 'passkey'] as const) {
        const { claim } = await withPassword()
        const thief = { app: await beginFactor(app, claim), key: new SoftPasskey() }
        const options = await beginPasskey(app, claim)
        if (kind === 'passkey') await addPasskey(app, claim)
        else await confirmFactor(app, claim, (await beginFactor(app, claim)).code())
        assert.notEqual((await confirmFactor(app, claim, thief.app.code())).status, 200)
        assert.deepEqual(said(await confirmPasskey(app, claim, thief.key.made(options))), [
          400,
          'invalid_passkey',
          null,
        ])
      }
    })

    test('where one is asked of everybody, it is one: set up before anything else, and the last is kept', async () => {
      const asking = await newOrganization(app)
      const { id, email } = await newUser(app, asking)
      const token = await linkFor(app, asking.id, id)
      await app.send('POST', '/v1/organization/sign_in_policy', {
        key: asking.key,
        body: { second_factor: 'required' },
      })
      const password = newPassword()
      assert.equal((await post(`${SIGN_IN}/password_link`, { token, password })).body.session, null)
      const claim = { email, password, organization_id: asking.id }
      assert.deepEqual(said(await signIn(claim)), [401, 'second_factor_setup_required', null])
      const { passkey, id: passkey_id, cookie } = await addPasskey(app, claim)
      assert.equal(await opens(cookie), 200)
      const shown = async () => ({ passkey: passkey.shown(await askedFor(app, claim)) })
      const kept = await post(`${PASSKEYS}/remove`, { ...claim, ...(await shown()), passkey_id })
      assert.deepEqual(said(kept), [400, 'second_factor_kept', null])
      await addPasskey(app, claim, await shown())
      assert.equal((await post(`${PASSKEYS}/remove`, { ...claim, ...(await shown()), passkey_id })).status, 200)
    })

    test('a link that sets a password asks for it, and is not used up before', async () => {
      const { id, passkey } = await someone()
      const token = await linkFor(app, own.id, id)
      const use = (shown: object) => post(`${SIGN_IN}/password_link`, { token, password: newPassword(), ...shown })
      assert.deepEqual(said(await use({})), [401, 'second_factor_required', null])
      const asked = await post(`${SIGN_IN}/password_link/passkey`, { token })
      assert.equal(await opens(cookieOf(await use({ passkey: passkey.shown(asked.body.options) }))), 200)
      const dead = await post(`${SIGN_IN}/password_link/passkey`, { token })
      assert.deepEqual([dead.status, dead.body.error.param], [404, 'token'])
      const bare = await linkFor(app, own.id, (await withPassword()).id)
      assert.deepEqual(said(await post(`${SIGN_IN}/password_link/passkey`, { token: bare })), [400, 'no_passkey', null])
    })

    test('an owner takes all of it away, and so does the removal of a user', async () => {
      for (const path of ['/second_factor', '']) {
        const { id, claim, cookie } = await someone()
        await askedFor(app, claim)
        const { status } = await app.send('DELETE', `/v1/organization/users/${id}${path}`, { key: own.key })
        assert.deepEqual([status, await opens(cookie)], [200, 401])
        assert.equal((await signIn(claim)).status, path === '' ? 401 : 200)
        for (const table of TABLES) {
          const left = app.db.selectFrom(table).select('user_id').where('organization_id', '=', own.id)
          assert.deepEqual(await left.where('user_id', '=', id).execute(), [], table)
        }
      }
    })

    test('is one of twenty at most', async () => {
      const { id, claim, show } = await someone()
      const row = await app.db
        .selectFrom('passkey')
        .selectAll()
        .where('organization_id', '=', own.id)
        .where('user_id', '=', id)
        .executeTakeFirstOrThrow()
      const options = await beginPasskey(app, claim, await show())
      const rows = Array.from({ length: 19 }, (_, i) => ({ ...row, id: `${row.id}${i}`, credential_id: `c${i}` }))
      await app.db.insertInto('passkey').values(rows).execute()
      for (const reply of [
        await post(PASSKEYS, { ...claim, ...(await show()) }),
        await confirmPasskey(app, claim, new SoftPasskey().made(options)),
      ]) {
        assert.deepEqual(said(reply), [400, 'too_many_passkeys', null])
      }
    })

    test('asking for it gives no attempt at a password back', async () => {
      const { claim } = await someone()
      const wrong = async () => (await signIn({ ...claim, password: 'not this one' })).status
      for (let i = 0; i < 9; i++) {
        assert.equal(await wrong(), 401)
        await askedFor(app, claim)
      }
      assert.deepEqual([await wrong(), await wrong()], [401, 429])
    })
  })

  test(`${database}: a passkey is not offered where no browser would show it, and who has one is asked for it still`, async () => {
    await using app = await startTestApp({ database })
    const own = await newOrganization(app)
    const { id, claim, codes, passkey } = await withPasskey(app, own.id, await newUser(app, own))
    const factor = `/v1/organization/second_factor?user_id=${id}`
    assert.equal((await app.send('GET', factor, { key: own.key })).body.passkeys_off, null)
    for (const url of ['http://gate.example', 'https://gate.example']) {
      await using moved = await startTestApp({ databaseUrl: app.databaseUrl, env: { GATEHOUSE_PUBLIC_URL: url } })
      const send = (path: string, body: object) => moved.send('POST', path, { key: null, body: { ...claim, ...body } })
      const why = (await moved.send('GET', factor, { key: own.key })).body.passkeys_off
      assert.equal(why === null, url.startsWith('https'))
      // What is asked for is what can be shown: who follows the hint is not led into a refusal.
      const { error } = (await send(SIGN_IN, {})).body
      assert.deepEqual([error.code, error.param], ['second_factor_required', 'code'])
      assert.doesNotMatch(error.message, /passkey/)
      const asked = await send(`${SIGN_IN}/passkey`, {})
      assert.equal(asked.body.error.code, why === null ? 'no_passkey' : 'passkeys_off')
      const shown = { passkey: passkey.shown(await askedFor(app, claim)) }
      assert.notEqual((await send(SIGN_IN, shown)).status, 200)
      assert.equal((await send(SIGN_IN, { code: codes.pop() })).status, 200)
    }
  })
}
