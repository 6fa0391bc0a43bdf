import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { idSource } from '../../../src/core/id.ts'
import { openDb } from '../../../src/db/open.ts'
import type { OpenedDb } from '../../../src/db/tables.ts'
import { deleteFailedWebhooks, emitWebhook } from '../../../src/db/webhook-deliveries.ts'
import { serve } from '../../process/gatehouse.ts'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { ADMIN_KEY, startTestApp } from '../../support/harness.ts'
import { until } from '../../support/until.ts'
import { makeKey } from '../gate.ts'
import { startReceiver } from './receiver.ts'

const networks = { GATEHOUSE_WEBHOOK_NETWORKS: '127.0.0.0/8' }
const event_types = ['batch.completed' as const]

async function happens(db: OpenedDb, projectId: string, count: number) {
  const of = db.selectFrom('project').select('organization_id').where('id', '=', projectId)
  const { organization_id: organizationId } = await of.executeTakeFirstOrThrow()
  const newId = idSource(Date.now)
  for (let i = 0; i < count; i++) {
    const happened = { type: 'batch.completed', data: { id: `batch_${i}` }, at: Date.now() }
    await emitWebhook(db, newId, { organizationId, projectId }, happened)
  }
}

for (const database of databases) {
  test(`${database}: who is killed in the middle of a delivery has it delivered again after a restart, under the same id and with the same body`, async () => {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const receiver = stack.use(await startReceiver())
    const ca = join(folder, 'ca.pem')
    await writeFile(ca, receiver.pem)
    const stored = stack.use(await openTestDatabase(database, true))
    const env = {
      ...networks,
      ...{ NODE_EXTRA_CA_CERTS: ca, GATEHOUSE_DATABASE_URL: stored.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY },
    }
    receiver.answer('/x', () => {})
    {
      await using first = await serve({ env })
      const send = async (path: string, key: string, body: object) => {
        const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
        const reply = await fetch(first.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
        assert.equal(reply.status, 200, await reply.clone().text())
        // biome-ignore lint/suspicious/noExplicitAny: what is read of it is said here
        return (await reply.json()) as any
      }
      const { id } = await send('/v1/organization/projects', ADMIN_KEY, { name: 'p' })
      const bot = await send(`/v1/organization/projects/${id}/service_accounts`, ADMIN_KEY, { name: 'bot' })
      const hook = { name: 'x', url: `${receiver.url}/x`, event_types }
      await send('/v1/webhook_endpoints', bot.api_key.value, hook)
      const db = await openDb(stored.url, { connections: 1 })
      await happens(db, id, 1)
      await db.destroy()
      await receiver.received(1)
      first.signal('SIGKILL')
      await first.ended
    }
    receiver.answer('/x', 200)
    await using _second = await serve({ env })
    const [before, after] = await receiver.received(2)
    assert.equal(after?.headers['webhook-id'], before?.headers['webhook-id'])
    assert.equal(after?.body, before?.body)
  })
}

test('of two nodes one delivers, each thing once, and the other when that one has stopped', async () => {
  await using receiver = await startReceiver()
  await using stored = await openTestDatabase('postgres', true)
  const options = { databaseUrl: stored.url, env: networks }
  await using first = await startTestApp(options)
  const { key, projectId } = await makeKey(first)
  await first.client(key).webhooks.create({ name: 'x', url: `${receiver.url}/x`, event_types })
  await using second = await startTestApp(options)
  await happens(first.db, projectId, 30)
  await receiver.received(30)
  await until(async () => (await waiting(second.db)) === 0, 'all have arrived')
  await first[Symbol.asyncDispose]()
  await happens(second.db, projectId, 5)
  await receiver.received(35)
  await until(async () => (await waiting(second.db)) === 0, 'all have arrived')
  assert.equal(new Set(receiver.delivered.map(({ headers }) => headers['webhook-id'])).size, 35)
  assert.equal(receiver.delivered.length, 35)
})

for (const database of databases) {
  test(`${database}: what was given up is kept for a while, and what waits is no matter of age`, async () => {
    await using app = await startTestApp({ database })
    const { id: organization_id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
    const row = {
      organization_id,
      endpoint_id: 'whe_1',
      event_id: 'evt_1',
      event_type: 'x',
      payload: '{}',
      attempts: 9,
    }
    for (const [id, created_at, due_at] of [
      ['wh_old', 10, null],
      ['wh_new', 1000, null],
      ['wh_due', 10, 10],
    ] as const)
      await app.db
        .insertInto('webhook_delivery')
        .values({ ...row, id, created_at, due_at })
        .execute()
    assert.equal(await deleteFailedWebhooks(app.db, 1000), false)
    const left = await app.db.selectFrom('webhook_delivery').select('id').orderBy('id').execute()
    assert.deepEqual(
      left.map(({ id }) => id),
      ['wh_due', 'wh_new'],
    )
  })
}

const waiting = async (db: OpenedDb) => (await db.selectFrom('webhook_delivery').select('id').execute()).length
