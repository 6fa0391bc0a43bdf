import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import { type Asked, isOwn } from '../../src/core/asked.ts'
import { mintKey } from '../../src/core/key.ts'
import { adminScopeOf, predefinedRoles } from '../../src/core/permission.ts'
import { unknownLike } from '../sdk/scenario.ts'
import { databases } from '../support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../support/harness.ts'
import { assertRefused, call, type Refusal, stored } from './call.ts'
import { type Fixture, newFixture } from './fixture.ts'
import { newAdminKey, newUser, TESTS_EACH } from './organizations.ts'
import { operationsWithRequest, type ValidRequest, validRequest } from './requests.ts'

test('there is a valid request for every operation, and none for an operation that is not there', () => {
  assert.deepEqual([...operationsWithRequest].sort(), endpoints.map(({ name }) => name).sort())
})

const missing: Refusal = { status: 401, code: null, param: null, message: /^Missing bearer authentication in header$/ }
const invalid: Refusal = { status: 401, code: 'invalid_api_key', param: null }
const notAMember: Refusal = {
  status: 401,
  code: null,
  param: null,
  message: /^You must be a member of an organization/,
}
const lacking = (permission: string): Refusal => {
  const message = new RegExp(`Missing scopes: ${permission.replaceAll('.', '\\.')}\\.`)
  return { status: 401, code: null, param: null, message }
}

const noProject: Refusal = { status: 404, code: 'not_found', param: 'project_id' }

const heldBy = (role: 'role-api-organization-reader' | 'role-api-project-member', permission: Asked) =>
  predefinedRoles.some(({ id, permissions }) => id === role && permissions.some((one) => one === permission))
const readersMay = (permission: Asked) => isOwn(permission) || heldBy('role-api-organization-reader', permission)
const belowProject = ({ route }: Endpoint) => route.path.includes('/projects/:project_id')

for (const database of databases) {
  describe(`${database}: who may call`, () => {
    let app: TestApp
    let fixture: Fixture
    let begun = 0
    before(async () => {
      app = await startTestApp({ database })
    })
    beforeEach(async () => {
      if (begun++ % TESTS_EACH === 0) fixture = await newFixture(app)
    })
    after(() => app[Symbol.asyncDispose]())

    for (const endpoint of endpoints) {
      const { permission } = endpoint.route
      if (permission === null) continue
      test(`${endpoint.name} is refused without a key that may do it, and nothing is written`, async () => {
        await refusesKeys(fixture, endpoint, permission)
      })
      test(`${endpoint.name} refused to a known key is recorded`, async () => {
        await recordsRefusals(fixture, endpoint, permission)
      })
      if (!endpoint.route.path.includes(':')) continue
      test(`${endpoint.name} does not tell what others have from what nobody has`, async () => {
        await hidesOthers(fixture, endpoint)
      })
      if (!belowProject(endpoint)) continue
      test(`${endpoint.name} is open to those of that project who may do it, and of no other`, async () => {
        await opensToProjectOwner(fixture, endpoint, permission)
      })
    }
  })
}

async function refusesKeys({ app, own, other, keys }: Fixture, endpoint: Endpoint, permission: Asked) {
  const request = await validRequest(endpoint.name, own, app)
  const before = await stored(app, [own])
  const refused: [what: string, key: string | null, Refusal][] = [
    ['no key', null, missing],
    ['a text that is no key', 'garbage', invalid],
    ['an admin key that nobody has', mintKey('admin').value, invalid],
    ['a service account key that nobody has', mintKey('service_account').value, invalid],
    ['a mistyped service account key', mistype(keys.serviceAccount), invalid],
    ['a very long text', 'x'.repeat(5000), invalid],
    ['an expired admin key', keys.expired, { ...invalid, message: /expired/ }],
    ['the admin key of a removed user', keys.removedUser, notAMember],
    ['a service account key', keys.serviceAccount, lacking(adminScopeOf(permission))],
    ["a user's own project key", keys.userInProject, lacking(adminScopeOf(permission))],
    ['an admin key without the scope', keys.without(permission), lacking(adminScopeOf(permission))],
  ]
  if (!readersMay(permission)) {
    refused.push(["a reader's admin key", keys.reader, belowProject(endpoint) ? noProject : lacking(permission)])
  }
  for (const [what, key, refusal] of refused) {
    const reply = await call(app, endpoint, request, { key })
    assertRefused(reply, refusal, what)
    assert.ok(key === null || !reply.text.includes(key), 'a refusal repeats the key')
  }
  for (const authorization of ['Basic eDp5', 'Bearer', 'Bearer ', own.key, `Bearer ${own.key} ${own.key}`]) {
    const reply = await call(app, endpoint, request, { key: null, headers: { authorization } })
    assertRefused(reply, missing, authorization.slice(0, 10))
  }
  const elsewhere = { key: own.key, headers: { 'openai-organization': other.id } }
  assertRefused(await call(app, endpoint, request, elsewhere), { status: 401, code: 'mismatched_organization' })
  if (endpoint.route.method !== 'GET') {
    assertRefused(await call(app, endpoint, request, { key: null, body: '{' }), missing, 'no key, broken body')
  }
  const nowhere = { ...request, params: mapValues(request.params, unknownLike) }
  const lack = { key: keys.without(permission) }
  assert.equal((await call(app, endpoint, nowhere, lack)).text, (await call(app, endpoint, request, lack)).text)
  if (!readersMay(permission) && belowProject(endpoint)) {
    const [there, unknown] = [request.params.project_id ?? '', nowhere.params.project_id ?? '']
    const reader = { key: keys.reader }
    const asked = [await call(app, endpoint, request, reader), await call(app, endpoint, nowhere, reader)] as const
    await same([asked[0], there], [asked[1], unknown], 'project_id')
  }
  assert.equal(await stored(app, [own]), before)
}

