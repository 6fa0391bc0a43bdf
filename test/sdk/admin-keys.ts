import assert from 'node:assert/strict'
import { newAdminKey, newOrganization, newUser } from '../contract/organizations.ts'
import { ADMIN_KEY, startTestApp } from '../support/harness.ts'
import { all, refusal, type Scenario, unknownLike } from './scenario.ts'

const notFound = refusal(404, 'not_found', 'key_id')

export const adminKeyScenarios: Record<string, Scenario> = {
  'organization.adminAPIKeys.create': async ({ app, admin, organization, database }) => {
    const created = await admin.adminAPIKeys.create({ name: '  robot  ' })
    assert.equal(created.object, 'organization.admin_api_key')
    assert.equal(created.name, 'robot')
    assert.match(created.value, /^sk-admin-[A-Za-z0-9_-]{32,}$/)
    assert.equal(created.redacted_value.length, created.value.length)
    assert.equal(created.redacted_value.slice(0, 8), created.value.slice(0, 8))
    assert.match(created.redacted_value.slice(8), /^\*+.{4}$/)
    assert.ok(created.redacted_value.endsWith(created.value.slice(-4)))
    assert.equal(created.expires_at, null)
    assert.equal(created.last_used_at, null)
    assert.equal(created.owner.id, organization.ownerId)
    assert.equal(created.owner.role, 'owner')
    const mine = app.admin(created.value).organization
    assert.equal((await mine.adminAPIKeys.retrieve(created.id)).id, created.id)

    const reader = await newAdminKey(app, organization, organization.ownerId, ['api.management.read'])
    const narrowed = app.admin(reader).organization.adminAPIKeys
    await assert.rejects(narrowed.create({ name: 'wider' }), {
      status: 401,
      message: /Missing scopes: api.management.write/,
    })
    const scopes = ['api.management.read', 'api.management.write']
    const narrow = await newAdminKey(app, organization, organization.ownerId, scopes)
    const child = await app.admin(narrow).organization.adminAPIKeys.create({ name: 'no wider' })
    const row = await app.db.selectFrom('admin_api_key').select('scopes').where('id', '=', child.id).executeTakeFirst()
    assert.deepEqual(JSON.parse(row?.scopes ?? ''), scopes)

    await using own = await startTestApp({ database })
    const brief = await own.admin().organization.adminAPIKeys.create({ name: 'brief', expires_in_seconds: 60 })
    assert.equal(brief.expires_at, brief.created_at + 60)
    const expiring = own.admin(brief.value).organization
    await expiring.adminAPIKeys.retrieve(brief.id)
    own.advance(60)
    await assert.rejects(expiring.adminAPIKeys.retrieve(brief.id), refusal(401, 'invalid_api_key'))
    assert.equal((await own.admin().organization.adminAPIKeys.retrieve(brief.id)).expires_at, brief.expires_at)
  },

  'organization.adminAPIKeys.retrieve': async ({ app, admin, organization }) => {
    const { value, ...created } = await admin.adminAPIKeys.create({ name: 'seen' })
    const found = await admin.adminAPIKeys.retrieve(created.id)
    assert.deepEqual(found, created)
    assert.ok(!JSON.stringify(found).includes(value))
    assert.equal((await admin.adminAPIKeys.retrieve(organization.keyId)).id, organization.keyId)
    await assert.rejects(admin.adminAPIKeys.retrieve(unknownLike(created.id)), notFound)
    const stranger = await newOrganization(app)
    await assert.rejects(admin.adminAPIKeys.retrieve(stranger.keyId), notFound)
  },

  'organization.adminAPIKeys.list': async ({ admin, organization }) => {
    const first = await admin.adminAPIKeys.create({ name: 'first' })
    const second = await admin.adminAPIKeys.create({ name: 'second' })
    const ids = [organization.keyId, first.id, second.id]
    const oldestFirst = await all(admin.adminAPIKeys.list())
    assert.deepEqual(
      oldestFirst.map((key) => key.id),
      ids,
    )
    assert.ok(!JSON.stringify(oldestFirst).includes(first.value))
    const newestFirst = await all(admin.adminAPIKeys.list({ order: 'desc', limit: 1 }))
    assert.deepEqual(
      newestFirst.map((key) => key.id),
      ids.toReversed(),
    )
    const behind = await admin.adminAPIKeys.list({ after: first.id, limit: 1 })
    assert.deepEqual(
      behind.data.map((key) => key.id),
      [second.id],
    )
    assert.equal(behind.has_more, false)
    const start = await admin.adminAPIKeys.list({ after: null, limit: 1 })
    assert.equal(start.data[0]?.id, organization.keyId)
    assert.equal(start.has_more, true)
  },

  'organization.adminAPIKeys.delete': async ({ app, admin, organization }) => {
    const other = await newUser(app, organization, 'owner')
    const key = await admin.adminAPIKeys.create({ name: 'short' })
    const gone = app.admin(key.value).organization
    await gone.projects.list()
    const deleted = await admin.adminAPIKeys.delete(key.id)
    assert.deepEqual(deleted, { object: 'organization.admin_api_key.deleted', id: key.id, deleted: true })
    await assert.rejects(gone.projects.list(), refusal(401, 'invalid_api_key'))
    await assert.rejects(admin.adminAPIKeys.delete(key.id), notFound)
    await assert.rejects(admin.adminAPIKeys.retrieve(key.id), notFound)
    await assert.rejects(admin.adminAPIKeys.delete(organization.keyId), refusal(400, 'would_lock_out_caller', 'key_id'))
    // Another owner's key can take this one away.
    const theirs = app.admin(await newAdminKey(app, organization, other.email)).organization
    await theirs.adminAPIKeys.delete(organization.keyId)
    await assert.rejects(admin.projects.list(), refusal(401, 'invalid_api_key'))
    const stranger = app.admin(ADMIN_KEY).organization
    assert.ok((await all(stranger.adminAPIKeys.list())).length > 0)
  },
}
