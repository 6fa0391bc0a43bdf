import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idSource } from '../../../src/core/id.ts'
import { emitWebhook } from '../../../src/db/webhook-deliveries.ts'
import { databases } from '../../support/databases.ts'
import type { TestApp } from '../../support/harness.ts'
import { until } from '../../support/until.ts'
import { makeKey, startEcho } from '../gate.ts'
import { startReceiver } from './receiver.ts'

const env = { GATEHOUSE_WEBHOOK_NETWORKS: '127.0.0.0/8' }
const DAY = 86_400

/** Has something happen in a project, as whoever does it writes it. */
export async function happens(app: TestApp, projectId: string, type: string, id: string) {
  const of = app.db.selectFrom('project').select('organization_id').where('id', '=', projectId)
  const { organization_id: organizationId } = await of.executeTakeFirstOrThrow()
  const at = app.now() * 1000
  return emitWebhook(
    app.db,
    idSource(() => at),
    { organizationId, projectId },
    { type, data: { id }, at },
  )
}

const hook = (url: string, event_types = ['batch.completed' as const]) => ({ name: 'mine', url, event_types })

for (const database of databases) {
  test(`${database}: what happens is told to those endpoints of its project that want to hear of it, each once, and the official client believes it`, async () => {
    await using receiver = await startReceiver()
    await using it = await startEcho({ database, env })
    const { webhooks } = it.client
    const first = await webhooks.create(hook(`${receiver.url}/1`))
    const second = await webhooks.create(hook(`${receiver.named}/2`))
    await webhooks.create({ ...hook(`${receiver.url}/3`), event_types: ['batch.failed'] })
    const other = await makeKey(it.app)
    await it.app.client(other.key).webhooks.create(hook(`${receiver.url}/4`))
    assert.deepEqual(await happens(it.app, it.projectId, 'batch.completed', 'batch_1'), { told: 2, left: 0 })
    assert.deepEqual(await happens(it.app, it.projectId, 'batch.expired', 'batch_1'), { told: 0, left: 0 })
    await receiver.received(2)
    const events = []
    for (const { path, headers, body } of receiver.delivered) {
      const { signing_secret } = path === '/1' ? first : second
      events.push(await webhooks.unwrap(body, headers as Record<string, string>, signing_secret))
    }
    const [event] = events
    assert.deepEqual(events, [event, event])
    assert.deepEqual(event, {
      ...{ object: 'event', id: event?.id, created_at: event?.created_at },
      ...{ type: 'batch.completed', data: { id: 'batch_1' } },
    })
    assert.deepEqual(receiver.delivered.map(({ path }) => path).sort(), ['/1', '/2'])
    const ids = receiver.delivered.map(({ headers }) => headers['webhook-id'])
    assert.equal(new Set(ids).size, 2)
    await until(async () => (await left(it.app)).length === 0, 'what has arrived is gone')
    assert.equal(await it.app.metric('gatehouse_webhooks_total{outcome="delivered"}'), 2)
  })

  test(`${database}: what does not arrive is tried again with growing pauses under the same id, and given up after three days, where it can be seen`, async () => {
    await using receiver = await startReceiver()
    await using it = await startEcho({ database, env })
    const { id } = await it.client.webhooks.create(hook(`${receiver.url}/x`))
    receiver.answer('/x', 500)
    await happens(it.app, it.projectId, 'batch.completed', 'batch_1')
    const begun = it.app.now()
    const waits: number[] = []
    for (let attempts = 1; ; attempts++) {
      await until(async () => (await deliveries(it, id))[0]?.attempts === attempts, `attempt ${attempts}`)
      const [one] = await deliveries(it, id)
      assert.ok(one)
      assert.deepEqual([one.status_code, one.error, one.event_type], [500, 'the status 500', 'batch.completed'])
      if (one.status === 'failed') break
      const wait = one.next_attempt_at - it.app.now()
      waits.push(wait)
      it.app.advance(wait + 1)
    }
    assert.ok(waits.length > 10 && waits.length < 20, waits.join(' '))
    for (const [i, wait] of waits.slice(1, 6).entries()) assert.ok(wait > (waits[i] ?? 0) * 2, waits.join(' '))
    assert.ok(waits.every((wait) => wait <= 9 * 3600))
    const lasted = it.app.now() - begun
    assert.ok(lasted > 2.5 * DAY && lasted < 3.1 * DAY, `${lasted}`)
    const [one] = await deliveries(it, id)
    assert.deepEqual([one?.status, one?.next_attempt_at, one?.attempts], ['failed', null, waits.length + 1])
    assert.equal(new Set(receiver.delivered.map(({ headers }) => headers['webhook-id'])).size, 1)
    assert.equal(receiver.delivered.length, waits.length + 1)
    // Each attempt is signed anew, so that it is not too old for who looks at its time.
    assert.equal(new Set(receiver.delivered.map(({ headers }) => headers['webhook-timestamp'])).size, waits.length + 1)
    receiver.answer('/x', 200)
    await happens(it.app, it.projectId, 'batch.completed', 'batch_2')
    await receiver.received(waits.length + 2)
    await until(async () => (await left(it.app)).length === 1, 'the other has arrived')
  })
}

