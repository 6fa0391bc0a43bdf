import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { Recorder } from '../support/recorder.ts'
import { makeKey } from './gate.ts'
import { startUpstream, until } from './upstream.ts'

const RESPONSES = '/v1/responses'
const newId = () => `resp_${randomBytes(16).toString('hex')}`

/** Two servers on one PostgreSQL, with a model server that keeps responses, and keys of two projects. */
async function startTwo() {
  await using stack = new AsyncDisposableStack()
  const { url: databaseUrl } = stack.use(await openTestDatabase('postgres'))
  const upstream = stack.use(await startUpstream())
  upstream.answer(async (call) => {
    await call.whole
    const { method, url = '' } = call.request
    const id = method === 'POST' ? newId() : url.split('/').at(-1)
    call.response.writeHead(200, { 'content-type': 'application/json' })
    call.response.end(JSON.stringify({ id, object: 'response', output: [] }))
  })
  const env = { GATEHOUSE_UPSTREAM_URL: `${upstream.origin}/v1` }
  const here = stack.use(await startTestApp({ databaseUrl, env }))
  const recorder = new Recorder('postgres')
  const there = stack.use(await startTestApp({ databaseUrl, env, plugins: [recorder] }))
  const own = await makeKey(here)
  const { key } = own
  const colleague = (await makeKey(here, own.projectId)).key
  const stranger = (await makeKey(here)).key
  const create = async (more: object = {}): Promise<string> => {
    const { status, body, text } = await here.send('POST', RESPONSES, {
      key,
      body: { model: 'm1', input: 'x', ...more },
    })
    assert.equal(status, 200, text)
    return body.id
  }
  const rest = stack.move()
  /** How often the other server has looked whose something is: a statement of this alone, whatever else it writes by itself. */
  const looks = () => recorder.times('select * from "owned"')
  return {
    here,
    there,
    looks,
    upstream,
    own,
    key,
    colleague,
    stranger,
    create,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

const retrieve = (app: TestApp, key: string, id: string) => app.send('GET', `${RESPONSES}/${id}`, { key })

test('a response is found on another node at once, at the gate and at the check door, and no stranger finds it', async () => {
  await using two = await startTwo()
  const { there, key, stranger } = two
  for (let i = 0; i < 25; i++) {
    const id = await two.create()
    const more = { model: 'm1', input: 'x', previous_response_id: id }
    const replies = await Promise.all([
      retrieve(there, key, id),
      there.send('POST', RESPONSES, { key, body: more }),
      there.send('GET', `/check${RESPONSES}/${id}`, { key }),
    ])
    for (const { status, text } of replies) assert.equal(status, 200, `${i}: ${text}`)
  }
  const id = await two.create()
  const [theirs, never] = await Promise.all([id, newId()].map((one) => retrieve(there, stranger, one)))
  assert.equal(theirs?.status, 404)
  assert.match(theirs?.body.error.message, /^Response with id 'resp_\w+' not found\.$/)
  assert.deepEqual(
    [never?.status, never?.text.replaceAll(/resp_\w+/g, '')],
    [404, theirs?.text.replaceAll(/resp_\w+/g, '')],
  )
  assert.equal(
    (await retrieve(there, key, id)).status,
    200,
    'what a stranger waited for in vain is its project’s still',
  )
})

test('who asks for strange ids costs one look each, whatever it waits for', async () => {
  await using two = await startTwo()
  const { there, looks, stranger } = two
  const id = newId()
  assert.equal((await retrieve(there, stranger, id)).status, 404)
  let before = looks()
  for (let i = 0; i < 20; i++) assert.equal((await retrieve(there, stranger, id)).status, 404)
  assert.equal(looks() - before, 20, 'looks for what was waited for in vain')
  before = looks()
  const began = performance.now()
  const replies = await Promise.all(Array.from({ length: 300 }, () => retrieve(there, stranger, newId())))
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([404]))
  // A look each, and ten rounds a second for as long as this machine takes: each is one, for all who wait.
  const rounds = (performance.now() - began) / 99 + 2
  const many = looks() - before
  assert.ok(many >= 300 && many <= 300 + rounds, `${many} looks in ${rounds} rounds`)
})

test('what is another’s costs the same looks as what never was, also where this server remembers whose it is', async () => {
  await using two = await startTwo()
  const { there, looks, key, stranger } = two
  const id = await two.create()
  assert.equal((await retrieve(there, key, id)).status, 200)
  const costs = async (strange: string) => {
    const before = looks()
    assert.equal((await retrieve(there, stranger, strange)).status, 404)
    return looks() - before
  }
  const never = newId()
  // The first look, and ten rounds; and then one each.
  assert.deepEqual([await costs(id), await costs(never)], [11, 11])
  assert.deepEqual([await costs(id), await costs(never)], [1, 1])
})

test('a key that asks for strange ids without end leaves its project’s others their share, and a call that lacks many waits for none', async () => {
  await using two = await startTwo()
  const { there, looks, key, colleague } = two
  const stopped = new AbortController()
  const asks = async () => {
    while (!stopped.signal.aborted) assert.equal((await retrieve(there, colleague, newId())).status, 404)
  }
  const flood = Array.from({ length: 100 }, asks)
  for (let i = 0; i < 5; i++) assert.equal((await retrieve(there, key, await two.create())).status, 200, `${i}`)
  stopped.abort()
  await Promise.all(flood)
  for (const [lacking, ran] of [
    [9, 1],
    [8, 11],
  ] as const) {
    const input = Array.from({ length: lacking }, () => ({ type: 'item_reference', id: `msg_${newId()}` }))
    const before = looks()
    assert.equal((await there.send('POST', RESPONSES, { key, body: { model: 'm1', input } })).status, 404)
    assert.equal(looks() - before, ran, `${lacking} items`)
  }
})

test('a key that is revoked while its call waits for what another node has makes no call', async () => {
  await using two = await startTwo()
  const { here, there, looks, upstream, own, key } = two
  let calls: Promise<number[]> | undefined
  let reached = 0
  await here.db.transaction().execute(async (tx) => {
    // Nothing is written, and then not even read: so the calls wait until this is over.
    await sql`lock table owned in exclusive mode`.execute(tx)
    const previous_response_id = await two.create()
    const before = looks()
    reached = upstream.calls.length
    const asked = [
      retrieve(there, key, previous_response_id),
      there.send('POST', RESPONSES, { key, body: { model: 'm1', input: 'x', previous_response_id } }),
      there.send('GET', `/check${RESPONSES}/${previous_response_id}`, { key }),
    ]
    calls = Promise.all(asked).then((replies) => replies.map(({ status }) => status))
    await until(() => looks() - before >= 4, 'each has looked, and waits')
    await sql`lock table owned in access exclusive mode`.execute(tx)
    await there.admin().organization.projects.apiKeys.delete(own.keyId, { project_id: own.projectId })
  })
  assert.deepEqual(await calls, [401, 401, 401])
  assert.equal(upstream.calls.length, reached)
})