/** A known key that is refused leaves an event, once a minute for each operation; a stranger leaves none. */
async function recordsRefusals({ app, own, keys }: Fixture, endpoint: Endpoint, permission: Asked) {
  const refusals = app.db.selectFrom('audit_log').where('type', 'in', ['login.failed', 'logout.failed'])
  const request = await validRequest(endpoint.name, own, app)
  const { expired, removedUser, serviceAccount, userInProject, reader } = keys
  const known = [expired, removedUser, serviceAccount, userInProject, keys.without(permission)]
  if (!readersMay(permission)) known.push(reader)
  const strange = ['garbage', mintKey('admin').value, null]
  const leftBy = async (shown: (string | null)[]) => {
    const { last } = await refusals.select(({ fn }) => fn.max('id').as('last')).executeTakeFirstOrThrow()
    for (const key of shown) await call(app, endpoint, request, { key })
    return refusals
      .where('id', '>', last ?? '')
      .selectAll()
      .execute()
  }
  assert.deepEqual(await leftBy(strange), [])
  const inNewMinute = () => {
    app.advance(60)
    return leftBy([...known, ...known])
  }
  const first = await inNewMinute()
  // The minute may have ended in between, though not twice in a row.
  const left = first.length > known.length ? await inNewMinute() : first
  assert.equal(left.length, known.length)
  assert.equal(new Set(left.map((event) => event.resource_id)).size, known.length)
  assert.deepEqual([...new Set(left.map((event) => event.organization_id))], [own.id])
}

async function hidesOthers({ app, own, other }: Fixture, endpoint: Endpoint) {
  const mine = await validRequest(endpoint.name, own, app)
  const neighbour = await validRequest(endpoint.name, own, app)
  const foreign = await validRequest(endpoint.name, other, app)
  const before = await stored(app, [own, other])
  const answer = (params: ValidRequest['params']) => call(app, endpoint, { ...mine, params }, { key: own.key })
  for (const name of Object.keys(mine.params)) {
    const swap = (id: string) => answer({ ...mine.params, [name]: id })
    const id = foreign.params[name] ?? ''
    // What is named after a model has the same id everywhere.
    if (id === mine.params[name]) continue
    const unknown = unknownLike(id)
    await same([await swap(id), id], [await swap(unknown), unknown], name)
    // A child of another project of the same organization is unknown below this one, too.
    const sibling = neighbour.params[name] ?? ''
    if (name !== 'project_id' && 'project_id' in mine.params) {
      await same([await swap(sibling), sibling], [await swap(unknown), unknown], name)
    }
  }
  const [theirs, nobodys] = [foreign.params, mapValues(foreign.params, unknownLike)]
  const first = Object.keys(theirs)[0] ?? ''
  await same([await answer(theirs), theirs[first] ?? ''], [await answer(nobodys), nobodys[first] ?? ''], first)
  assert.equal(await stored(app, [own, other]), before)
}

/** Two refusals that differ in the id they repeat and in nothing else. */
async function same([a, idA]: [Reply, string], [b, idB]: [Reply, string], param: string) {
  assertRefused(a, { status: 404, code: 'not_found', param })
  assert.equal(a.status, b.status)
  assert.equal(a.text.replaceAll(idA, 'ID'), b.text.replaceAll(idB, 'ID'))
  assert.deepEqual(steadyHeaders(a), steadyHeaders(b))
}

const steadyHeaders = ({ headers }: Reply) =>
  [...headers].filter(([name]) => !['date', 'x-request-id', 'openai-processing-ms'].includes(name))

async function opensToProjectOwner({ app, own }: Fixture, endpoint: Endpoint, permission: Asked) {
  const [request, elsewhere] = [
    await validRequest(endpoint.name, own, app),
    await validRequest(endpoint.name, own, app),
  ]
  const { id } = await newUser(app, own)
  const key = await newAdminKey(app, own, id)
  const at = { project_id: request.params.project_id ?? '' }
  await own.admin.projects.users.create(at.project_id, { user_id: id, role: 'member' })
  const answered = async () => {
    const reply = await call(app, endpoint, request, { key })
    assert.equal(reply.status, 200, reply.text)
  }
  const membersMay = heldBy('role-api-project-member', permission)
  if (membersMay) await answered()
  else assertRefused(await call(app, endpoint, request, { key }), lacking(permission), 'a member')
  await own.admin.projects.users.update(id, { ...at, role: 'owner' })
  if (!readersMay(permission)) {
    assertRefused(await call(app, endpoint, elsewhere, { key }), noProject, 'another project')
  }
  if (endpoint.route.level === 'organization') {
    assertRefused(await call(app, endpoint, request, { key }), lacking(permission), 'what the organization rules')
  } else if (!membersMay) await answered()
}

/** One character in the middle replaced by another. */
const mistype = (key: string) => key.slice(0, 20) + (key[20] === 'a' ? 'b' : 'a') + key.slice(21)

const mapValues = (params: ValidRequest['params'], change: (value: string) => string) =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, change(value)]))