test('nowhere is followed where an answer leads, and what ends an attempt is told', async () => {
  await using receiver = await startReceiver()
  await using it = await startEcho({ env })
  const answers = {
    redirect: [302, 'the status 302'],
    gone: [410, 'the status 410'],
    cut: [null, 'the connection was closed before there was an answer'],
  } as const
  receiver.answer('/redirect', (_, response) =>
    response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end(),
  )
  receiver.answer('/gone', 410)
  receiver.answer('/cut', ({ socket }) => socket.destroy())
  const ids: [id: string, expected: readonly [number | null, string]][] = []
  for (const [path, expected] of Object.entries(answers))
    ids.push([(await it.client.webhooks.create(hook(`${receiver.url}/${path}`))).id, expected])
  const unknown = await it.client.webhooks.create(hook('https://nobody.invalid/x'))
  ids.push([unknown.id, [null, 'the name of the host cannot be resolved']])
  await happens(it.app, it.projectId, 'batch.completed', 'batch_1')
  for (const [id, expected] of ids) {
    await until(async () => (await deliveries(it, id))[0]?.attempts === 1, 'an attempt')
    const [one] = await deliveries(it, id)
    assert.deepEqual([one?.status_code, one?.error], expected)
  }
  assert.ok(receiver.delivered.every(({ path }) => path !== '/elsewhere'))
})

test('whoever does not answer holds up no other endpoint of its project, and no other project', async () => {
  await using receiver = await startReceiver()
  await using it = await startEcho({ env })
  const held: (() => void)[] = []
  receiver.answer('/slow', (_, response) => held.push(() => response.end()))
  await it.client.webhooks.create(hook(`${receiver.url}/slow`))
  for (let i = 0; i < 40; i++) await happens(it.app, it.projectId, 'batch.completed', `batch_${i}`)
  await receiver.received(4, '/slow')
  await it.client.webhooks.create(hook(`${receiver.url}/quick`))
  const other = await makeKey(it.app)
  await it.app.client(other.key).webhooks.create(hook(`${receiver.url}/other`))
  await happens(it.app, it.projectId, 'batch.completed', 'batch_x')
  await happens(it.app, other.projectId, 'batch.completed', 'batch_y')
  await receiver.received(1, '/quick')
  await receiver.received(1, '/other')
  assert.equal(receiver.delivered.filter(({ path }) => path === '/slow').length, 4)
  receiver.answer('/slow', 200)
  for (const end of held.splice(0)) end()
  await receiver.received(41, '/slow')
  await until(async () => (await left(it.app)).length === 0, 'all have arrived')
  const endpoints = await it.app.db.selectFrom('webhook_endpoint').select(['waiting', 'due_at']).execute()
  assert.deepEqual(
    endpoints.map(({ waiting, due_at }) => [waiting, due_at]),
    [
      [0, null],
      [0, null],
      [0, null],
    ],
  )
})

test('what an endpoint has not taken goes with it, and what was not delivered is its own project’s to see', async () => {
  await using receiver = await startReceiver()
  await using it = await startEcho({ env })
  receiver.answer('/x', 503)
  const { id } = await it.client.webhooks.create(hook(`${receiver.url}/x`))
  for (let i = 0; i < 5; i++) await happens(it.app, it.projectId, 'batch.completed', `batch_${i}`)
  await until(async () => (await deliveries(it, id)).every(({ attempts }) => attempts === 1), 'five attempts')
  const path = `/v1/webhook_endpoints/${id}/deliveries`
  const pages = []
  for (let after = ''; ; ) {
    const { body } = await it.app.send('GET', `${path}?limit=2${after && `&after=${after}`}`, { key: it.key })
    pages.push(body.data.length)
    assert.equal(body.object, 'list')
    assert.ok(!JSON.stringify(body).includes('whsec'))
    if (!body.has_more) break
    after = body.last_id
  }
  assert.deepEqual(pages, [2, 2, 1])
  const { status, body } = await it.app.send('GET', `${path}?after=${id}`, { key: it.key })
  assert.deepEqual([status, body.error.param], [404, 'after'], 'an id of an endpoint')
  const other = await makeKey(it.app)
  assert.equal((await it.app.send('GET', path, { key: other.key })).status, 404)
  await it.client.webhooks.delete(id)
  assert.equal((await it.app.send('GET', path, { key: it.key })).status, 404)
  assert.deepEqual(await left(it.app), [])
})

type Shown = {
  attempts: number
  status: string
  status_code: number | null
  error: string | null
  event_type: string
  next_attempt_at: number
}

async function deliveries(it: { app: TestApp; key: string }, id: string): Promise<Shown[]> {
  return (await it.app.send('GET', `/v1/webhook_endpoints/${id}/deliveries`, { key: it.key })).body.data
}

const left = (app: TestApp) => app.db.selectFrom('webhook_delivery').select('id').execute()
