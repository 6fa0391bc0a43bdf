import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import type { Grants } from '../../src/contract/route.ts'
import { isOwn } from '../../src/core/asked.ts'
import { homePlace, type Place } from '../decision/people.ts'
import { databases } from '../support/databases.ts'
import { ADMIN_KEY, startTestApp, type TestApp } from '../support/harness.ts'
import { assertRefused, call } from './call.ts'
import { rightsIn, tellingRequest } from './rights.ts'
import { asSchema } from './variations.ts'

/** Every write of the API, with what it says of itself. The one without a caller stands on the invite's maker (`invites.test.ts`). */
const writes = endpoints.flatMap((endpoint) => {
  const { route } = endpoint
  return route.method === 'GET' || route.permission === null ? [] : [{ endpoint, grants: route.grants as Grants }]
})
const granting = writes.filter(({ grants }) => grants === 'rights').map(({ endpoint }) => endpoint)
const others = writes.filter(({ grants }) => grants !== 'rights')
/** It makes a key of the caller's own, with the scopes of the key that is used: less than that is nothing to hold. */
const OWN = 'adminApiKeys.create'
/** What is one's own anyway hands out nothing that one has not. */
const ofOneself = ({ name, route }: Endpoint) => name === OWN || (route.permission !== null && isOwn(route.permission))
const lifetimes = granting.filter(({ route }) => 'expires_in_seconds' in (asSchema(route.body).properties ?? {}))

test('every write says that it hands something out or takes it, or why it does neither', () => {
  for (const { endpoint, grants } of others) {
    assert.ok(grants !== 'rights' && grants.nothing.length > 10, endpoint.name)
  }
  assert.deepEqual(
    [granting.length + others.length, lifetimes.map(({ name }) => name)],
    [
      endpoints.filter(({ route }) => route.method !== 'GET' && route.permission !== null).length,
      [OWN, 'serviceAccounts.create', 'serviceAccounts.createApiKey', 'projectApiKeys.create', 'projectApiKeys.update'],
    ],
  )
})

for (const database of databases) {
  describe(`${database}: grants`, () => {
    let app: TestApp
    let home: Place
    let owner = ''
    before(async () => {
      app = await startTestApp({ database })
      home = await homePlace(app)
      owner = (await home.admin.users.list()).data[0]?.id ?? ''
    })
    after(() => app[Symbol.asyncDispose]())

    for (const endpoint of granting) {
      if (ofOneself(endpoint)) continue
      test(`${endpoint.name} is refused to somebody who holds only what it asks for, and done by an owner`, async () => {
        const request = await tellingRequest(app, home, endpoint.name)
        const key = await holderOf(app, home, [endpoint.route.permission ?? ''])
        const before = await rightsIn(app, home)
        const message = /^You have insufficient permissions for this operation\. Missing scopes: api\.[a-z_.]+\. /
        assertRefused(await call(app, endpoint, request, { key }), { status: 401, code: null, message })
        assert.deepEqual(await rightsIn(app, home), before)
        const done = await call(app, endpoint, request, { key: ADMIN_KEY })
        assert.equal(done.status, 200, done.text)
        const moves = !isDeepStrictEqual(await rightsIn(app, home), before)
        assert.ok(moves, 'the request moves nothing, so that it shows nothing')
      })
    }

    for (const { endpoint } of others) {
      test(`${endpoint.name} hands out and takes nothing`, async () => {
        const request = await tellingRequest(app, home, endpoint.name)
        const before = await rightsIn(app, home)
        const done = await call(app, endpoint, request, { key: ADMIN_KEY })
        assert.equal(done.status, 200, done.text)
        const left = await rightsIn(app, home)
        assert.deepEqual(left.others, before.others)
        assert.ok(left.keys.every((line) => before.keys.includes(line)))
        assert.equal(before.keys.length - left.keys.length, /ApiKeys\.delete$/.test(endpoint.name) ? 1 : 0)
      })
    }

    for (const endpoint of lifetimes) {
      test(`${endpoint.name} by a key that expires makes none that ends later`, () =>
        endsNoLater(app, home, owner, endpoint))
    }

    test("a project's owner does not take from a service account what the organization gave it", async () => {
      const [user_id, project_id] = [await home.newUser(), await home.newProject()]
      const { projects, groups, roles } = home.admin
      await projects.users.create(project_id, { user_id, role: 'owner' })
      const theirs = app.admin(await home.keyOf(user_id)).organization.projects.serviceAccounts
      const { id: account } = await projects.serviceAccounts.create(project_id, { name: 'bot' })
      const { id: group } = await groups.create({ name: 'modellers' })
      const { id: role_id } = await roles.create({ role_name: 'Models', permissions: ['api.model.request'] })
      await groups.roles.create(group, { role_id })
      await groups.users.create(group, { user_id: account })
      const taken = () => theirs.delete(account, { project_id })
      await assert.rejects(taken, { status: 401, message: /Missing scopes: api\.model\.request\./ })
      await groups.users.delete(account, { group_id: group })
      await taken()
    })

    test('a key narrowed to changing makes nobody a reader of the administration, nor an owner', async () => {
      const key = await home.keyOf(owner, '--scopes', 'api.management.write')
      const both = await home.keyOf(owner, '--scopes', 'api.management.read,api.management.write')
      const admin = (shown: string) => app.admin(shown).organization
      const user_id = await home.newUser()
      const missing = (permission: string) => ({ status: 401, message: new RegExp(`Missing scopes: ${permission}\\.`) })
      const project_id = await home.newProject()
      const member = { user_id, role: 'member' as const }
      await assert.rejects(admin(key).projects.users.create(project_id, member), missing('api.groups.read'))
      await admin(both).projects.users.create(project_id, member)
      for (const narrow of [key, both]) {
        await assert.rejects(admin(narrow).users.update(user_id, { role: 'owner' }), { status: 401 })
        await assert.rejects(admin(narrow).invites.create({ email: 'x@example.com', role: 'owner' }), { status: 401 })
      }
      // What a project is used with no admin key does itself: that much a key that changes may hand out.
      await admin(key).projects.serviceAccounts.create(project_id, { name: 'bot' })
      const child = await admin(both).adminAPIKeys.create({ name: 'child' })
      await assert.rejects(admin(child.value).users.update(user_id, { role: 'owner' }), missing('api.usage.read'))
      await admin(ADMIN_KEY).users.update(user_id, { role: 'owner' })
    })
  })
}

