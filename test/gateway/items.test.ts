import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { makeKey, openCall, replyTo, startGate, type TestGate } from './gate.ts'
import { EVENTS, event, type FakeUpstream, json, startUpstream, until } from './upstream.ts'

const RESPONSES = '/v1/responses'
let made = 0

/** A response with a thought, a message and a call, each with an id that nothing had before. */
function newResponse() {
  const n = String(made++).padStart(12, '0')
  const [id, thought, message, call] = ['resp', 'rs', 'msg', 'fc'].map((kind) => `${kind}_${n}`)
  const output = [
    { id: thought, type: 'reasoning', summary: [] },
    {
      id: message,
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'hi', annotations: [] }],
    },
    { id: call, type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
  ]
  const response = { id: id ?? '', object: 'response', output, usage: { input_tokens: 1, output_tokens: 1 } }
  return { response, items: output.map(({ id = '' }) => id) }
}

const create = (app: TestApp, key: string, body: object = {}) =>
  app.send('POST', RESPONSES, { key, body: { model: 'm1', input: 'x', ...body } })

const again = (app: TestApp, key: string, ids: readonly string[], more: object = {}) =>
  create(app, key, {
    input: [{ role: 'user', content: 'x' }, ...ids.map((id) => ({ type: 'item_reference', id }))],
    ...more,
  })

async function isTheirs({ app, upstream }: Pick<TestGate, 'app' | 'upstream'>, key: string, ids: readonly string[]) {
  upstream.answer(json({ object: 'response' }))
  for (const path of [RESPONSES, `${RESPONSES}/compact`, `${RESPONSES}/input_tokens`]) {
    const input = ids.map((id) => ({ type: 'item_reference', id }))
    const reply = await app.send('POST', path, { key, body: { model: 'm1', input } })
    assert.equal(reply.status, 200, reply.text)
    assert.deepEqual(JSON.parse(upstream.calls.at(-1)?.body.toString() ?? '').input, input)
  }
}

/** That these are refused like what never was, each by itself and among the project's own; no model server is asked. */
async function isNobodys(
  { app, upstream }: Pick<TestGate, 'app' | 'upstream'>,
  key: string,
  ids: readonly string[],
  own: readonly string[] = [],
) {
  const before = upstream.calls.length
  for (const id of ids) {
    const never = id.replace(/.{4}$/, 'zzzz')
    for (const named of [[id], [...own, id], [id, ...own]]) {
      const [reply, unknown] = [
        await again(app, key, named),
        await again(app, key, named.with(named.indexOf(id), never)),
      ]
      assert.equal(reply.status, 404, reply.text)
      assert.deepEqual([unknown.status, unknown.text], [404, reply.text.replaceAll(id, never)])
      const { message, type, code } = reply.body.error
      assert.deepEqual([type, code], ['invalid_request_error', null])
      assert.ok(message.startsWith(`Item with id '${id}' not found. `))
    }
  }
  assert.equal(upstream.calls.length, before, 'a model server was asked')
}

const asEvents = (events: readonly object[]) => events.map((one) => event(one)).join('')

/** How a model server can show the items of a response that it makes. */
const ways: Record<string, (upstream: FakeUpstream, response: ReturnType<typeof newResponse>['response']) => object> = {
  'a whole reply': (upstream, response) => {
    upstream.answer(json(response))
    return {}
  },
  'a reply that names itself last': (upstream, { id, output, ...rest }) => {
    upstream.answer(json({ output, ...rest, id }))
    return {}
  },
  'a stream, item by item': (upstream, { output, ...response }) => {
    const begun = { type: 'response.created', response: { ...response, output: [] } }
    const items = output.map((item) => ({ type: 'response.output_item.done', item }))
    upstream.answer(streams(asEvents([begun, ...items, { type: 'response.completed', response }])))
    return { stream: true }
  },
  'a stream that shows all at its end': (upstream, response) => {
    upstream.answer(streams(asEvents([{ type: 'response.completed', response }])))
    return { stream: true }
  },
  'a stream that breaks off': (upstream, { output }) => {
    const items = output.map((item) => ({ type: 'response.output_item.added', item }))
    upstream.answer(streams(asEvents(items), false))
    return { stream: true }
  },
}

function streams(text: string, isWhole = true): Parameters<FakeUpstream['answer']>[0] {
  return async ({ whole, response }) => {
    await whole
    response.writeHead(200, EVENTS).write(text, () => (isWhole ? response.end() : response.destroy()))
  }
}

/** Makes a response, whose reply may be cut. */
async function bring(gate: TestGate, body: object, key = gate.key): Promise<void> {
  const call = openCall({ app: gate.app, key }, RESPONSES)
  call.end(JSON.stringify({ model: 'm1', input: 'x', ...body }))
  const { ended } = await replyTo(call)
  await ended
}

