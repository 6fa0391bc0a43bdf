import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { newEmail, newOrganization, newUser } from '../../../test/contract/organizations.ts'
import { type DatabaseKind, databases, openTestDatabase } from '../../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../../test/support/harness.ts'
import { modelsFile } from '../../../test/support/models-file.ts'
import { type ProviderAccount, startProvider, type TestProvider } from '../../../test/support/provider.ts'
import { signInByLink } from '../../../test/support/signing-in.ts'
import { Visitor } from '../../../test/support/visitor.ts'
import { isConsoleBuilt } from '../../config/doors.ts'

const skip = !isConsoleBuilt() && 'the console is not built: npm run console'
const only = 'admin,gateway,docs,console'

const comer = (email: string): ProviderAccount => ({ sub: randomUUID(), email, email_verified: true })
async function signIn(app: TestApp, provider: TestProvider, account: ProviderAccount) {
  provider.account = account
  const visitor = new Visitor(app)
  return { visitor, place: await visitor.signIn() }
}

/** Rules by which a claim of the provider's puts people into groups. */
const byClaim = (groups: Record<string, string>) => ({
  oidc: { scopes: ['email', 'groups'], groups_claim: 'groups', groups },
})

/** A provider, and a server with rules about what one without any has made before in the same database. */
async function startRuled<Made>(
  database: DatabaseKind,
  make: (before: TestApp) => Promise<Made>,
  rules: (made: Made) => object,
) {
  await using stack = new AsyncDisposableStack()
  const shared = stack.use(await openTestDatabase(database, true))
  const provider = stack.use(await startProvider())
  const options = { database, databaseUrl: shared.url, only }
  const made = await (async () => {
    await using before = await startTestApp(options)
    return await make(before)
  })()
  const file = stack.use(await modelsFile([], { console: rules(made) }))
  const env = { ...provider.env, GATEHOUSE_CONFIG: file.path }
  const app = stack.use(await startTestApp({ ...options, env }))
  const rest = stack.move()
  return { app, provider, made, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

for (const database of databases) {
  describe(`${database}: signing in by OpenID Connect, as the operator rules`, { skip }, () => {
    test('a claim puts people into the groups that it stands for, and out of them, at each sign-in, and into no other', async () => {
      const make = async (before: TestApp) => {
        const own = await newOrganization(before)
        const other = await newOrganization(before)
        const group = async (name: string, of = own) => (await of.admin.groups.create({ name })).id
        const user = await newUser(before, own)
        const groups = {
          a: await group('A'),
          b: await group('B'),
          free: await group('C'),
          far: await group('D', other),
        }
        await own.admin.groups.users.create(groups.b, { user_id: user.id })
        await own.admin.groups.users.create(groups.free, { user_id: user.id })
        return { own, user, ...groups }
      }
      await using ruled = await startRuled(database, make, ({ a, b, far }) =>
        byClaim({ 'team a': a, 'team b': b, far }),
      )
      const { app, provider } = ruled
      const { own, user, a, b, free } = ruled.made
      const account = comer(user.email)
      const groupsAfter = async (groups?: string[]) => {
        const { place } = await signIn(app, provider, { ...account, ...(groups && { groups }) })
        assert.equal(place, '/')
        const rows = app.db.selectFrom('group_user').select('group_id').where('organization_id', '=', own.id)
        return new Set((await rows.where('user_id', '=', user.id).execute()).map(({ group_id }) => group_id))
      }
      assert.deepEqual(await groupsAfter(['team a', 'far', 'unheard of', '__proto__']), new Set([a, free]))
      assert.deepEqual(await groupsAfter(['team a', 'team b']), new Set([a, b, free]))
      assert.deepEqual(await groupsAfter(), new Set([free]))
      const rows = app.db.selectFrom('audit_log').select('payload').where('organization_id', '=', own.id)
      const said = await rows.where('type', '=', 'group.updated').where('actor_id', '=', user.id).execute()
      // Out of B and into A, into B, out of both.
      assert.equal(said.length, 5)
    })

    test('a group with the role of owners makes owners, of whom the provider says that they are in it, and as long as it does', async () => {
      const make = async (before: TestApp) => {
        const own = await newOrganization(before)
        const { id: group } = await own.admin.groups.create({ name: 'Owners' })
        await own.admin.groups.roles.create(group, { role_id: 'role-api-organization-owner' })
        return { group, user: await newUser(before, own) }
      }
      await using ruled = await startRuled(database, make, ({ group }) => byClaim({ admins: group }))
      const { app, provider } = ruled
      const account = comer(ruled.made.user.email)
      const mayInvite = async (visitor: Visitor) => (await visitor.ask('/v1/organization/invites')).status === 200
      const before = await signIn(app, provider, account)
      assert.equal(await mayInvite(before.visitor), false)
      const owner = await signIn(app, provider, { ...account, groups: ['admins'] })
      // A session acts with the roles that its user has now: the one before too.
      assert.deepEqual([await mayInvite(owner.visitor), await mayInvite(before.visitor)], [true, true])
      await signIn(app, provider, { ...account, groups: ['Admins', 'admins '] })
      assert.equal(await mayInvite(owner.visitor), false)
    })

    test('who is no user becomes a reader where that is ruled, once, and not after somebody removed them', async () => {
      await using provider = await startProvider({ inToken: true })
      // What a provider asks for besides a password is its own matter.
      const rules = { oidc: { unknown_users: 'reader' }, local_sign_in: false, second_factor: 'required' }
      await using file = await modelsFile([], { console: rules })
      await using app = await startTestApp({ database, only, env: { ...provider.env, GATEHOUSE_CONFIG: file.path } })
      const account = { ...comer(newEmail()), name: 'Ada\nLovelace' }
      const { visitor } = await signIn(app, provider, account)
      const { body: me } = await visitor.ask('/v1/organization/me')
      assert.deepEqual([me.name, me.email], ['Ada Lovelace', account.email])
      assert.deepEqual(
        me.roles.map(({ name }: { name: string }) => name),
        ['reader'],
      )
      await signIn(app, provider, account)
      const { data } = await app.admin().organization.users.list()
      assert.equal(data.filter(({ email }) => email === account.email).length, 1)
      await app.admin().organization.users.delete(me.id)
      assert.equal((await signIn(app, provider, account)).place, '/sign-in?failed=no_member')
      // Other organizations are not the operator's to open, nor is one that is not there.
      const other = await newOrganization(app)
      for (const id of [other.id, 'org-x']) {
        provider.account = comer(newEmail())
        assert.equal(await new Visitor(app).signIn(`/sign-in/oidc?organization_id=${id}`), '/sign-in?failed=no_member')
      }
      const unverified = { ...comer(newEmail()), email_verified: false }
      assert.equal((await signIn(app, provider, unverified)).place, '/sign-in?failed=unverified_address')
    })

    test('where nobody signs in with a password, sessions that were begun by one do not count', async () => {
      const make = async (before: TestApp) => {
        const own = await newOrganization(before)
        const user = await newUser(before, own)
        return { email: user.email, ...(await signInByLink(before, own.id, user.id)) }
      }
      await using ruled = await startRuled(database, make, () => ({ local_sign_in: false }))
      const { app, provider, made } = ruled
      const older = new Visitor(app)
      const [name = '', value = ''] = made.cookie.split('=')
      older.ours.set(name, value)
      assert.equal((await older.ask('/v1/organization/me')).body.error.code, 'session_ended')
      const { visitor } = await signIn(app, provider, comer(made.email))
      assert.equal((await visitor.ask('/v1/organization/me')).status, 200)
      const body = { email: made.email, password: made.password }
      const refused = await app.send('POST', '/v1/organization/sign_in', { key: null, body })
      assert.equal(refused.body.error.code, 'local_sign_in_off')
    })

    test('a provider that signs somebody out ends the sessions that it began there, and no other', async () => {
      await using relay = await startRelay()
      await using provider = await startProvider({ backchannel: `${relay.url}/sign-in/oidc/logout` })
      await using app = await startTestApp({ database, only, env: provider.env })
      relay.to = app.url
      const own = await newOrganization(app)
      const user = await newUser(app, own)
      const byPassword = new Visitor(app)
      const [name = '', value = ''] = (await signInByLink(app, own.id, user.id)).cookie.split('=')
      byPassword.ours.set(name, value)
      const account = comer(user.email)
      const [one, two] = [await signIn(app, provider, account), await signIn(app, provider, account)]
      const lives = async ({ ask }: { ask: Visitor['ask'] }) => (await ask('/v1/organization/me')).status === 200
      await provider.signOut(one.visitor.theirs)
      assert.deepEqual(
        await Promise.all(
          [one.visitor, two.visitor, byPassword].map((visitor) => lives({ ask: (path) => visitor.ask(path) })),
        ),
        [false, true, true],
      )
      const rows = app.db.selectFrom('audit_log').select('id').where('organization_id', '=', own.id)
      assert.equal(
        (await rows.where('type', '=', 'logout.succeeded').where('actor_id', '=', user.id).execute()).length,
        1,
      )
      // Said again it does no harm to who has signed in since; what is no word of the provider's does none to anybody.
      const again = relay.last
      assert.match(again, /^logout_token=/)
      for (const [body, status] of [
        [again, 200],
        [`${again.slice(0, -8)}AAAAAAAA`, 400],
        ['logout_token=', 400],
        ['', 400],
      ] as const) {
        const answer = await fetch(`${app.url}/sign-in/oidc/logout`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body,
        })
        assert.equal(answer.status, status, await answer.text())
      }
      assert.ok(await lives({ ask: (path) => two.visitor.ask(path) }))
    })
  })
}

test('a provider that is away, answers nothing, or calls itself otherwise is a page that says so', {
  skip,
}, async () => {
  const gone = await startProvider()
  const lines: string[] = []
  await using app = await startTestApp({ only, env: gone.env, log: (line) => lines.push(line) })
  const own = await newOrganization(app)
  gone.account = comer((await newUser(app, own)).email)
  const visitor = new Visitor(app)
  const back = await visitor.through(await visitor.visit('/sign-in/oidc'))
  await gone.stop()
  assert.equal(await visitor.visit(back), '/sign-in?failed=provider_down')
  assert.match(lines.find((line) => line.includes('sign-in by the provider failed')) ?? '', /"request_id":"req_/)
  assert.doesNotMatch(lines.join(''), /a-secret-of-the-tests/)

  for (const answers of ['nothing', 'another name', 'an error'] as const) {
    const server = createServer((_, response) => {
      if (answers === 'another name') response.end(JSON.stringify({ issuer: 'https://elsewhere.example' }))
      if (answers === 'an error') response.writeHead(500).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await using served = await startTestApp({ only, env: { ...gone.env, GATEHOUSE_OIDC_ISSUER: issuer } })
    assert.equal(await new Visitor(served).visit('/sign-in/oidc'), '/sign-in?failed=provider_down', answers)
    server.close()
    server.closeAllConnections()
  }
})

/** Stands where the provider reaches the server, whose address is not known before the provider's is. */
async function startRelay() {
  const self = {
    url: '',
    to: '',
    last: '',
    [Symbol.asyncDispose]: async () => void server.close().closeAllConnections(),
  }
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    self.last = Buffer.concat(parts).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(self.to + request.url, { method: 'POST', headers, body: self.last })
    response.writeHead(answer.status).end(await answer.text())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  self.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return self
}
