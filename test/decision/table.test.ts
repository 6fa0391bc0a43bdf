import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import { adminScopeOf } from '../../src/core/permission.ts'
import { targetOf } from '../contract/call.ts'
import { operationsWithRequest, requestOf, type ValidRequest } from '../operations/index.ts'
import { clientOf } from '../support/client.ts'
import { databases } from '../support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../support/harness.ts'
import { decisionPeople, type People, type Place, type Principal, principals } from './people.ts'
import { decisions, type Mark } from './table.ts'

const names = endpoints.map(({ name }) => name)

test('every operation stands in the decision table once, and has a request', () => {
  const decided = decisions.map(({ endpoint }) => endpoint)
  assert.deepEqual(decided.toSorted(), names.toSorted())
  assert.deepEqual(operationsWithRequest.toSorted(), names.toSorted())
})

for (const database of databases) {
  describe(`${database}: who may do what`, () => {
    let app: TestApp
    let people: People
    before(async () => {
      app = await startTestApp({ database })
      people = await decisionPeople(app)
    })
    after(() => app[Symbol.asyncDispose]())

    for (const { endpoint: name, marks } of decisions) {
      const endpoint = endpoints.find((one) => one.name === name)
      if (!endpoint) continue
      test(name, async () => {
        const ask = await requestAt(app, people.home, people.keys.O, name)
        const before = await changes(app)
        const refused = [...marks].filter(([, mark]) => mark !== '+')
        await Promise.all(
          refused.map(([principal, mark]) => isRefused(app, people, endpoint, { principal, mark, ask })),
        )
        assert.equal(await changes(app), before, `${name} was refused and changed something`)
        for (const [principal, mark] of marks) if (mark === '+') await isDone(app, people, endpoint, { principal, ask })
      })
    }
  })
}

/** An id of the right form that names no project. */
const NO_PROJECT = 'proj_000000000000000000000000'

async function isRefused(
  app: TestApp,
  people: People,
  endpoint: Endpoint,
  { principal, mark, ask }: { principal: Principal; mark: Mark; ask: ValidRequest },
) {
  const what = `${endpoint.name} by ${principals[principal]}`
  const reply = await call(app, people, endpoint, principal, ask)
  const { status, code, param, message } = expected(endpoint, mark, ask)
  const { error } = reply.body
  assert.equal(reply.status, status, `${what}: ${reply.text}`)
  assert.deepEqual([error.code, error.param, error.type], [code, param, 'invalid_request_error'], what)
  assert.match(error.message, message, what)
  if (mark !== 'x') return
  const missing = { ...ask, params: { ...ask.params, project_id: NO_PROJECT } }
  const told = (await call(app, people, endpoint, principal, missing)).text.replace(NO_PROJECT, idOf(ask))
  assert.equal(reply.text, told, `${what} is told that the project exists`)
}

async function isDone(
  app: TestApp,
  people: People,
  endpoint: Endpoint,
  { principal, ask }: { principal: Principal; ask: ValidRequest },
) {
  const { route, name } = endpoint
  // A change may use up what it needs, so each has its own; where no id names a thing, it is of the caller's organization.
  const own = principal === 'OO' && !route.path.includes(':') ? people.away : people.home
  const fresh = route.method !== 'GET' || own === people.away
  const key = own === people.away ? people.keys.OO : people.keys.O
  const request = fresh ? await requestAt(app, own, key, name) : ask
  const reply = await call(app, people, endpoint, principal, request)
  assert.equal(reply.status, 200, `${name} by ${principals[principal]}: ${reply.text}`)
}

const idOf = (ask: ValidRequest) => ask.params.project_id ?? ''

function expected({ route }: Endpoint, mark: Mark, ask: ValidRequest) {
  const permission = route.permission ?? 'api.management.read'
  const lacks = (what: string) => ({
    status: 401,
    code: null,
    param: null,
    message: new RegExp(`^You have insufficient permissions .* Missing scopes: ${what.replaceAll('.', '\\.')}\\. `),
  })
  if (mark === '-') return lacks(permission)
  if (mark === 's') return lacks(adminScopeOf(permission))
  const [param = '', id = ''] = Object.entries(ask.params)[0] ?? []
  const thing = mark === 'x' ? 'project' : '[A-Za-z ]+'
  return {
    status: 404,
    code: 'not_found',
    param,
    message: new RegExp(`^No such ${thing}: '${id}'\\. It was not found\\.$`),
  }
}

function call(
  app: TestApp,
  people: People,
  endpoint: Endpoint,
  principal: Principal,
  ask: ValidRequest,
): Promise<Reply> {
  const options = { key: people.keys[principal], ...(ask.body && { body: ask.body }) }
  return app.send(endpoint.route.method, targetOf(endpoint, ask), options)
}

/** A request that succeeds, below the project that the people are in unless it would use that up. */
function requestAt(app: TestApp, place: Place, ownersKey: string, operation: string): Promise<ValidRequest> {
  const project = async () => place.project
  return requestOf(operation, { ...place, app, call: clientOf(app, ownersKey), project })
}

/** How many changes the audit log has recorded; refusals are recorded too, but are none. */
async function changes(app: TestApp): Promise<number> {
  const { rows } = await app.db
    .selectFrom('audit_log')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('type', 'not in', ['login.failed', 'logout.failed'])
    .executeTakeFirstOrThrow()
  return Number(rows)
}
