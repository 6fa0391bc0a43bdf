import assert from 'node:assert/strict'
import type { Endpoint } from '../../src/admin/index.ts'
import { adminScopeOf } from '../../src/core/permission.ts'
import { targetOf } from '../contract/call.ts'
import { requestOf, type ValidRequest } from '../operations/index.ts'
import { clientOf } from '../support/client.ts'
import type { Reply, SendOptions, TestApp } from '../support/harness.ts'
import { type People, type Place, type Principal, principals } from './people.ts'
import type { Mark } from './table.ts'

/** How somebody shows who they are. */
export type Shows = (principal: Principal) => Pick<SendOptions, 'key' | 'headers'>

/** What an operation answers everybody, as their marks say; whoever is refused changes nothing. */
export async function isDecided(
  app: TestApp,
  people: People,
  endpoint: Endpoint,
  marks: ReadonlyMap<Principal, Mark>,
  shows: Shows,
) {
  const ask = await requestAt(app, people.home, people.keys.O, endpoint.name)
  const before = await changes(app)
  const refused = [...marks].filter(([, mark]) => mark !== '+')
  const at = { app, people, endpoint, shows }
  await Promise.all(refused.map(([principal, mark]) => isRefused(at, { principal, mark, ask })))
  assert.equal(await changes(app), before, `${endpoint.name} was refused and changed something`)
  for (const [principal, mark] of marks) if (mark === '+') await isDone(at, { principal, ask })
}

type At = { app: TestApp; people: People; endpoint: Endpoint; shows: Shows }

/** An id of the right form that names no project. */
const NO_PROJECT = 'proj_000000000000000000000000'

async function isRefused(at: At, { principal, mark, ask }: { principal: Principal; mark: Mark; ask: ValidRequest }) {
  const { endpoint } = at
  const what = `${endpoint.name} by ${principals[principal]}`
  const reply = await call(at, principal, ask)
  const { status, code, param, message } = expected(endpoint, mark, ask)
  const { error } = reply.body
  assert.equal(reply.status, status, `${what}: ${reply.text}`)
  assert.deepEqual([error.code, error.param, error.type], [code, param, 'invalid_request_error'], what)
  assert.match(error.message, message, what)
  if (mark !== 'x') return
  const missing = { ...ask, params: { ...ask.params, project_id: NO_PROJECT } }
  const told = (await call(at, principal, missing)).text.replace(NO_PROJECT, idOf(ask))
  assert.equal(reply.text, told, `${what} is told that the project exists`)
}

async function isDone(at: At, { principal, ask }: { principal: Principal; ask: ValidRequest }) {
  const { app, people, endpoint } = at
  const { route, name } = endpoint
  // A change may use up what it needs, so each has its own; where no id names a thing, it is of the caller's organization.
  const own = principal === 'OO' && !route.path.includes(':') ? people.away : people.home
  const fresh = route.method !== 'GET' || own === people.away
  const key = own === people.away ? people.keys.OO : people.keys.O
  const request = fresh ? await requestAt(app, own, key, name) : ask
  const reply = await call(at, principal, request)
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

function call({ app, endpoint, shows }: At, principal: Principal, ask: ValidRequest): Promise<Reply> {
  const options = { ...shows(principal), ...(ask.body && { body: ask.body }) }
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
