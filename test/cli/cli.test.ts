import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { cli, done, doneByNobody, firstOrganization, newUser } from './run.ts'

const hello = { model: 'echo', messages: [{ role: 'user' as const, content: 'hello' }] }

for (const database of databases) {
  describe(`${database}: beside a running server`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    test('user create prints the user as the API shows it, and the server knows them at once', async () => {
      const flags = ['--email', 'Ann@Example.com', '--name', '  Ann  ', '--role', 'reader']
      const printed = await done(app, 'user', 'create', ...flags)
      assert.equal(printed.name, 'Ann')
      const { users } = app.admin().organization
      assert.deepEqual(printed, JSON.parse(JSON.stringify(await users.retrieve(printed.id))))
      assert.deepEqual(
        (await users.list({ emails: ['ann@example.com'] })).data.map((user) => user.id),
        [printed.id],
      )
      const { defaultProjectId } = await firstOrganization(app)
      assert.deepEqual(await doneByNobody(app, printed.id), [
        { type: 'user.added', id: printed.id, project: defaultProjectId },
      ])
    })

    test('user password-link, by id or by address, prints a link that works once, until the next is made', async () => {
      const user = await newUser(app, 'no-password@example.com', 'reader')
      const [first, second] = [
        await done(app, 'user', 'password-link', user.id),
        await done(app, 'user', 'password-link', 'NO-password@example.com'),
      ]
      assert.deepEqual(Object.keys(first), ['object', 'user_id', 'email', 'expires_at', 'url', 'token'])
      assert.deepEqual([first.user_id, first.email], [user.id, 'no-password@example.com'])
      assert.ok(Math.abs(Number(first.expires_at) - Date.now() / 1000 - 86_400) < 60)
      assert.match(first.url, new RegExp(`^http://[^/]+/sign-in/link#${first.token}$`))
      const events = await doneByNobody(app, user.id)
      assert.deepEqual(
        events.map(({ type }) => type),
        ['user.added', 'user.updated', 'user.updated'],
      )
      const use = async (token: string) => {
        const body = { token, password: 'correct horse battery' }
        return (await app.send('POST', '/v1/organization/sign_in/password_link', { key: null, body })).status
      }
      assert.deepEqual([await use(first.token), await use(second.token), await use(second.token)], [404, 200, 404])
    })

    test('admin-key create, by id or by address, prints a key that works at once and acts as that user', async () => {
      const user = await newUser(app, 'owner-too@example.com', 'owner')
      for (const named of [user.id, 'OWNER-too@example.com']) {
        const { value, ...printed } = await done(app, 'admin-key', 'create', '--user', named, '--name', 'CI')
        const { adminAPIKeys } = app.admin(value).organization
        const shown = await app.admin().organization.adminAPIKeys.retrieve(printed.id)
        assert.deepEqual(printed, JSON.parse(JSON.stringify(shown)))
        assert.deepEqual([printed.owner.id, printed.name], [user.id, 'CI'])
        const made = await adminAPIKeys.create({ name: 'made with it' })
        assert.equal((await adminAPIKeys.retrieve(made.id)).owner.id, user.id)
        assert.deepEqual(
          (await doneByNobody(app, printed.id)).map(({ type }) => type),
          ['api_key.created'],
        )
      }
    })

    test('admin-key create is the way back in for an owner who lost the key', async () => {
      const user = await newUser(app, 'forgetful@example.com', 'owner')
      const lost = await done(app, 'admin-key', 'create', '--user', user.id)
      const { value } = await done(app, 'admin-key', 'create', '--user', 'forgetful@example.com')
      await app.admin(value).organization.adminAPIKeys.delete(lost.id)
      await assert.rejects(app.admin(lost.value).organization.users.list(), { status: 401, code: 'invalid_api_key' })
      assert.equal((await app.admin(value).organization.projects.create({ name: 'back' })).name, 'back')
    })

    test('--scopes narrows an admin key', async () => {
      const { owner } = await firstOrganization(app)
      const flags = ['--user', owner.id, '--scopes', 'api.usage.read, api.management.read']
      const { value, id } = await done(app, 'admin-key', 'create', ...flags)
      const { projects } = app.admin(value).organization
      assert.ok((await projects.list()).data.length > 0)
      await assert.rejects(projects.create({ name: 'no' }), { status: 401, message: /api\.management\.write/ })
      const row = await app.db.selectFrom('audit_log').select('payload').where('resource_id', '=', id).execute()
      assert.deepEqual(JSON.parse(row[0]?.payload ?? ''), {
        id,
        data: { scopes: ['api.usage.read', 'api.management.read'] },
      })
    })

    test('project-key create prints a key of the user that opens the gate at once', async () => {
      const { projects } = app.admin().organization
      const project = await projects.create({ name: 'with a user' })
      const user = await newUser(app, 'caller@example.com')
      await projects.users.create(project.id, { user_id: user.id, role: 'member' })
      const flags = ['--project', project.id, '--user', 'caller@example.com', '--name', 'laptop']
      const { value, ...printed } = await done(app, 'project-key', 'create', ...flags)
      const shown = await projects.apiKeys.retrieve(printed.id, { project_id: project.id })
      assert.deepEqual(printed, JSON.parse(JSON.stringify(shown)))
      assert.equal(shown.owner.user?.id, user.id)
      assert.match(value, /^sk-proj-/)
      assert.equal((await app.client(value).chat.completions.create(hello)).choices[0]?.message.content, 'hello')
      assert.deepEqual(await doneByNobody(app, printed.id), [
        { type: 'api_key.created', id: printed.id, project: project.id },
      ])
    })

    test('invite link prints a link that works, in place of the one made before', async () => {
      const { invites } = app.admin().organization
      const invite = await invites.create({ email: 'guest@example.com', role: 'reader', projects: [] })
      const first = await done(app, 'invite', 'link', invite.id)
      const { url, token, ...printed } = await done(
        app,
        'invite',
        'link',
        invite.id,
        '--public-url',
        'https://gate.example/',
      )
      assert.deepEqual(printed, JSON.parse(JSON.stringify(await invites.retrieve(invite.id))))
      assert.equal(url, `https://gate.example/invite#${token}`)
      const accept = (token: string) =>
        app.send('POST', '/v1/organization/invites/accept', { key: null, body: { token, name: 'Guest' } })
      assert.equal((await accept(first.token)).status, 404)
      const accepted = await accept(token)
      assert.deepEqual([accepted.status, accepted.body.email], [200, 'guest@example.com'])
      // Two links are two ways in: both are on record, and who accepted is on record as themselves.
      const rows = await app.db
        .selectFrom('audit_log')
        .selectAll()
        .where('resource_id', '=', invite.id)
        .orderBy('id')
        .execute()
      assert.deepEqual(
        rows.map(({ type, actor_id }) => [type, actor_id]),
        [
          ['invite.sent', (await firstOrganization(app)).owner.id],
          ['invite.sent', null],
          ['invite.sent', null],
          ['invite.accepted', accepted.body.id],
        ],
      )
    })

    test('invite accept makes the user, with the memberships of the invite', async () => {
      const { invites, projects, users } = app.admin().organization
      const project = await projects.create({ name: 'for the guest' })
      const email = 'guest-by-cli@example.com'
      const invite = await invites.create({ email, role: 'reader', projects: [{ id: project.id, role: 'owner' }] })
      const { token } = await done(app, 'invite', 'link', invite.id)
      const printed = await done(app, 'invite', 'accept', token, '--name', 'Guest')
      assert.deepEqual(printed, JSON.parse(JSON.stringify(await users.retrieve(printed.id))))
      assert.equal((await projects.users.retrieve(printed.id, { project_id: project.id })).role, 'owner')
      assert.equal((await invites.retrieve(invite.id)).status, 'accepted')
      assert.deepEqual(
        (await doneByNobody(app, printed.id)).map(({ type, project }) => [type, project]),
        [
          ['user.added', (await firstOrganization(app)).defaultProjectId],
          ['user.added', project.id],
        ],
      )
      const again = await cli(app, 'invite', 'accept', token, '--name', 'Guest')
      assert.deepEqual([again.code, again.stdout], [1, ''])
    })

    test('no secret is stored, and none is printed twice', async () => {
      const { owner } = await firstOrganization(app)
      const ended = await cli(app, 'admin-key', 'create', '--user', owner.id)
      const [value = ''] = /sk-admin-\S+/.exec(ended.stdout) ?? []
      assert.equal(ended.stdout.split(value).length - 1, 1)
      assert.equal(ended.stderr, '')
      const stored = JSON.stringify([
        await app.db.selectFrom('admin_api_key').selectAll().execute(),
        await app.db.selectFrom('audit_log').selectAll().execute(),
      ])
      assert.ok(stored.includes(value.slice(-4)))
      assert.ok(!stored.includes(value.slice('sk-admin-'.length, -4)))
    })
  })
}
