import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { all, refusal } from '../../test/sdk/scenario.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

const YEAR = 31_536_000
const incorrect = { status: 401, code: 'invalid_api_key' }
const lacks = (scope: string) => ({ status: 401, code: null, message: new RegExp(`Missing scopes: ${scope}`) })

for (const database of databases) {
  describe(`admin API keys on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    const acting = (key: string) => app.admin(key).organization

    test('a new key acts as who made it, and its secret is shown this once and stored nowhere', async () => {
      const { admin, ownerId } = await newOrganization(app)
      const made = await admin.adminAPIKeys.create({ name: ' mine ' })
      assert.match(made.value, /^sk-admin-[A-Za-z0-9_-]{49}$/)
      assert.deepEqual([made.name, made.expires_at, made.last_used_at], ['mine', null, null])
      assert.deepEqual([made.owner.type, made.owner.id, made.owner.role], ['user', ownerId, 'owner'])
      assert.equal(made.redacted_value, `${made.value.slice(0, 8)}${'*'.repeat(46)}${made.value.slice(-4)}`)
      assert.equal(made.redacted_value.length, made.value.length)
      await all(acting(made.value).projects.list())
      const { value, ...shown } = made
      const { last_used_at: _, ...kept } = await admin.adminAPIKeys.retrieve(made.id)
      assert.deepEqual({ ...kept, last_used_at: null }, shown)
      assert.ok(!JSON.stringify(await all(admin.adminAPIKeys.list())).includes(value))
      assert.ok(!(await stored(app)).includes(value))
      assert.ok((await stored(app)).includes(made.id))
    })

    test('a key dies at its second, and stays in the list until it is deleted', async () => {
      await using own = await startTestApp({ database })
      const { adminAPIKeys } = own.admin().organization
      const { id, value, expires_at, created_at } = await adminAPIKeys.create({ name: 'brief', expires_in_seconds: 60 })
      assert.equal(expires_at, created_at + 60)
      const theirs = own.admin(value).organization
      await all(theirs.projects.list())
      own.advance(60)
      await assert.rejects(all(theirs.projects.list()), { ...incorrect, message: /has expired/ })
      assert.equal((await adminAPIKeys.retrieve(id)).expires_at, expires_at)
      assert.equal((await adminAPIKeys.delete(id)).deleted, true)
      await assert.rejects(all(theirs.projects.list()), { ...incorrect, message: /Incorrect API key provided/ })
    })

    test('a lifetime is a whole number of seconds, from one to a year', async () => {
      const { admin } = await newOrganization(app)
      const longest = await admin.adminAPIKeys.create({ name: 'long', expires_in_seconds: YEAR })
      assert.equal(longest.expires_at, longest.created_at + YEAR)
      const refused = [
        [0, 'integer_below_min_value'],
        [YEAR + 1, 'integer_above_max_value'],
        [1.5, 'invalid_type'],
        [null, 'invalid_type'],
        ['60', 'invalid_type'],
      ] as const
      for (const [wanted, code] of refused) {
        const made = admin.adminAPIKeys.create({ name: 'wrong', expires_in_seconds: wanted as number })
        await assert.rejects(made, refusal(400, code, 'expires_in_seconds'), String(wanted))
      }
      assert.equal((await all(admin.adminAPIKeys.list())).length, 2)
    })

    test('the list goes in both orders, page by page, also from a key that was deleted meanwhile', async () => {
      const { admin, keyId } = await newOrganization(app)
      const ids = [keyId]
      for (let i = 0; i < 5; i++) ids.push((await admin.adminAPIKeys.create({ name: `${i}` })).id)
      const listed = async (query: object) => (await all(admin.adminAPIKeys.list(query))).map(({ id }) => id)
      for (const limit of [1, 2, 6, 100]) {
        assert.deepEqual(await listed({ limit }), ids)
        assert.deepEqual(await listed({ limit, order: 'asc' }), ids)
        assert.deepEqual(await listed({ limit, order: 'desc' }), ids.toReversed())
      }
      const [, second = '', third = '', fourth = ''] = ids
      await admin.adminAPIKeys.delete(third)
      assert.deepEqual(await listed({ after: third, order: 'asc' }), ids.slice(3))
      assert.deepEqual(await listed({ after: third, order: 'desc' }), [second, keyId])
      const page = await admin.adminAPIKeys.list({ limit: 1, after: second })
      assert.deepEqual([page.data.map(({ id }) => id), page.has_more], [[fourth], true])
      await assert.rejects(listed({ order: 'up' }), refusal(400, 'invalid_value', 'order'))
    })

    test('a key can do no more than the one that made it, nor can the keys that come after', async () => {
      const organization = await newOrganization(app)
      const { ownerId } = organization
      const narrow = await newAdminKey(app, organization, ownerId, ['api.management.write'])
      const child = await acting(narrow).adminAPIKeys.create({ name: 'child' })
      const grandchild = await acting(child.value).adminAPIKeys.create({ name: 'grandchild' })
      for (const key of [narrow, child.value, grandchild.value]) {
        await acting(key).projects.create({ name: 'made' })
        await assert.rejects(all(acting(key).projects.list()), lacks('api.management.read'))
      }
      const reads = await newAdminKey(app, organization, ownerId, ['api.management.read'])
      await all(acting(reads).projects.list())
      await assert.rejects(acting(reads).adminAPIKeys.create({ name: 'wider' }), lacks('api.management.write'))
      const usage = await newAdminKey(app, organization, ownerId, ['api.usage.read'])
      await assert.rejects(all(acting(usage).projects.list()), lacks('api.management.read'))
      const asked = { name: 'wider', scopes: [] } as { name: string }
      await assert.rejects(acting(narrow).adminAPIKeys.create(asked), refusal(400, 'unknown_parameter', 'scopes'))
    })

    test('a key follows its owner: demoted it opens nothing, promoted again it works, removed it is dead', async () => {
      const organization = await newOrganization(app)
      const { admin } = organization
      const { id } = await newUser(app, organization, 'owner')
      const key = await acting(await newAdminKey(app, organization, id)).adminAPIKeys.create({ name: 'theirs' })
      const theirs = acting(key.value)
      await all(theirs.projects.list())
      await admin.users.update(id, { role: 'reader' })
      await assert.rejects(all(theirs.projects.list()), lacks('api.management.read'))
      await assert.rejects(theirs.adminAPIKeys.create({ name: 'more' }), lacks('api.management.write'))
      await admin.users.update(id, { role: 'owner' })
      await all(theirs.projects.list())
      await admin.users.delete(id)
      const message = /You must be a member of an organization to use the API/
      await assert.rejects(all(theirs.projects.list()), { status: 401, code: null, message })
      await assert.rejects(theirs.users.delete(organization.ownerId), { status: 401, code: null, message })
    })

    test('a key cannot delete itself; another can, and then it opens nothing from that moment on', async () => {
      const { admin, keyId } = await newOrganization(app)
      const other = await admin.adminAPIKeys.create({ name: 'other' })
      await assert.rejects(admin.adminAPIKeys.delete(keyId), refusal(400, 'would_lock_out_caller', 'key_id'))
      await all(admin.projects.list())
      const theirs = acting(other.value)
      const deleted = await theirs.adminAPIKeys.delete(keyId)
      assert.deepEqual(deleted, { object: 'organization.admin_api_key.deleted', id: keyId, deleted: true })
      await assert.rejects(all(admin.projects.list()), incorrect)
      await assert.rejects(theirs.adminAPIKeys.retrieve(keyId), refusal(404, 'not_found', 'key_id'))
      await assert.rejects(theirs.adminAPIKeys.delete(keyId), refusal(404, 'not_found', 'key_id'))
    })

    test('an admin key does not open the gate, and says which scope it lacks', async () => {
      const { key } = await newOrganization(app)
      await assert.rejects(app.client(key).models.list(), lacks('api.model.read'))
      const messages = [{ role: 'user' as const, content: 'hello' }]
      const chat = app.client(key).chat.completions.create({ model: 'echo', messages })
      await assert.rejects(chat, lacks('api.model.request'))
    })

    test('a request that began before its key was deleted changes nothing when it comes to its end after', async () => {
      const organization = await newOrganization(app)
      const stolen = await organization.admin.adminAPIKeys.create({ name: 'stolen' })
      const finish = await begin(app, stolen.value, { name: 'back door' })
      await organization.admin.adminAPIKeys.delete(stolen.id)
      assert.equal(await finish(), 401)
      assert.deepEqual(
        (await all(organization.admin.adminAPIKeys.list())).map(({ id }) => id),
        [organization.keyId],
      )
    })

    test('a request that began before its owner was demoted changes nothing either', async () => {
      const organization = await newOrganization(app)
      const { id } = await newUser(app, organization, 'owner')
      const finish = await begin(app, await newAdminKey(app, organization, id), { name: 'back door' })
      const before = await names(organization)
      await organization.admin.users.update(id, { role: 'reader' })
      assert.equal(await finish(), 401)
      assert.deepEqual(await names(organization), before)
    })

    test('a request that began before its key expired changes nothing after', async () => {
      await using own = await startTestApp({ database })
      const { adminAPIKeys } = own.admin().organization
      const { value } = await adminAPIKeys.create({ name: 'brief', expires_in_seconds: 60 })
      const finish = await begin(own, value, { name: 'for ever' })
      own.advance(60)
      assert.equal(await finish(), 401)
      assert.equal((await all(adminAPIKeys.list())).length, 2)
    })

    test('a lost key is replaced on the command line, with scopes and an end where they are asked for', async () => {
      const organization = await newOrganization(app)
      const { admin, id, ownerEmail } = organization
      const flags = ['--org', id, '--user', ownerEmail.toUpperCase(), '--name', 'rescue', '--expires-in-seconds', '60']
      const made = await command(app, 'admin-key', 'create', ...flags, '--scopes', 'api.management.read')
      const key = await admin.adminAPIKeys.retrieve(made.id)
      assert.deepEqual([key.name, key.expires_at], ['rescue', key.created_at + 60])
      await all(acting(made.value).projects.list())
      await assert.rejects(acting(made.value).projects.create({ name: 'x' }), lacks('api.management.write'))
      const wrong = command(app, 'admin-key', 'create', ...flags, '--scopes', 'api.model.read')
      await assert.rejects(wrong, /Invalid value: 'api.model.read'/)
    })
  })
}

const names = async ({ admin }: Organization) => (await all(admin.adminAPIKeys.list())).map(({ name }) => name)

/** Everything that is stored, as one text. */
async function stored({ db }: TestApp): Promise<string> {
  const tables = await db.introspection.getTables()
  const rows = await Promise.all(
    tables.map(({ name }) =>
      db
        .selectFrom(name as 'meta')
        .selectAll()
        .execute(),
    ),
  )
  return JSON.stringify(rows)
}

/**
 * Sends a request to create an admin key up to its body, which is held back until the returned function is called.
 * The server has seen the key by then: it answers `100 Continue` as it begins.
 */
async function begin(app: TestApp, key: string, body: object): Promise<() => Promise<number | undefined>> {
  const text = JSON.stringify(body)
  const call = request(`${app.url}/v1/organization/admin_api_keys`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      expect: '100-continue',
    },
  })
  const answered = new Promise<number | undefined>((resolve, reject) => {
    call.once('error', reject).once('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
  })
  const begun = new Promise((resolve) => call.once('continue', resolve))
  call.flushHeaders()
  await Promise.race([begun, answered])
  return () => {
    call.end(text)
    return answered
  }
}
