import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { idSource } from '../../../src/core/id.ts'
import { openDb } from '../../../src/db/open.ts'
import { tellEndpoints } from '../../../src/db/webhook-deliveries.ts'
import { findWebhookEndpoint, makeWebhookEndpoint } from '../../../src/db/webhook-endpoints.ts'
import { Deliverer } from '../../../src/webhooks/deliverer.ts'
import { newOrganization } from '../../contract/organizations.ts'
import { type DatabaseKind, databases, openTestDatabase } from '../../support/databases.ts'
import { startTestApp } from '../../support/harness.ts'
import { OrganizationFilter } from '../../support/organization-filter.ts'
import { until } from '../../support/until.ts'
import { type Receiver, startReceiver } from './receiver.ts'

type Owner = { organizationId: string; projectId: string | null }

/** A database with organizations and their projects, to which one delivers alone, that waits as long as a test says. */
async function startAlone(database: DatabaseKind, { organizations, projects }: Record<string, number>) {
  await using stack = new AsyncDisposableStack()
  const stored = stack.use(await openTestDatabase(database, true))
  const owners: Owner[][] = []
  {
    await using app = await startTestApp({ databaseUrl: stored.url })
    for (let i = 0; i < (organizations ?? 1); i++) {
      const { id, admin } = await newOrganization(app)
      const own: Owner[] = []
      for (let p = 0; p < (projects ?? 1); p++)
        own.push({ organizationId: id, projectId: (await admin.projects.create({ name: `p${p}` })).id })
      owners.push(own)
    }
  }
  const db = await openDb(stored.url, { connections: 4, plugins: [new OrganizationFilter()] })
  stack.defer(() => db.destroy())
  const newId = idSource(Date.now)
  const rest = stack.move()
  return {
    db,
    owners,
    /** An endpoint that is told of so many things. @returns its id */
    async hook(owner: Owner, url: string, { events = 0, hanging = 0 } = {}): Promise<string> {
      const id = newId('webhookEndpoint')
      await makeWebhookEndpoint(db, owner, { name: 'x', url, eventTypes: [] }, { id, now: 1 })
      await db
        .updateTable('webhook_endpoint')
        .set({ hanging })
        .where('organization_id', '=', owner.organizationId)
        .where('id', '=', id)
        .execute()
      const happened = { type: 'batch.completed', data: { id: 'batch_1' }, at: Date.now() }
      for (let i = 0; i < events; i++) await tellEndpoints(db, newId, owner.organizationId, [id], happened)
      return id
    },
    /** Delivers until it is disposed of. */
    deliver(timeoutMs: number): AsyncDisposable {
      const networks = new BlockList()
      networks.addSubnet('127.0.0.0', 8, 'ipv4')
      const parts = { networks, resolve: async () => ['127.0.0.1'], timeoutMs, db, now: Date.now }
      const nobody = { debug() {}, warn() {}, count() {} }
      const { job } = new Deliverer({ ...parts, log: nobody, metrics: nobody })
      const stop = new AbortController()
      const running = (async () => {
        for (; !stop.signal.aborted; await sleep(20)) await job.run(stop.signal)
      })()
      return {
        async [Symbol.asyncDispose]() {
          stop.abort()
          await running
        },
      }
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

const LONG_MS = 600_000

/** Has what comes to a path hang. @returns those that do */
function hold(receiver: Receiver, path: string): ServerResponse[] {
  const held: ServerResponse[] = []
  receiver.answer(path, (_, response) => void held.push(response))
  return held
}

for (const database of databases) {
  test(`${database}: receivers of many projects that hang, and of a whole organization, keep no other project and no other organization waiting`, async () => {
    await using receiver = await startReceiver()
    await using it = await startAlone(database, { organizations: 3, projects: 8 })
    const [hogs = [], others = [], last = []] = it.owners
    const held = hold(receiver, '/held')
    for (const owner of [...hogs.slice(0, 6), ...others])
      for (let i = 0; i < 5; i++) await it.hook(owner, `${receiver.url}/held`, { events: 1 })
    for (const owner of hogs.slice(0, 5)) await it.hook(owner, `${receiver.url}/held`, { events: 8 })
    await using _ = it.deliver(LONG_MS)
    await until(() => held.length >= 60, 'those that hang')
    await it.hook(last[0] ?? assert.fail(), `${receiver.url}/other`, { events: 1 })
    await it.hook(hogs[7] ?? assert.fail(), `${receiver.url}/same`, { events: 1 })
    await receiver.received(1, '/other')
    await receiver.received(1, '/same')
    // As many as there are places: none has ended, for nobody has answered.
    assert.ok(held.length < 96 && held.every(({ closed }) => !closed), `${held.length}`)
  })

  test(`${database}: a project with more endpoints that have no room than are looked at at once hides nobody else's`, async () => {
    await using receiver = await startReceiver()
    await using it = await startAlone(database, { projects: 2 })
    const [crowd, other] = it.owners[0] ?? []
    assert.ok(crowd && other)
    const held = hold(receiver, '/held')
    for (let i = 0; i < 300; i++) await it.hook(crowd, `${receiver.url}/held`, { events: 1 })
    await it.hook(other, `${receiver.url}/other`, { events: 1 })
    await using _ = it.deliver(LONG_MS)
    await receiver.received(1, '/other')
    await until(() => held.length === 16, 'all that one project can have')
    await it.hook(other, `${receiver.url}/again`, { events: 1 })
    await receiver.received(1, '/again')
    assert.equal(held.length, 16)
    receiver.answer('/held', 200)
    for (const response of held) response.end()
    await receiver.received(300, '/held')
  })

  test(`${database}: who hung when it was tried last is tried once at a time, a project's four at once, and has places apart`, async () => {
    await using receiver = await startReceiver()
    await using it = await startAlone(database, { projects: 12 })
    const [first, ...more] = it.owners[0] ?? []
    assert.ok(first)
    const held = hold(receiver, '/held')
    for (let i = 0; i < 6; i++) await it.hook(first, `${receiver.url}/held`, { events: 3, hanging: 1 })
    for (const owner of more)
      for (let i = 0; i < 6; i++) await it.hook(owner, `${receiver.url}/held`, { events: 1, hanging: 1 })
    await using _ = it.deliver(LONG_MS)
    await until(() => held.length >= 16, 'those that hang')
    // Each comes with a look at all that is due: nobody else has got a place by then.
    for (const path of ['/one', '/two', '/three']) {
      await it.hook(first, `${receiver.url}${path}`, { events: 1 })
      await receiver.received(1, path)
    }
    assert.equal(held.length, 16)
  })

  test(`${database}: who does not answer in time hangs until it does, and then all has arrived`, async () => {
    await using receiver = await startReceiver()
    await using it = await startAlone(database, {})
    const owner = it.owners[0]?.[0] ?? assert.fail()
    hold(receiver, '/x')
    const id = await it.hook(owner, `${receiver.url}/x`, { events: 6 })
    const hanging = async () => (await findWebhookEndpoint(it.db, owner, id))?.hanging
    {
      await using _ = it.deliver(100)
      await until(async () => (await hanging()) === 1, 'it hangs')
    }
    receiver.answer('/x', 200)
    // As when the pauses are over.
    const { organizationId } = owner
    for (const table of ['webhook_delivery', 'webhook_endpoint'] as const)
      await it.db.updateTable(table).set({ due_at: 1 }).where('organization_id', '=', organizationId).execute()
    await using _ = it.deliver(LONG_MS)
    await until(async () => (await findWebhookEndpoint(it.db, owner, id))?.waiting === 0, 'all')
    assert.equal(await hanging(), 0)
    const ids = receiver.delivered.map(({ headers }) => headers['webhook-id'])
    assert.equal(new Set(ids).size, 6)
  })
}
