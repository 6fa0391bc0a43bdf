import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newEmail, newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { until } from '../../test/process/gatehouse.ts'
import { command } from '../../test/support/command.ts'
import { databases, openTestDatabase } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { modelsFile } from '../../test/support/models-file.ts'
import { asSession, signInByLink } from '../../test/support/signing-in.ts'

const SESSIONS = '/v1/organization/sessions'
const SIGN_IN = '/v1/organization/sign_in'
const HOUR = 3600

const statusOf = async (app: TestApp, cookie: string) => (await asSession(app, cookie, 'GET', SESSIONS)).status

/** When a session was used last, as the database has it. */
async function lastUsed({ db }: TestApp, { id }: Organization, session: string): Promise<number> {
  const row = db
    .selectFrom('session')
    .select('last_used_at')
    .where('organization_id', '=', id)
    .where('id', '=', session)
  return (await row.executeTakeFirstOrThrow()).last_used_at
}

for (const database of databases) {
  test(`${database}: a session ends when it is not used for as long as the operator says, and at the latest after so many days`, async () => {
    const rules = { console: { session: { idle_minutes: 600, days: 1 } } }
    await using file = await modelsFile([], rules)
    await using app = await startTestApp({ database, env: { GATEHOUSE_CONFIG: file.path } })
    const own = await newOrganization(app)
    const [used, idle] = [await newUser(app, own), await newUser(app, own)]
    const [kept, left] = [await signInByLink(app, own.id, used.id), await signInByLink(app, own.id, idle.id)]
    const [before, end] = [await lastUsed(app, own, kept.session.id), 24 * HOUR]
    for (let at = 0; at < end - 9 * HOUR; at += 9 * HOUR) {
      app.advance(9 * HOUR)
      assert.equal(await statusOf(app, kept.cookie), 200, `after ${at / HOUR + 9} hours`)
      await until(
        async () => (await lastUsed(app, own, kept.session.id)) >= before + at + 9 * HOUR,
        'the use is written',
      )
    }
    assert.equal(await statusOf(app, left.cookie), 401, 'it was not used for ten hours')
    const listed = await app.send('GET', `${SESSIONS}?user_id=${idle.id}`, { key: own.key })
    assert.deepEqual(listed.body.data, [])
    app.advance(7 * HOUR)
    assert.equal(await statusOf(app, kept.cookie), 401, 'it was used seven hours ago, and is a day old')
  })

  test(`${database}: where nobody signs in with a password no way to do it is left, and no session counts`, async () => {
    await using shared = await openTestDatabase(database)
    const options = { databaseUrl: shared.url }
    let [cookie, user, organization] = ['', '', '']
    {
      await using app = await startTestApp(options)
      const own = await newOrganization(app)
      const signedIn = await signInByLink(app, own.id, own.ownerId)
      ;[cookie, user, organization] = [signedIn.cookie, own.ownerId, own.id]
      assert.deepEqual((await app.send('GET', SIGN_IN, { key: null })).body, {
        object: 'organization.sign_in',
        local: true,
        passkeys: true,
        oidc: null,
      })
    }
    await using file = await modelsFile([], { console: { local_sign_in: false } })
    await using app = await startTestApp({ ...options, env: { GATEHOUSE_CONFIG: file.path } })
    assert.equal((await app.send('GET', SIGN_IN, { key: null })).body.local, false)
    assert.equal(await statusOf(app, cookie), 401)
    const { token } = await command(app, 'user', 'password-link', user, '--org', organization)
    const password = 'correct horse battery staple'
    const email = newEmail()
    for (const [path, body] of [
      [SIGN_IN, { email, password }],
      [`${SIGN_IN}/password_link`, { token, password }],
      [`${SIGN_IN}/password`, { email, password, new_password: password }],
    ] as const) {
      const reply = await app.send('POST', path, { key: null, body })
      assert.deepEqual([reply.status, reply.body.error.code], [400, 'local_sign_in_off'], path)
    }
  })
}

test('what ends a session on one node has ended it on the others, whichever way', async () => {
  await using shared = await openTestDatabase('postgres')
  await using one = await startTestApp({ databaseUrl: shared.url })
  await using two = await startTestApp({ databaseUrl: shared.url })
  const own = await newOrganization(one)
  type Signed = Awaited<ReturnType<typeof signInByLink>> & { id: string; email: string }
  const post = (path: string, body: object) => one.send('POST', path, { key: null, body })
  const ends: Record<string, (user: Signed) => Promise<unknown>> = {
    'a sign-out': ({ cookie }) => asSession(one, cookie, 'POST', '/v1/organization/sign_out', {}),
    'a sign-out everywhere': ({ cookie }) =>
      asSession(one, cookie, 'POST', '/v1/organization/sign_out', { everywhere: true }),
    'its deletion by an owner': ({ session }) => one.send('DELETE', `${SESSIONS}/${session.id}`, { key: own.key }),
    'another password': ({ email, password }) =>
      post(`${SIGN_IN}/password`, { email, password, new_password: `${password} more` }),
    'a link that is used': ({ id }) => signInByLink(one, own.id, id),
    'the end of its user': ({ id }) => own.admin.users.delete(id),
  }
  for (const [what, end] of Object.entries(ends)) {
    const { id, email } = await newUser(one, own)
    const user = { id, email, ...(await signInByLink(one, own.id, id)) }
    assert.deepEqual([await statusOf(one, user.cookie), await statusOf(two, user.cookie)], [200, 200])
    await end(user)
    assert.deepEqual([await statusOf(one, user.cookie), await statusOf(two, user.cookie)], [401, 401], what)
  }
})
