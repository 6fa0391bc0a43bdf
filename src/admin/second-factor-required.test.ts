import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newEmail, newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../../test/support/harness.ts'
import { modelsFile } from '../../test/support/models-file.ts'
import { beginFactor, confirmFactor, FACTOR, withFactor } from '../../test/support/second-factor.ts'
import { asSession, cookieOf, linkFor, newPassword, signInNew } from '../../test/support/signing-in.ts'
import { endpoints } from './index.ts'

const SIGN_IN = '/v1/organization/sign_in'
const POLICY = '/v1/organization/sign_in_policy'

/** What is said to who has to set one up first: they are not signed in. */
const isSentToSetUp = ({ status, body, headers }: Reply) =>
  assert.deepEqual([status, body.error?.code, headers.get('set-cookie')], [401, 'second_factor_setup_required', null])

/** Somebody without a second factor comes in by no way there is, sets one up by their password alone, and then does. */
async function hasToSetUp(app: TestApp, own: Organization) {
  const post = (path: string, body: object) => app.send('POST', path, { key: null, body })
  const { id, email } = await newUser(app, own)
  const password = newPassword()
  const token = await linkFor(app, own.id, id)
  const set = await post(`${SIGN_IN}/password_link`, { token, password })
  assert.deepEqual([set.status, set.body.session, set.headers.get('set-cookie')], [200, null, null])
  const claim = { email, password, organization_id: own.id }
  isSentToSetUp(await post(SIGN_IN, claim))
  isSentToSetUp(await post(`${SIGN_IN}/password`, { ...claim, new_password: newPassword() }))

  const invite = await own.admin.invites.create({ email: newEmail('guest'), role: 'reader' })
  const link = await command(app, 'invite', 'link', invite.id, '--org', own.id)
  const accepted = await post('/v1/organization/invites/accept', { token: link.token, name: 'Guest', password })
  assert.deepEqual([accepted.status, accepted.headers.get('set-cookie')], [200, null])
  isSentToSetUp(await post(SIGN_IN, { ...claim, email: invite.email }))
  const rows = app.db.selectFrom('session').select('id').where('organization_id', '=', own.id)
  assert.deepEqual(
    await rows.where('user_id', 'in', [id, accepted.body.id]).execute(),
    [],
    'nor is there half a session',
  )

  const authenticator = await beginFactor(app, claim)
  const done = await confirmFactor(app, claim, authenticator.code())
  assert.equal((await asSession(app, cookieOf(done), 'GET', '/v1/organization/me')).status, 200)
  const kept = await post(`${FACTOR}/remove`, { ...claim, code: authenticator.code() })
  assert.deepEqual([kept.status, kept.body.error.code], [400, 'second_factor_kept'])
  app.advance(90)
  const again = await post(SIGN_IN, { ...claim, code: authenticator.code() })
  assert.equal((await asSession(app, cookieOf(again), 'GET', '/v1/organization/me')).status, 200)
}