for (const database of databases) {
  test(`${database}: the items of a project's own responses are the project's, however they were shown, and of no other`, async () => {
    await using gate = await startGate({ database })
    const stranger = await makeKey(gate.app)
    const all: string[] = []
    for (const [way, answer] of Object.entries(ways)) {
      const { response, items } = newResponse()
      await bring(gate, answer(gate.upstream, response))
      await isTheirs(gate, gate.key, items)
      await isNobodys(gate, stranger.key, items)
      all.push(...items)
      assert.equal(all.length % 3, 0, way)
    }
    const rows = async () =>
      (await gate.app.db.selectFrom('owned').select('id').where('kind', '=', 'item').execute()).length
    await until(async () => (await rows()) === all.length, 'the rows')
    await isTheirs(gate, gate.key, all)
    await isTheirs(gate, (await makeKey(gate.app, gate.projectId)).key, all)
    await isNobodys(gate, stranger.key, all.slice(0, 3))
    const own = newResponse()
    await bring(gate, ways['a whole reply']?.(gate.upstream, own.response) ?? {}, stranger.key)
    await isNobodys(gate, stranger.key, all.slice(0, 2), own.items)
    // Of what is to be stored nowhere nobody owns anything.
    const unkept = newResponse()
    gate.upstream.answer(json(unkept.response))
    assert.equal((await create(gate.app, gate.key, { store: false })).status, 200)
    await isNobodys(gate, gate.key, unkept.items)
  })

  test(`${database}: who shows a claimed id a second time gets nothing of the first`, async () => {
    await using gate = await startGate({ database })
    const { app, upstream, key } = gate
    const stranger = await makeKey(app)
    const { response, items } = newResponse()
    upstream.answer(json(response))
    await create(app, key)
    const theirs = newResponse().response
    upstream.answer(json({ ...theirs, output: response.output }))
    await create(app, stranger.key)
    for (const [path, body] of [
      ['', { ...theirs, output: response.output }],
      ['/input_items', { object: 'list', data: response.output }],
    ] as const) {
      upstream.answer(json(body))
      assert.equal((await app.send('GET', `${RESPONSES}/${theirs.id}${path}`, { key: stranger.key })).status, 200)
    }
    await isNobodys(gate, stranger.key, items)
    await isTheirs(gate, key, items)
    const rows = () => app.db.selectFrom('owned').select('id').where('id', 'in', items).execute()
    await until(async () => (await rows()).length === items.length, 'the rows')
    await isNobodys(gate, stranger.key, items)
    await isTheirs(gate, key, items)
  })

  test(`${database}: a response that is shown again, and its input, show items that are the project's`, async () => {
    await using gate = await startGate({ database })
    const { app, upstream, key } = gate
    const stranger = await makeKey(app)
    const { response } = newResponse()
    upstream.answer(json({ ...response, output: [] }))
    await create(app, key)
    const path = `${RESPONSES}/${response.id}`
    const data = [{ type: 'message', role: 'user', id: 'msg_input', content: [] }]
    for (const [method, where, answer, ids] of [
      ['GET', '/input_items?limit=100', json({ object: 'list', data }), ['msg_input']],
      ['GET', '', json({ output: [{ id: 'msg_shown' }] }), ['msg_shown']],
      ['GET', '?stream=true', streams(asEvents([{ type: 'x', item: { id: 'msg_streamed' } }])), ['msg_streamed']],
      ['POST', '/cancel', json({ output: [{ id: 'msg_cancelled' }] }), ['msg_cancelled']],
    ] as const) {
      upstream.answer(answer)
      assert.equal((await app.send(method, path + where, { key })).status, 200)
      await isTheirs(gate, key, ids)
      await isNobodys(gate, stranger.key, ids)
    }
    // With the response all of them end, in memory and in the database.
    const all = ['msg_input', 'msg_shown', 'msg_streamed', 'msg_cancelled']
    const own = newResponse()
    upstream.answer(json(own.response))
    await create(app, key)
    upstream.answer(({ response }) => void response.writeHead(404).end('{}'))
    assert.equal((await app.send('DELETE', path, { key })).status, 404)
    await isTheirs(gate, key, all)
    upstream.answer(json({ id: response.id, deleted: true }))
    assert.equal((await app.send('DELETE', path, { key })).status, 200)
    await isNobodys(gate, key, all, own.items)
    const left = () =>
      app.db
        .selectFrom('owned')
        .select('id')
        .where('expires_at', '>', Math.ceil(Date.now() / 1000))
        .execute()
    await until(async () => (await left()).length === 4, 'the end of the rows')
    await isNobodys(gate, key, all, own.items)
    await isTheirs(gate, key, own.items)
    assert.equal((await app.send('GET', path, { key })).status, 404)
  })

  test(`${database}: after a restart, items are whose they were`, async () => {
    await using own = await openTestDatabase(database)
    await using upstream = await startUpstream()
    const env = { GATEHOUSE_UPSTREAM_URL: `${upstream.origin}/v1` }
    const server = await startTestApp({ databaseUrl: own.url, env })
    const [owner, stranger] = [await makeKey(server), await makeKey(server)]
    const { response, items } = newResponse()
    upstream.answer(json(response))
    await create(server, owner.key)
    await server[Symbol.asyncDispose]()
    await using app = await startTestApp({ databaseUrl: own.url, env })
    await isNobodys({ app, upstream }, stranger.key, items)
    await isTheirs({ app, upstream }, owner.key, items)
  })
}

test('a thought that brings nothing but its id is refused where it belongs to another project, and passes where nobody keeps it', async () => {
  await using gate = await startGate()
  const { app, upstream, key } = gate
  const stranger = await makeKey(app)
  const { response, items } = newResponse()
  upstream.answer(json(response))
  await create(app, key)
  const send = (who: string, id: string | undefined) =>
    create(app, who, { store: false, input: ['x', { type: 'reasoning', id, summary: [] }] })
  upstream.answer(json({ object: 'response' }))
  for (const [who, id, status] of [
    [key, items[0], 200],
    [stranger.key, items[0], 404],
    [stranger.key, 'rs_of_nobody', 200],
  ] as const) {
    assert.equal((await send(who, id)).status, status)
  }
})

test('one reply brings a thousand items to its project, and no more', async () => {
  await using gate = await startGate()
  const output = Array.from({ length: 1010 }, (_, i) => ({ type: 'message', id: `msg_${i}` }))
  gate.upstream.answer(json({ id: 'resp_1', output }))
  await create(gate.app, gate.key)
  await isTheirs(gate, gate.key, ['msg_0', 'msg_999'])
  await isNobodys(gate, gate.key, ['msg_1000', 'msg_1009'])
})