/** Somebody with these permissions in the organization and no other. @returns an admin key of theirs */
async function holderOf({ db }: TestApp, { id, newUser, keyOf }: Place, permissions: string[]): Promise<string> {
  const user = await newUser()
  const role_id = `role_${user.slice(5)}`
  const role = { id: role_id, organization_id: id, project_id: null, resource_id: id, name: role_id, description: null }
  // Straight into the database: no custom role of the API may hold the permissions that administer.
  const times = { created_at: 1, updated_at: 1, created_by: null }
  await db
    .insertInto('role')
    .values({ ...role, ...times, permissions: JSON.stringify(permissions) })
    .execute()
  await db
    .updateTable('role_assignment')
    .set({ role_id })
    .where('organization_id', '=', id)
    .where('principal_id', '=', user)
    .execute()
  return keyOf(user)
}

/** Asked for a longer life it refuses; asked for none it gives that of the key at hand; a shorter one is as asked. */
async function endsNoLater(app: TestApp, home: Place, owner: string, endpoint: Endpoint) {
  const key = await home.keyOf(owner, '--expires-in-seconds', '600')
  const { expires_at: end } = (await app.admin(key).organization.adminAPIKeys.create({ name: 'as long' })) as {
    expires_at?: number | null
  }
  assert.ok(end)
  const request = await tellingRequest(app, home, endpoint.name)
  const before = await rightsIn(app, home)
  const ask = (expires_in_seconds: number | undefined) =>
    call(app, endpoint, { ...request, body: { ...request.body, expires_in_seconds } }, { key })
  const refusal = { status: 400, code: 'invalid_value', param: 'expires_in_seconds', message: /may end later\.$/ }
  assertRefused(await ask(3600), refusal)
  assert.deepEqual(await rightsIn(app, home), before)
  const unasked = await ask(undefined)
  // A key that is changed keeps its end, and may not be widened by one that ends earlier.
  if (endpoint.name.endsWith('.update')) assertRefused(unasked, refusal)
  else assert.equal((unasked.body.api_key ?? unasked.body).expires_at, end)
  const shorter = await ask(60)
  assert.equal(shorter.status, 200, shorter.text)
  assert.ok(((shorter.body.api_key ?? shorter.body).expires_at ?? Infinity) < end)
}
