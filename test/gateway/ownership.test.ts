import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newOrganization } from '../contract/organizations.ts'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { makeKey, openCall, replyTo, startGate } from './gate.ts'
import { EVENTS, event, type FakeUpstream, startUpstream, until } from './upstream.ts'

const RESPONSES = '/v1/responses'
let counter = 0
const newId = () => `resp_${String(counter++).padStart(20, '0')}`

/** A model server as it is: all responses of its account are one heap, and whoever knows an id gets what it is of. */
function keepResponses(upstream: FakeUpstream) {
  upstream.answer(async (call) => {
    await call.whole
    const { method = '', url = '' } = call.request
    const isNew = method === 'POST' && url === RESPONSES
    const { store = true } = isNew ? JSON.parse(call.body.toString()) : {}
    const id = isNew ? newId() : (/resp_\w+/.exec(url)?.[0] ?? '')
    const text = JSON.stringify({ id, object: 'response', store, output: [], secret: 'of its creator' })
    call.response.writeHead(200, { 'content-type': 'application/json' }).end(text)
  })
}

type Request = [method: string, path: string, body?: object]

/** Every way to reach a response by its id. */
const ways = (id: string): Record<string, Request> => ({
  retrieve: ['GET', `${RESPONSES}/${id}`],
  'retrieve as a stream': ['GET', `${RESPONSES}/${id}?stream=true`],
  delete: ['DELETE', `${RESPONSES}/${id}`],
  cancel: ['POST', `${RESPONSES}/${id}/cancel`],
  'list its input': ['GET', `${RESPONSES}/${id}/input_items`],
  'go on from it': ['POST', RESPONSES, { model: 'm1', input: 'x', previous_response_id: id }],
  'go on from it in a stream': ['POST', RESPONSES, { model: 'm1', input: 'x', previous_response_id: id, stream: true }],
  'go on from it without a trace': [
    'POST',
    RESPONSES,
    { model: 'm1', input: 'x', previous_response_id: id, store: false },
  ],
  'compact it': ['POST', `${RESPONSES}/compact`, { model: 'm1', previous_response_id: id }],
  'count it': ['POST', `${RESPONSES}/input_tokens`, { model: 'm1', input: 'x', previous_response_id: id }],
})

const send = (app: TestApp, key: string, [method, path, body]: Request) =>
  app.send(method, path, { key, ...(body && { body }) })

async function create(app: TestApp, key: string, body: object = {}): Promise<string> {
  const reply = await send(app, key, ['POST', RESPONSES, { model: 'm1', input: 'x', ...body }])
  assert.equal(reply.status, 200, reply.text)
  return reply.body.id
}

/** That a response is nobody's for these keys, in the words that one gets which never was; no model server is asked. */
async function isNobodys(app: TestApp, upstream: FakeUpstream, keys: readonly string[], id: string) {
  const never = id.replace(/.{4}$/, 'zzzz')
  const before = upstream.calls.length
  for (const key of keys) {
    for (const [way, request] of Object.entries(ways(id))) {
      const [reply, unknown] = [await send(app, key, request), await send(app, key, ways(never)[way] as Request)]
      assert.equal(reply.status, 404, way)
      assert.deepEqual([reply.status, reply.text.replaceAll(id, never)], [unknown.status, unknown.text], way)
      assert.doesNotMatch(reply.text, /of its creator/)
    }
  }
  assert.equal(upstream.calls.length, before, 'a model server was asked')
}

/** That it is the project's in every way but the one that ends it. */
async function isTheirs(app: TestApp, key: string, id: string) {
  for (const [way, request] of Object.entries(ways(id))) {
    if (way === 'delete') continue
    const reply = await send(app, key, request)
    assert.equal(reply.status, 200, `${way}: ${reply.text}`)
  }
}

