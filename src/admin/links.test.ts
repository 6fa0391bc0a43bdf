import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newEmail, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { gatehouse } from '../../test/process/gatehouse.ts'
import { clientOf } from '../../test/support/client.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { modelsFile } from '../../test/support/models-file.ts'
import { asSession, newPassword, signInNew } from '../../test/support/signing-in.ts'
import { contract } from '../contract/index.ts'
import { adminKeyScopes } from '../core/permission.ts'

const { links, adminApiKeys } = contract
const WEEK = 7 * 86_400
const tokenOf = ({ path }: { path: string }, page: string) => {
  const [before, token = ''] = path.split('#')
  assert.equal(before, page)
  return token
}

for (const database of databases) {
  describe(`links on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())
    const send = async (path: string, body: object) => {
      const { status } = await app.send('POST', `/v1/organization/${path}`, { key: null, body })
      return status
    }
    const accept = (token: string) => send('invites/accept', { token, name: 'Newcomer' })
    const setPassword = (token: string) => send('sign_in/password_link', { token, password: newPassword() })

    /** An organization with somebody else in it, and what makes links there. */
    async function setUp() {
      const own = await newOrganization(app)
      const { id } = await newUser(app, own)
      const invited = await own.admin.invites.create({ email: newEmail(), role: 'reader' })
      const invite = (key = own.key, invite_id = invited.id) =>
        clientOf(app, key)(links.invite, { params: { invite_id } })
      const password = (key = own.key, user_id = id) => clientOf(app, key)(links.password, { params: { user_id } })
      const events = async (type: 'invite.sent' | 'user.updated') =>
        (await own.admin.auditLogs.list({ event_types: [type] })).data.map((event) => event[type]?.id)
      /** An owner's key that ends in an hour. */
      const ending = async () => {
        const body = { name: 'ends', expires_in_seconds: 3600 }
        const { value, expires_at } = await clientOf(app, own.key)(adminApiKeys.create, { body })
        return { key: value, expires_at }
      }
      return { own, id, invited, invite, password, events, ending }
    }

    test("an invite's link lets in once, and makes the older one void", async () => {
      const { invited, invite, events } = await setUp()
      const [older, link] = [await invite(), await invite()]
      const { path: _, ...shown } = link
      const { id, email, expires_at } = invited
      assert.deepEqual(shown, { object: 'organization.link', id, email, expires_at })
      assert.equal(await accept(tokenOf(older, '/invite')), 404)
      assert.equal(await accept(tokenOf(link, '/invite')), 200)
      assert.equal(await accept(tokenOf(link, '/invite')), 404)
      await assert.rejects(invite(), { status: 400, code: 'invite_already_accepted', param: 'invite_id' })
      assert.deepEqual(await events('invite.sent'), [id, id, id])
    })

    test('an invite ends with the key that makes its link, and whoever makes that vouches for it', async () => {
      const { own, invited, invite, ending } = await setUp()
      const { key, expires_at } = await ending()
      assert.equal((await invite(key)).expires_at, expires_at)
      assert.equal((await own.admin.invites.retrieve(invited.id)).expires_at, expires_at)
      const { id: other } = await newUser(app, own, 'owner')
      const token = tokenOf(await invite(await newAdminKey(app, own, other)), '/invite')
      await own.admin.users.update(other, { role: 'reader' })
      assert.equal(await accept(token), 404)
      const narrowed = await newAdminKey(app, own, own.ownerId, ['api.management.write'])
      await assert.rejects(invite(narrowed), { status: 401, message: /Missing scopes/ })
    })

    test("a password's link sets it once, within a day, and makes the older one void", async () => {
      const { id, password, events } = await setUp()
      const [older, link] = [await password(), await password()]
      assert.ok(Math.abs(link.expires_at - Date.now() / 1000 - 86_400) < 3600)
      assert.equal(await setPassword(tokenOf(older, '/sign-in/link')), 404)
      assert.equal(await setPassword(tokenOf(link, '/sign-in/link')), 200)
      assert.equal(await setPassword(tokenOf(link, '/sign-in/link')), 404)
      assert.deepEqual(await events('user.updated'), [id, id, id])
    })

    test("a password's link is made by an owner who holds all, for somebody else, and ends with their key", async () => {
      const { own, id, password, ending } = await setUp()
      const { key, expires_at } = await ending()
      assert.equal((await password(key)).expires_at, expires_at)
      await assert.rejects(password(own.key, own.ownerId), { status: 400, code: 'invalid_value', param: 'user_id' })
      for (const scopes of [['api.management.write'], ['api.management.read', 'api.management.write']]) {
        const narrowed = await newAdminKey(app, own, own.ownerId, scopes)
        await assert.rejects(password(narrowed), { status: 401, message: /Missing scopes/ })
      }
      const all = await newAdminKey(app, own, own.ownerId, [...adminKeyScopes])
      await assert.doesNotReject(password(all))
      const readers = await newAdminKey(app, own, id)
      await assert.rejects(password(readers, own.ownerId), { status: 401, message: /Missing scopes/ })
      const { cookie } = await signInNew(app, own.id, own.ownerId)
      const path = (user: string) => `/v1/organization/users/${user}/password_link`
      assert.equal((await asSession(app, cookie, 'POST', path(id))).status, 200)
      assert.equal((await asSession(app, cookie, 'POST', path(own.ownerId))).status, 400)
      const stranger = await setUp()
      await assert.rejects(password(own.key, stranger.id), { status: 404, param: 'user_id' })
    })

    test('an invite that has expired gets no link', async () => {
      const { invite } = await setUp()
      app.advance(WEEK)
      await assert.rejects(invite(), { status: 400, code: 'invite_expired', param: 'invite_id' })
    })
  })
}

test('where nobody signs in with a password no link for one is made', async () => {
  await using file = await modelsFile([], { console: { local_sign_in: false } })
  await using app = await startTestApp({ env: { GATEHOUSE_CONFIG: file.path } })
  const own = await newOrganization(app)
  const { id: user_id } = await newUser(app, own)
  const made = clientOf(app, own.key)(links.password, { params: { user_id } })
  await assert.rejects(made, { status: 400, code: 'local_sign_in_off' })
  const env = { GATEHOUSE_DATABASE_URL: app.databaseUrl, GATEHOUSE_CONFIG: file.path }
  const { code, stderr } = await gatehouse(['user', 'password-link', user_id, '--org', own.id], { env })
  assert.equal(code, 1)
  assert.match(stderr, /nobody signs in with a password here/)
  assert.deepEqual(await app.db.selectFrom('password_link').selectAll().execute(), [])
})
