import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  newAdminKey,
  newEmail,
  newOrganization,
  newUser,
  type Organization,
} from '../../test/contract/organizations.ts'
import { all, refusal, unknownLike } from '../../test/sdk/scenario.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { ADMIN_KEY, startTestApp, type TestApp } from '../../test/support/harness.ts'

const WEEK = 7 * 24 * 3600
const unknown = refusal(404, 'not_found', 'invite_id')

/** The same whatever is wrong with a link: it tells a guesser nothing, and repeats no token. */
const DEAD = 'This invite link does not work: it was used, withdrawn or replaced, or it has expired. Ask for a new one.'

const accept = (app: TestApp, token: string, name = 'Newcomer') =>
  app.send('POST', '/v1/organization/invites/accept', { key: null, body: { token, name } })

async function assertDead(app: TestApp, token: string) {
  const { status, body } = await accept(app, token)
  assert.deepEqual([status, body.error.code, body.error.param], [404, 'not_found', 'token'])
  assert.equal(body.error.message, DEAD)
}

for (const database of databases) {
  describe(`invites on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    const link = async ({ id }: Organization, invite: string) =>
      (await command(app, 'invite', 'link', invite, '--org', id)).token

    test('an accepted invite is a user with its role and its memberships, and stands in the record', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const [a, b] = [await admin.projects.create({ name: 'a' }), await admin.projects.create({ name: 'b' })]
      const email = newEmail('Mixed.Case')
      const projects = [
        { id: a.id, role: 'owner' as const },
        { id: b.id, role: 'member' as const },
      ]
      const invite = await admin.invites.create({ email, role: 'reader', projects })
      const { status, body } = await accept(app, await link(organization, invite.id), '  Ann  ')
      assert.equal(status, 200)
      assert.deepEqual([body.email, body.name, body.role, body.projects], [email, 'Ann', 'reader', null])
      assert.deepEqual(
        (await all(admin.users.list({ emails: [email] }))).map(({ id }) => id),
        [body.id],
      )
      for (const { id, role } of projects) {
        assert.equal((await admin.projects.users.retrieve(body.id, { project_id: id })).role, role)
      }
      const outside = admin.projects.users.retrieve(body.id, { project_id: organization.defaultProjectId })
      await assert.rejects(outside, refusal(404, 'not_found', 'user_id'))
      const record = await admin.invites.retrieve(invite.id)
      assert.deepEqual([record.status, record.projects], ['accepted', projects])
      assert.ok((record.accepted_at ?? 0) >= record.created_at)
    })

    test('projects left out mean the default project, an empty list means none', async () => {
      const organization = await newOrganization(app)
      const { admin, defaultProjectId } = organization
      const joined = async (projects: { projects?: [] }) => {
        const invite = await admin.invites.create({ email: newEmail(), role: 'reader', ...projects })
        assert.deepEqual(invite.projects, [])
        assert.deepEqual((await admin.invites.retrieve(invite.id)).projects, [])
        const { body } = await accept(app, await link(organization, invite.id))
        const people = await all(admin.projects.users.list(defaultProjectId))
        return people.filter(({ id }) => id === body.id).map(({ role }) => role)
      }
      assert.deepEqual(await joined({}), ['member'])
      assert.deepEqual(await joined({ projects: [] }), [])
    })

    test('an invite to a project that is archived, unknown or listed twice is refused and not stored', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const other = await newOrganization(app)
      const [open, closed] = [await admin.projects.create({ name: 'a' }), await admin.projects.create({ name: 'b' })]
      await admin.projects.archive(closed.id)
      const member = (id: string) => ({ id, role: 'member' as const })
      const refused = [
        [[open.id, closed.id], 'project_archived', 'projects[1].id'],
        [[unknownLike(open.id)], 'invalid_value', 'projects[0].id'],
        [[other.defaultProjectId], 'invalid_value', 'projects[0].id'],
        [['nonsense'], 'invalid_value', 'projects[0].id'],
        [['nul\u0000'], 'invalid_value', 'projects[0].id'],
        [[open.id, open.id], 'invalid_value', 'projects[1].id'],
        [Array<string>(101).fill(open.id), 'array_above_max_length', 'projects'],
      ] as const
      for (const [ids, code, param] of refused) {
        const body = { email: newEmail(), role: 'reader' as const, projects: ids.map(member) }
        await assert.rejects(admin.invites.create(body), refusal(400, code, param), JSON.stringify(ids.slice(0, 2)))
      }
      const strange = { email: newEmail(), role: 'reader' as const, projects: [{ id: open.id, role: 'viewer' }] }
      const body = strange as { email: string; role: 'reader' }
      await assert.rejects(admin.invites.create(body), refusal(400, 'invalid_value', 'projects[0].role'))
      assert.deepEqual(await all(admin.invites.list()), [])
    })

    test('a project that was archived in the meantime is left out, and the rest is granted', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const [open, closed] = [await admin.projects.create({ name: 'a' }), await admin.projects.create({ name: 'b' })]
      const projects = [closed, open].map(({ id }) => ({ id, role: 'member' as const }))
      const some = await admin.invites.create({ email: newEmail(), role: 'reader', projects })
      const none = await admin.invites.create({ email: newEmail(), role: 'reader', projects: projects.slice(0, 1) })
      await admin.projects.archive(closed.id)
      const first = await accept(app, await link(organization, some.id))
      const second = await accept(app, await link(organization, none.id))
      assert.deepEqual([first.status, second.status], [200, 200])
      const people = (await all(admin.projects.users.list(open.id))).map(({ id }) => id)
      assert.deepEqual(people, [organization.ownerId, first.body.id])
      const rows = await app.db
        .selectFrom('project_user')
        .select('user_id')
        .where('project_id', '=', closed.id)
        .execute()
      assert.deepEqual(rows, [])
    })

    test('a link works once, and an accepted invite cannot be deleted', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const invite = await admin.invites.create({ email: newEmail(), role: 'owner' })
      const token = await link(organization, invite.id)
      assert.equal((await accept(app, token)).status, 200)
      await assertDead(app, token)
      await assert.rejects(admin.invites.delete(invite.id), refusal(400, 'invite_already_accepted', 'invite_id'))
      assert.equal((await admin.invites.retrieve(invite.id)).status, 'accepted')
      assert.equal((await all(admin.users.list())).length, 2)
    })

    test('a link dies with the deletion of its invite', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const invite = await admin.invites.create({ email: newEmail(), role: 'reader' })
      const token = await link(organization, invite.id)
      await admin.invites.delete(invite.id)
      await assertDead(app, token)
      await assert.rejects(admin.invites.retrieve(invite.id), unknown)
      await assert.rejects(admin.invites.delete(invite.id), unknown)
    })

    test('a new invite to an address, however it is written, takes the place of the old one and kills its link', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const email = newEmail('guest')
      const old = await admin.invites.create({ email, role: 'owner' })
      const token = await link(organization, old.id)
      const fresh = await admin.invites.create({ email: email.toUpperCase(), role: 'reader', projects: [] })
      await assertDead(app, token)
      await assert.rejects(admin.invites.retrieve(old.id), unknown)
      assert.deepEqual(await all(admin.invites.list()), [fresh])
      const { body } = await accept(app, await link(organization, fresh.id))
      assert.deepEqual([body.role, body.email], ['reader', email.toUpperCase()])
    })

    test('a new link to an invite kills the one before', async () => {
      const organization = await newOrganization(app)
      const invite = await organization.admin.invites.create({ email: newEmail(), role: 'reader' })
      const first = await link(organization, invite.id)
      const second = await link(organization, invite.id)
      await assertDead(app, first)
      assert.equal((await accept(app, second)).status, 200)
    })

    test('an invite lives for seven days to the second, and its link no longer', async () => {
      await using own = await startTestApp({ database })
      const { invites } = own.admin().organization
      const invite = await invites.create({ email: newEmail(), role: 'reader' })
      assert.equal(invite.expires_at, invite.created_at + WEEK)
      const { token } = await command(own, 'invite', 'link', invite.id)
      own.advance(WEEK - 60)
      assert.equal((await invites.retrieve(invite.id)).status, 'pending')
      own.advance(60)
      assert.equal((await invites.retrieve(invite.id)).status, 'expired')
      assert.deepEqual(
        (await all(invites.list())).map(({ status }) => status),
        ['expired'],
      )
      await assertDead(own, token)
      assert.equal((await all(own.admin().organization.users.list())).length, 1)
      const again = await invites.create({ email: invite.email, role: 'reader' })
      assert.deepEqual(
        (await all(invites.list())).map(({ id }) => id),
        [again.id],
      )
      own.advance(WEEK)
      assert.equal((await invites.delete(again.id)).deleted, true)
    })

    test('a link to an expired invite is refused where links are made', async () => {
      await using own = await startTestApp({ database })
      const { id } = await own.admin().organization.invites.create({ email: newEmail(), role: 'reader' })
      await own.db.updateTable('invite').set({ expires_at: 1 }).where('id', '=', id).execute()
      await assert.rejects(command(own, 'invite', 'link', id), /is expired/)
    })

    test('a link is good for as long as who made the invite could make it, and is good again with that', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const maker = await newUser(app, organization, 'owner')
      const theirs = app.admin(await newAdminKey(app, organization, maker.id)).organization
      const invite = async (role: 'owner' | 'reader') =>
        link(organization, (await theirs.invites.create({ email: newEmail(), role, projects: [] })).id)
      const [first, second, third] = [await invite('owner'), await invite('reader'), await invite('reader')]
      await admin.users.update(maker.id, { role: 'reader' })
      for (const token of [first, second]) await assertDead(app, token)
      await admin.users.update(maker.id, { role: 'owner' })
      assert.equal((await accept(app, second)).status, 200)
      await admin.users.delete(maker.id)
      for (const token of [first, third]) await assertDead(app, token)
    })

    test('an invite made with a key that expires ends with it', async () => {
      const organization = await newOrganization(app)
      const flags = ['--org', organization.id, '--user', organization.ownerId, '--expires-in-seconds', '600']
      const key = await command(app, 'admin-key', 'create', ...flags)
      const made = await app.admin(key.value).organization.invites.create({ email: newEmail(), role: 'reader' })
      const lifetime = (made.expires_at ?? Infinity) - made.created_at
      assert.ok(lifetime > 0 && lifetime <= 600, `${lifetime}`)
    })

    test('accepting asks for no key and looks at none', async () => {
      const organization = await newOrganization(app)
      for (const key of ['nonsense', ADMIN_KEY, `sk-admin-${'0'.repeat(32)}`]) {
        const invite = await organization.admin.invites.create({ email: newEmail(), role: 'reader' })
        const body = { token: await link(organization, invite.id), name: 'Newcomer' }
        assert.equal((await app.send('POST', '/v1/organization/invites/accept', { key, body })).status, 200)
      }
    })

    test('a made-up token, or a name that is none, accepts nothing', async () => {
      const organization = await newOrganization(app)
      const invite = await organization.admin.invites.create({ email: newEmail(), role: 'reader' })
      const token = await link(organization, invite.id)
      for (const wrong of ['x', invite.id, token.slice(1), `${token} `, token.toUpperCase()]) {
        await assertDead(app, wrong)
      }
      for (const name of ['', '  ', 'x'.repeat(256), 'a\u0000']) {
        const { status, body } = await accept(app, token, name)
        assert.deepEqual([status, body.error.param], [400, 'name'], JSON.stringify(name))
      }
      assert.equal((await accept(app, token, 'x'.repeat(255))).status, 200)
    })

    test('where the address became a user otherwise, accepting fails and leaves the invite as it was', async () => {
      const organization = await newOrganization(app)
      const { admin, id } = organization
      const email = newEmail()
      const invite = await admin.invites.create({ email, role: 'owner' })
      const token = await link(organization, invite.id)
      await command(app, 'user', 'create', '--org', id, '--email', email, '--name', 'Direct', '--role', 'reader')
      const { status, body } = await accept(app, token)
      assert.deepEqual([status, body.error.code], [400, 'user_already_in_organization'])
      assert.deepEqual(await admin.invites.retrieve(invite.id), invite)
      const [user] = await all(admin.users.list({ emails: [email] }))
      assert.deepEqual([user?.role, user?.name], ['reader', 'Direct'])
    })

    test('of a token only the hash is kept, and no reply shows either', async () => {
      const organization = await newOrganization(app)
      const { admin, key } = organization
      const invite = await admin.invites.create({ email: newEmail(), role: 'reader' })
      const token = await link(organization, invite.id)
      const row = await app.db.selectFrom('invite').selectAll().where('id', '=', invite.id).executeTakeFirstOrThrow()
      assert.match(row.token_hash ?? '', /^[0-9a-f]{64}$/)
      assert.ok(!JSON.stringify(row).includes(token))
      const replies = [
        await app.send('GET', `/v1/organization/invites/${invite.id}`, { key }),
        await app.send('GET', '/v1/organization/invites', { key }),
        await accept(app, token),
        await app.send('GET', `/v1/organization/invites/${invite.id}`, { key }),
      ]
      for (const { status, text } of replies) {
        assert.equal(status, 200)
        assert.ok(!text.includes(token) && !text.includes(row.token_hash ?? '') && !/token|hash/.test(text), text)
      }
      const used = await app.db.selectFrom('invite').select('token_hash').where('id', '=', invite.id).execute()
      assert.deepEqual(
        used.map((row) => row.token_hash),
        [null],
      )
    })
  })
}
