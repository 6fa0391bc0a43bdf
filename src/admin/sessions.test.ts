import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { asSession, cookieOf, signInNew } from '../../test/support/signing-in.ts'

const SESSIONS = '/v1/organization/sessions'
const SIGN_OUT = '/v1/organization/sign_out'

for (const database of databases) {
  describe(`${database}: sessions`, () => {
    let app: TestApp
    let own: Organization
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    const someone = async () => {
      const { id, email } = await newUser(app, own)
      return { id, email, ...(await signInNew(app, own.id, id)) }
    }
    const signInAgain = async ({ email, password }: { email: string; password: string }) => {
      const reply = await app.send('POST', '/v1/organization/sign_in', { key: null, body: { email, password } })
      return { cookie: cookieOf(reply), id: reply.body.id as string }
    }
    const opens = async (cookie: string) => (await asSession(app, cookie, 'GET', SESSIONS)).status
    const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id)

    test('are listed by whose they are, oldest first and by pages, and the one that asks says so', async () => {
      const user = await someone()
      const second = await signInAgain(user)
      const { body } = await asSession(app, second.cookie, 'GET', SESSIONS)
      assert.deepEqual(
        body.data.map(({ id, is_current }: Record<string, unknown>) => [id, is_current]),
        [
          [user.session.id, false],
          [second.id, true],
        ],
      )
      const first = await asSession(app, second.cookie, 'GET', `${SESSIONS}?limit=1`)
      assert.deepEqual([idsOf(first), first.body.has_more], [[user.session.id], true])
      const rest = await asSession(app, second.cookie, 'GET', `${SESSIONS}?after=${user.session.id}`)
      assert.deepEqual([idsOf(rest), rest.body.has_more], [[second.id], false])
    })

    test("of others are an owner's to see and to end, by key or by session, and nobody else's", async () => {
      const [user, other] = [await someone(), await someone()]
      const owner = await signInNew(app, own.id, own.ownerId)
      const path = `${SESSIONS}?user_id=${user.id}`
      const refused = await asSession(app, other.cookie, 'GET', path)
      assert.equal(refused.status, 401)
      const nobody = await asSession(app, other.cookie, 'GET', `${SESSIONS}?user_id=user-none`)
      assert.equal(nobody.text, refused.text, 'whether there is such a user is not told')
      assert.deepEqual(idsOf(await asSession(app, owner.cookie, 'GET', path)), [user.session.id])
      assert.deepEqual(idsOf(await app.send('GET', path, { key: own.key })), [user.session.id])
      const one = `${SESSIONS}/${user.session.id}`
      assert.equal((await asSession(app, other.cookie, 'DELETE', one)).status, 404)
      assert.equal((await app.send('DELETE', one, { key: await newAdminKey(app, own, other.id) })).status, 404)
      assert.equal(await opens(user.cookie), 200)
      const done = await asSession(app, owner.cookie, 'DELETE', one)
      assert.deepEqual([done.status, done.headers.get('set-cookie')], [200, null])
      assert.equal(await opens(user.cookie), 401)
    })

    test('end by signing out: one of them, or all, and the cookie goes', async () => {
      const user = await someone()
      const [second, third] = [await signInAgain(user), await signInAgain(user)]
      const out = await asSession(app, user.cookie, 'POST', SIGN_OUT, {})
      assert.deepEqual([out.status, out.body.id, out.body.sessions], [200, user.session.id, 1])
      assert.match(out.headers.get('set-cookie') ?? '', /^gatehouse-session=; Max-Age=0; /)
      assert.deepEqual([await opens(user.cookie), await opens(second.cookie)], [401, 200])
      const everywhere = await asSession(app, second.cookie, 'POST', SIGN_OUT, { everywhere: true })
      assert.deepEqual([everywhere.body.id, everywhere.body.sessions], [user.id, 2])
      assert.deepEqual([await opens(second.cookie), await opens(third.cookie)], [401, 401])
      const fourth = await signInAgain(user)
      const own = await asSession(app, fourth.cookie, 'DELETE', `${SESSIONS}/${fourth.id}`)
      assert.match(own.headers.get('set-cookie') ?? '', /Max-Age=0/)
    })

    test('a key signs its owner out everywhere, and has no session of its own to end, which is recorded', async () => {
      const user = await someone()
      const key = await newAdminKey(app, own, user.id)
      const none = await app.send('POST', SIGN_OUT, { key, body: {} })
      assert.deepEqual([none.status, none.body.error.code, none.body.error.param], [400, 'no_session', 'everywhere'])
      const [event] = (await own.admin.auditLogs.list({ actor_ids: [user.id], limit: 1 })).data
      assert.equal(event?.type, 'logout.failed')
      assert.equal((event?.['logout.failed'] as { error_code?: string } | undefined)?.error_code, 'no_session')
      assert.equal(await opens(user.cookie), 200)
      assert.equal((await app.send('POST', SIGN_OUT, { key, body: { everywhere: true } })).body.sessions, 1)
      assert.equal(await opens(user.cookie), 401)
    })

    test('act with the roles that their user has now', async () => {
      const user = await someone()
      const users = async () => (await asSession(app, user.cookie, 'GET', '/v1/organization/users')).status
      assert.equal(await users(), 401)
      await own.admin.users.update(user.id, { role: 'owner' })
      assert.equal(await users(), 200)
      await own.admin.users.update(user.id, { role: 'reader' })
      assert.equal(await users(), 401)
    })

    test('of one user are fifty at most: the oldest ends for a newer one', async () => {
      const user = await someone()
      const { id: last, ...row } = await app.db
        .selectFrom('session')
        .selectAll()
        .where('organization_id', '=', own.id)
        .where('id', '=', user.session.id)
        .executeTakeFirstOrThrow()
      const older = Array.from({ length: 49 }, (_, i) => {
        const n = String(i).padStart(2, '0')
        return { ...row, id: `sess_${'0'.repeat(22)}${n}`, hash: `${user.id}${n}` }
      })
      await app.db.insertInto('session').values(older).execute()
      const ids = async (cookie: string) => idsOf(await asSession(app, cookie, 'GET', `${SESSIONS}?limit=100`))
      assert.equal((await ids(user.cookie)).length, 50)
      const fresh = await signInAgain(user)
      const left = await ids(fresh.cookie)
      assert.deepEqual([left.length, left.includes(older[0]?.id ?? ''), left.includes(last)], [50, false, true])
    })
  })
}
