import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newEmail, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { asSession, newPassword, signInNew } from '../../test/support/signing-in.ts'

const V1 = '/v1/organization'

type Way = 'key' | 'session'
type At = {
  app: TestApp
  own: Awaited<ReturnType<typeof newOrganization>>
  id: string
  email: string
  key: { id: string }
  signedIn: Awaited<ReturnType<typeof signInNew>>
}
type Row = {
  way: Way
  what: string
  end: (at: At) => Promise<unknown>
  link: Fate
  invite: Fate
  /** What gives the maker back what they lost. */
  back?: (at: At) => Promise<unknown>
}
type Fate = 'good' | 'void'
const statusOf = { good: 200, void: 404 }

const keyPath = ({ key }: At) => `${V1}/admin_api_keys/${key.id}`
const role =
  (role: 'owner' | 'reader') =>
  ({ own, id }: At) =>
    own.admin.users.update(id, { role })
const disabled = (disabled: boolean) => (at: At) =>
  at.app.send('POST', keyPath(at), { key: at.own.key, body: { disabled } })
const scopes =
  (scopes: string[]) =>
  ({ app, own, key }: At) =>
    app.db
      .updateTable('admin_api_key')
      .set({ scopes: JSON.stringify(scopes) })
      .where('organization_id', '=', own.id)
      .where('id', '=', key.id)
      .execute()
const signOut =
  (body: object) =>
  ({ app, signedIn }: At) =>
    asSession(app, signedIn.cookie, 'POST', `${V1}/sign_out`, body)
/** Makes the maker an owner by a group alone, and ends that. */
async function throughGroup({ own, id }: At) {
  const group = await own.admin.groups.create({ name: newEmail('owners') })
  await own.admin.groups.roles.create(group.id, { role_id: 'role-api-organization-owner' })
  await own.admin.groups.users.create(group.id, { user_id: id })
  await own.admin.users.update(id, { role: 'reader' })
  return { leave: () => own.admin.groups.users.delete(id, { group_id: group.id }) }
}

const ofBoth = (['key', 'session'] as const).flatMap((way): Row[] => [
  { way, what: 'nothing ends', end: async () => {}, link: 'good', invite: 'good' },
  { way, what: 'the maker is no owner now', end: role('reader'), link: 'void', invite: 'void', back: role('owner') },
  {
    way,
    what: 'the maker was removed',
    end: ({ own, id }) => own.admin.users.delete(id),
    link: 'void',
    invite: 'void',
  },
  { way, what: 'the maker is an owner by a group', end: throughGroup, link: 'good', invite: 'good' },
  {
    ...{ way, what: 'the maker was an owner by a group' },
    end: async (at) => (await throughGroup(at)).leave(),
    ...{ link: 'void', invite: 'void', back: role('owner') },
  },
])

/** An invite stands in a list, where it can be withdrawn: it asks for its maker alone. */
const table: readonly Row[] = [
  ...ofBoth,
  {
    ...{ way: 'key', what: 'the key was deleted' },
    end: (at) => at.app.send('DELETE', keyPath(at), { key: at.own.key }),
    ...{ link: 'void', invite: 'good' },
  },
  {
    ...{ way: 'key', what: 'the key is disabled', end: disabled(true) },
    ...{ link: 'void', invite: 'good', back: disabled(false) },
  },
  {
    ...{ way: 'key', what: 'the key is narrowed', end: scopes(['api.management.write']) },
    ...{ link: 'void', invite: 'good', back: scopes([]) },
  },
  { way: 'key', what: 'the maker signed out', end: signOut({ everywhere: true }), link: 'good', invite: 'good' },
  { way: 'session', what: 'the maker signed out', end: signOut({}), link: 'void', invite: 'good' },
  { way: 'session', what: 'all were signed out', end: signOut({ everywhere: true }), link: 'void', invite: 'good' },
  {
    ...{ way: 'session', what: 'an owner ended the session' },
    end: ({ app, own, signedIn }) => app.send('DELETE', `${V1}/sessions/${signedIn.session.id}`, { key: own.key }),
    ...{ link: 'void', invite: 'good' },
  },
  {
    ...{ way: 'session', what: 'the maker has another password' },
    end: ({ app, own, email, signedIn: { password } }) => {
      const body = { email, organization_id: own.id, password, new_password: newPassword() }
      return app.send('POST', `${V1}/sign_in/password`, { key: null, body })
    },
    ...{ link: 'void', invite: 'good' },
  },
  {
    ...{ way: 'session', what: 'the session was left unused overnight' },
    end: async ({ app }) => app.advance(13 * 3600),
    ...{ link: 'good', invite: 'good' },
  },
]

for (const database of databases) {
  describe(`${database}: what somebody made for others works for as long as they could make it`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    /** An organization with a second owner, who makes a link for somebody's password and invites somebody else. */
    async function setUp(way: Way) {
      const own = await newOrganization(app)
      const { id, email } = await newUser(app, own, 'owner')
      const { id: other } = await newUser(app, own)
      const key = await command(app, 'admin-key', 'create', '--org', own.id, '--user', id)
      const signedIn = await signInNew(app, own.id, id)
      const as = (path: string, body?: object) => {
        const post = ['POST', `${V1}${path}`] as const
        if (way === 'key') return app.send(...post, { key: key.value, ...(body && { body }) })
        return asSession(app, signedIn.cookie, ...post, body)
      }
      const invited = (await as('/invites', { email: newEmail(), role: 'reader', projects: [] })).body
      const made = [await as(`/users/${other}/password_link`), await as(`/invites/${invited.id}/link`)]
      const [link = '', invite = ''] = made.map(({ body }) => body.path.split('#')[1] as string)
      const use = async (path: string, body: object) =>
        (await app.send('POST', `${V1}${path}`, { key: null, body })).status
      return {
        ...{ own, app, id, email, key, signedIn },
        /** What the two answer: a link that works is used up with it. */
        useLink: () => use('/sign_in/password_link', { token: link, password: newPassword() }),
        accept: () => use('/invites/accept', { token: invite, name: 'Newcomer' }),
      }
    }

    for (const { way, what, end, link, invite, back } of table) {
      test(`${what}, it was made by a ${way}: the link is ${link}, the invite ${invite}`, async () => {
        const at = await setUp(way)
        await end(at)
        const [linkStatus, inviteStatus] = [await at.useLink(), await at.accept()]
        assert.deepEqual([linkStatus, inviteStatus], [statusOf[link], statusOf[invite]])
        if (!back) return
        await back(at)
        assert.deepEqual([await at.useLink(), await at.accept()], [200, invite === 'void' ? 200 : 404])
      })
    }

    test('a link of the operator takes the place of one that an owner made, and asks for no owner', async () => {
      const at = await setUp('key')
      const own = at.own
      const { id } = await newUser(app, own)
      const path = `${V1}/users/${id}/password_link`
      assert.equal((await app.send('POST', path, { key: at.key.value })).status, 200)
      const { token } = await command(app, 'user', 'password-link', id, '--org', own.id)
      await own.admin.users.delete(at.id)
      const body = { token, password: newPassword() }
      assert.equal((await app.send('POST', `${V1}/sign_in/password_link`, { key: null, body })).status, 200)
    })
  })
}
