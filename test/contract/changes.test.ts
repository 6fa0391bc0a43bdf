import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import type { Row } from '../../src/db/tables.ts'
import { databases } from '../support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../support/harness.ts'
import { call, send, steady, steadyText, stored, targetOf } from './call.ts'
import { newOrganization, type Organization, TESTS_EACH } from './organizations.ts'
import { assertReply, secretsIn } from './replies.ts'
import { eventsBesides, recordedInItsProject, type ValidRequest, validRequest } from './requests.ts'

type Case = { app: TestApp; own: Organization; endpoint: Endpoint; lines: readonly string[] }

for (const database of databases) {
  describe(`${database}: what a request does`, () => {
    const lines: string[] = []
    let app: TestApp
    let own: Organization
    let begun = 0
    before(async () => {
      app = await startTestApp({ database, log: (line) => void lines.push(line) })
    })
    beforeEach(async () => {
      if (begun++ % TESTS_EACH === 0) own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    for (const endpoint of endpoints) {
      const at = () => ({ app, own, endpoint, lines })
      if (endpoint.route.method === 'GET') {
        test(`${endpoint.name} answers in its declared form and changes nothing`, () => reads(at()))
        continue
      }
      test(`${endpoint.name} answers in its declared form, leaves its audit events and no secret`, () => changes(at()))
      test(`${endpoint.name} asked several times at once is done as often as it is recorded`, () => races(at()))
      if (endpoint.route.body !== undefined) continue
      test(`${endpoint.name} takes no body, however that is said`, () => takesNoBody(at()))
    }
  })
}

/** The key to call with, or none where the operation asks for none. */
const keyOf = ({ own, endpoint }: Case) => (endpoint.route.permission === null ? null : own.key)

async function reads(at: Case) {
  const { app, own, endpoint } = at
  const request = await validRequest(endpoint.name, own, app)
  const before = await stored(app, [own])
  const reply = await call(app, endpoint, request, { key: own.key })
  assertSucceeded(at, reply)
  assert.deepEqual(secretsIn(reply.body), [])
  assert.equal(await stored(app, [own]), before)
  assert.equal(steadyText(await call(app, endpoint, request, { key: own.key })), steadyText(reply))
  if (reply.body.object !== 'list') return
  for (const limit of [1, 2]) {
    const { body } = await send(app, 'GET', targetOf(endpoint, request, { limit: `${limit}` }), { key: own.key })
    assert.equal(steady(body.data), steady(reply.body.data.slice(0, limit)))
    assert.equal(body.has_more, reply.body.data.length > limit)
    if ('next' in body) {
      const last = body.data.at(-1)
      assert.equal(body.next, body.has_more ? (last.id ?? last.group_id) : null)
      continue
    }
    assert.equal(body.first_id, body.data[0]?.id ?? null)
    assert.equal(body.last_id, body.data.at(-1)?.id ?? null)
  }
}

function assertSucceeded({ own, endpoint }: Case, reply: Reply) {
  assert.equal(reply.status, 200, `${endpoint.name}: ${reply.text}`)
  assertReply(endpoint, reply.body)
  assert.equal(reply.headers.get('openai-version'), '2020-10-01')
  assert.match(reply.headers.get('openai-processing-ms') ?? '', /^\d+$/)
  const organization = endpoint.route.permission === null ? null : own.id
  assert.equal(reply.headers.get('openai-organization'), organization)
}

async function changes(at: Case) {
  const { app, own, endpoint, lines } = at
  const request = await validRequest(endpoint.name, own, app)
  const before = await events(at)
  const reply = await call(app, endpoint, request, { key: keyOf(at), headers: { 'user-agent': 'contract test' } })
  assertSucceeded(at, reply)
  const left = (await events(at)).slice(before.length)
  const wanted = endpoint.route.method === 'GET' ? [] : [endpoint.route.audit, ...eventsBesides(endpoint.name)]
  assert.deepEqual(
    left.map(({ type }) => type),
    wanted,
  )
  for (const event of left) assertAttributed(at, request, event, event === left[0])
  const { id, data = [], group_id } = reply.body
  const shown = [id, group_id, ...data.map((item: { id: string }) => item.id)]
  const whole = wanted[0]?.startsWith('organization.') ? [own.id] : []
  const named = [...shown, ...Object.values(request.params), request.body?.role_id, ...whole]
  if (endpoint.route.permission !== null) assert.ok(named.includes(left[0]?.resource_id), 'an event of something else')

  // What is shown once, or was sent as a secret, is kept nowhere and logged nowhere.
  for (const secret of [own.key, ...secretsIn(reply.body), ...secretsIn(request.body)]) {
    assert.ok(!(await stored(app, [own])).includes(secret), `${endpoint.name} keeps a secret`)
    assert.deepEqual(
      lines.filter((line) => line.includes(secret)),
      [],
    )
  }
  assert.ok(lines.some((line) => line.includes(`"operation":"${endpoint.name}"`)))
}

const events = ({ app, own }: Case) =>
  app.db
    .selectFrom('audit_log')
    .selectAll()
    .where('organization_id', '=', own.id)
    .where('type', '!=', 'login.failed')
    .orderBy('id')
    .execute()

function assertAttributed({ own, endpoint }: Case, { params }: ValidRequest, event: Row<'audit_log'>, first: boolean) {
  assert.equal(JSON.parse(event.payload).id, event.resource_id)
  assert.deepEqual([event.ip_address, event.user_agent], ['127.0.0.1', 'contract test'])
  const actor = JSON.parse(event.actor ?? 'null')
  if (endpoint.route.permission === null) {
    assert.equal(actor.type, 'session')
    assert.equal(actor.session.user.id, event.actor_id)
    return
  }
  const user = { id: own.ownerId, email: own.ownerEmail }
  assert.deepEqual(actor, { type: 'api_key', api_key: { id: own.keyId, type: 'user', user } })
  assert.deepEqual([event.actor_id, event.actor_email_key], [user.id, user.email])
  if (!first) return
  if (recordedInItsProject.has(endpoint.name)) assert.notEqual(event.project_id, own.defaultProjectId)
  else assert.equal(event.project_id, params.project_id ?? own.defaultProjectId)
}

/** As many successes as events; and only one of each where a second request finds nothing left to do. */
async function races(at: Case) {
  const { app, own, endpoint } = at
  const type = endpoint.route.method === 'GET' ? '' : endpoint.route.audit
  const one = (request: ValidRequest) => call(app, endpoint, request, { key: keyOf(at) })
  const first = await validRequest(endpoint.name, own, app)
  assert.equal((await one(first)).status, 200)
  const once = (await one(first)).status !== 200

  const request = await validRequest(endpoint.name, own, app)
  const before = await events(at)
  // Of what somebody shows who is not signed in yet, four are looked at at once.
  const length = endpoint.route.permission === null ? 4 : 6
  const replies = await Promise.all(Array.from({ length }, () => one(request)))
  const done = replies.filter(({ status }) => status === 200).length
  const recorded = (await events(at)).slice(before.length).filter((event) => event.type === type)
  assert.equal(recorded.length, done)
  if (once) assert.equal(done, 1, replies.map(({ status }) => status).join(' '))
  else assert.equal(done, replies.length, replies.map(({ text }) => text).join('\n'))
}

/** An official client names a content type for nothing, another sends the JSON value null. */
async function takesNoBody(at: Case) {
  const { app, own, endpoint } = at
  const ways = [
    { body: '' },
    { body: 'null' },
    { body: '{}' },
    { body: '', headers: { 'content-type': 'text/plain' } },
    { headers: { 'content-type': 'application/json' } },
  ]
  for (const way of ways) {
    const request = await validRequest(endpoint.name, own, app)
    const reply = await call(app, endpoint, request, { key: keyOf(at), ...way })
    assert.equal(reply.status, 200, `${JSON.stringify(way)}: ${reply.text}`)
  }
}