for (const database of databases) {
  test(`${database}: where an organization asks it of everybody, nobody comes in without one, and sessions of before do not count`, async () => {
    await using app = await startTestApp({ database })
    const [own, other] = [await newOrganization(app), await newOrganization(app)]
    const member = await newUser(app, own)
    const bare = await signInNew(app, own.id, member.id)
    const { cookie: alone } = await signInNew(app, own.id, own.ownerId)
    const require = (cookie: string, second_factor = 'required') =>
      asSession(app, cookie, 'POST', POLICY, { second_factor })
    const refused = await require(alone)
    assert.deepEqual([refused.status, refused.body.error.code], [400, 'would_lock_out_caller'])
    const { cookie } = await withFactor(app, own.id, { id: own.ownerId, email: own.ownerEmail })
    assert.deepEqual((await require(cookie)).body, {
      object: 'organization.sign_in_policy',
      second_factor: 'required',
      by_operator: false,
    })
    assert.equal((await asSession(app, cookie, 'GET', POLICY)).body.second_factor, 'required')
    isSentToSetUp(await asSession(app, bare.cookie, 'GET', '/v1/organization/me'))
    isSentToSetUp(await asSession(app, bare.cookie, 'DELETE', `/v1/organization/sessions/${bare.session.id}`))
    await hasToSetUp(app, own)
    const elsewhere = await signInNew(app, other.id, other.ownerId)
    assert.equal((await asSession(app, elsewhere.cookie, 'GET', '/v1/organization/me')).status, 200)
    assert.equal((await app.send('GET', '/v1/organization/me', { key: own.key })).status, 200, 'keys go on')
    const [event] = (await own.admin.auditLogs.list({ event_types: ['organization.updated'] })).data
    assert.deepEqual(event?.['organization.updated'], { id: own.id, changes_requested: { second_factor: 'required' } })

    assert.equal((await require(cookie, 'optional')).body.second_factor, 'optional')
    assert.equal((await asSession(app, bare.cookie, 'GET', '/v1/organization/me')).status, 200)
  })

  test(`${database}: a session that counts for nothing, for want of a second factor, can be left all the same, and all others with it`, async () => {
    await using app = await startTestApp({ database })
    const own = await newOrganization(app)
    const { id, email } = await newUser(app, own)
    const { cookie, password } = await signInNew(app, own.id, id)
    const body = { email, password, organization_id: own.id }
    const others = await Promise.all([1, 2].map(() => app.send('POST', SIGN_IN, { key: null, body })))
    await app.send('POST', POLICY, { key: own.key, body: { second_factor: 'required' } })
    const me = async (of: string) => (await asSession(app, of, 'GET', '/v1/organization/me')).body.error.code
    const leave = (of: string, body: object) => asSession(app, of, 'POST', '/v1/organization/sign_out', body)
    const out = await leave(cookie, {})
    assert.deepEqual([out.status, out.body.sessions], [200, 1], out.text)
    assert.match(out.headers.get('set-cookie') ?? '', /^gatehouse-session=; Max-Age=0/)
    assert.equal(await me(cookie), 'session_ended')
    const [one, two] = others.map(cookieOf)
    assert.equal(await me(one ?? ''), 'second_factor_setup_required')
    assert.equal((await leave(one ?? '', { everywhere: true })).body.sessions, 2)
    assert.equal(await me(two ?? ''), 'session_ended')
    const { data } = await own.admin.auditLogs.list({ event_types: ['logout.succeeded'], actor_ids: [id] })
    assert.equal(data.length, 2)
    const left = endpoints.filter(({ route }) => route.permission === 'own.leave').map(({ name }) => name)
    assert.deepEqual(left, ['sessions.signOut'], 'nothing else is open to it')
  })

  test(`${database}: where the operator asks it of everybody, no organization takes that back`, async () => {
    await using file = await modelsFile([], { console: { second_factor: 'required' } })
    await using app = await startTestApp({ database, env: { GATEHOUSE_CONFIG: file.path } })
    const own = await newOrganization(app)
    await hasToSetUp(app, own)
    const reply = await app.send('POST', POLICY, { key: own.key, body: { second_factor: 'optional' } })
    assert.deepEqual(reply.body, {
      object: 'organization.sign_in_policy',
      second_factor: 'required',
      by_operator: true,
    })
    await hasToSetUp(app, own)
  })

  test(`${database}: what is shown is looked at again once it is used: one that was set up or asked for meanwhile counts`, async () => {
    await using app = await startTestApp({ database })
    const own = await newOrganization(app)
    for (let round = 0; round < 5; round++) {
      const { id, email } = await newUser(app, own)
      const { password } = await signInNew(app, own.id, id)
      const claim = { email, password, organization_id: own.id }
      const code = (await beginFactor(app, claim)).code()
      // Begun before it was confirmed, and finished before or after: whoever is in afterwards has shown it, or is out.
      const racing = [
        confirmFactor(app, claim, code),
        app.send('POST', SIGN_IN, { key: null, body: claim }),
        app.send('POST', FACTOR, { key: null, body: claim }),
      ]
      const replies = await Promise.all(racing)
      const [confirmed, signedIn] = replies.map(({ status }) => status === 200)
      if (confirmed && signedIn && replies[1]) {
        const { status } = await asSession(app, cookieOf(replies[1]), 'GET', '/v1/organization/me')
        assert.equal(status, 401, 'a session that showed nothing has outlived what ended all of them')
      }
      const after = await app.send('POST', SIGN_IN, { key: null, body: claim })
      assert.equal(after.status, confirmed ? 401 : 200, after.text)
    }
  })
}