for (const database of databases) {
  test(`${database}: a response is reached by its project alone, from the moment its creator has the answer`, async () => {
    await using gate = await startGate({ database })
    const { app, upstream } = gate
    keepResponses(upstream)
    const organization = await newOrganization(app)
    const elsewhere = app.admin(organization.key).organization.projects
    const foreign = await elsewhere.serviceAccounts.create(organization.defaultProjectId, { name: 'bot' })
    const strangers = [(await makeKey(app)).key, foreign.api_key?.value ?? '']
    const id = await create(app, gate.key)
    await isNobodys(app, upstream, strangers, id)
    await isTheirs(app, gate.key, id)
    // Another key of the same project may.
    await isTheirs(app, (await makeKey(app, gate.projectId)).key, id)
    // What goes on from a response belongs to its project too.
    await isNobodys(app, upstream, strangers, await create(app, gate.key, { previous_response_id: id }))
    // When it is written, it is as before.
    await until(async () => (await app.db.selectFrom('owned').select('id').execute()).length >= 2, 'rows')
    await isNobodys(app, upstream, strangers, id)
    await isTheirs(app, gate.key, id)
    // Once it is deleted it is nobody's.
    assert.equal((await send(app, gate.key, ['DELETE', `${RESPONSES}/${id}`])).status, 200)
    await isNobodys(app, upstream, [gate.key, ...strangers], id)
  })

  test(`${database}: a response that is still being streamed is its project's as soon as its id is known`, async () => {
    await using gate = await startGate({ database })
    const { app, upstream } = gate
    const stranger = await makeKey(app)
    const id = newId()
    const finish = Promise.withResolvers<void>()
    upstream.answer(async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS)
      response.write(`event: response.created\n${event({ type: 'response.created', response: { id } })}`)
      await finish.promise
      response.end(`event: response.completed\n${event({ type: 'response.completed', response: { id, usage: null } })}`)
    })
    const call = openCall(gate, RESPONSES)
    call.end(JSON.stringify({ model: 'm1', input: 'x', stream: true }))
    const { chunks, ended } = await replyTo(call)
    await until(() => chunks.length > 0, 'the first event')
    keepResponses(upstream)
    await isNobodys(app, upstream, [stranger.key], id)
    await isTheirs(app, gate.key, id)
    finish.resolve()
    assert.equal(await ended, 'complete')
    await isNobodys(app, upstream, [stranger.key], id)
    await isTheirs(app, gate.key, id)
  })

  test(`${database}: after a restart, responses are whose they were`, async () => {
    await using own = await openTestDatabase(database)
    await using upstream = await startUpstream()
    keepResponses(upstream)
    const env = { GATEHOUSE_UPSTREAM_URL: `${upstream.origin}/v1` }
    const server = await startTestApp({ databaseUrl: own.url, env })
    const [owner, stranger] = [await makeKey(server), await makeKey(server)]
    const ids = [await create(server, owner.key), await create(server, owner.key, { stream: false })]
    // At once, so that it is the shutdown that writes them.
    await server[Symbol.asyncDispose]()
    await using next = await startTestApp({ databaseUrl: own.url, env })
    for (const id of ids) {
      await isNobodys(next, upstream, [stranger.key], id)
      await isTheirs(next, owner.key, id)
    }
  })

  test(`${database}: a response that is not kept is nobody's, and an id that is taken cannot be claimed`, async () => {
    await using gate = await startGate({ database })
    const { app, upstream } = gate
    keepResponses(upstream)
    const stranger = await makeKey(app)
    const unkept = await create(app, gate.key, { store: false })
    await isNobodys(app, upstream, [gate.key, stranger.key], unkept)
    // A model server that gives one id twice gives the second project nothing of the first.
    const id = await create(app, gate.key)
    upstream.answer(async ({ whole, response }) => {
      await whole
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id, object: 'response' }))
    })
    assert.equal(await create(app, stranger.key), id)
    keepResponses(upstream)
    await isNobodys(app, upstream, [stranger.key], id)
    await isTheirs(app, gate.key, id)
    // Nor does a refused request claim what it names.
    const named = newId()
    upstream.answer(async ({ whole, response }) => {
      await whole
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ id: named, error: {} }))
    })
    const refused = await send(app, stranger.key, ['POST', RESPONSES, { model: 'm1', input: 'x' }])
    assert.equal(refused.status, 400)
    keepResponses(upstream)
    await isNobodys(app, upstream, [stranger.key], named)
  })
}

test('an id in another spelling is another id', async () => {
  await using gate = await startGate()
  const { app, upstream } = gate
  keepResponses(upstream)
  const id = await create(app, gate.key)
  const before = upstream.calls.length
  const first = id.charCodeAt(0).toString(16)
  for (const written of [
    id.toUpperCase(),
    `${id}%20`,
    `%${first}${id.slice(1)}`,
    `${id}/`,
    `x/../${id}`,
    `${id}%2Fcancel`,
    `${id};x`,
  ]) {
    const reply = await app.send('GET', `${RESPONSES}/${written}`, { key: gate.key })
    // fetch resolves dots before it sends: then it is the response itself.
    if (!written.includes('..')) assert.equal(reply.status, 404, written)
  }
  assert.ok(upstream.calls.length <= before + 1)
})
