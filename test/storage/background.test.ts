import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Background } from '../../src/background/background.ts'
import type { Job } from '../../src/background/job.ts'
import { giveLeasesBack, takeLeases } from '../../src/db/leases.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openDb } from '../../src/db/open.ts'
import type { OpenedDb } from '../../src/db/tables.ts'
import { type DatabaseKind, databases, openTestDatabase } from '../support/databases.ts'
import { until } from '../support/until.ts'

const quiet = { info() {}, warn() {} }

/** Short, and long enough that a machine that stands still for a second does not lose it. */
const LEASE_MS = 4000

/** A database, and connections to it as so many nodes have them. */
async function openNodes(kind: DatabaseKind, count: number) {
  const stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase(kind))
  const open = async () => {
    const db = await openDb(database.url)
    stack.defer(() => db.destroy())
    return db
  }
  const dbs: OpenedDb[] = [await open()]
  await migrate(dbs[0] as OpenedDb)
  while (dbs.length < count) dbs.push(await open())
  const nodes = dbs as [OpenedDb, OpenedDb, ...OpenedDb[]]
  return { nodes, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const holderOf = async (db: OpenedDb, name: string) =>
  (await db.selectFrom('lease').select('holder').where('name', '=', name).executeTakeFirst())?.holder ?? null

/** Runs until it is told to stop, and knows how many have run and how many at once. */
function endless() {
  const seen = { now: 0, most: 0, by: [] as number[] }
  const job = (node: number): Job => ({
    name: 'endless',
    everyMs: 1,
    async run(signal) {
      seen.by.push(node)
      seen.most = Math.max(seen.most, ++seen.now)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      seen.now--
    },
  })
  return { seen, job }
}

for (const kind of databases) {
  test(`${kind}: of several nodes one does a job, and another when that one has stopped, which gives it back`, async () => {
    await using opened = await openNodes(kind, 3)
    const { seen, job } = endless()
    const workers = opened.nodes.map((db, node) => {
      const worker = new Background({ db, log: quiet, leaseMs: LEASE_MS })
      worker.add(job(node))
      return worker
    })
    for (const worker of workers) worker.start()
    await until(() => seen.by.length > 0, 'a node to begin')
    const left = new Set(workers)
    for (let turn = 1; left.size > 0; turn++) {
      const at = seen.by.at(-1) ?? -1
      const worker = workers[at] as Background
      assert.equal(left.delete(worker), true)
      await worker[Symbol.asyncDispose]()
      assert.equal(seen.now <= 1, true)
      if (left.size > 0) await until(() => seen.by.length > turn, 'the next node to begin')
    }
    assert.equal(seen.most, 1)
    assert.equal(new Set(seen.by).size, 3)
    assert.equal(await holderOf(opened.nodes[0], 'endless'), null)
  })

  test(`${kind}: what a holder did that died is taken over when its time is over by the database's clock, whatever a node's own says`, async (t) => {
    await using opened = await openNodes(kind, 2)
    const [dead, living] = opened.nodes
    assert.deepEqual(await takeLeases(dead, ['a', 'b'], 'dead', 3_600_000), ['a', 'b'])
    t.mock.method(Date, 'now', () => 32_503_680_000_000)
    assert.deepEqual(await takeLeases(living, ['b', 'c'], 'living', 60_000), ['c'])
    t.mock.method(Date, 'now', () => 0)
    assert.deepEqual((await takeLeases(living, ['a', 'b', 'c'], 'living', 60_000)).sort(), ['c'])
    // Of another's nothing is given away.
    await giveLeasesBack(living, ['a', 'c'], 'living')
    assert.equal(await holderOf(dead, 'a'), 'dead')
    assert.equal(await holderOf(dead, 'c'), null)
    assert.deepEqual(await takeLeases(dead, ['a', 'b'], 'dead', 0), ['a', 'b'])
    assert.deepEqual((await takeLeases(living, ['a', 'b'], 'living', 60_000)).sort(), ['a', 'b'])
    assert.deepEqual(await takeLeases(dead, ['a'], 'dead', 60_000), [])
  })

  test(`${kind}: who cannot renew a lease stops before another has it`, async () => {
    await using opened = await openNodes(kind, 2)
    const [first, second] = opened.nodes
    const { seen, job } = endless()
    const noted: string[] = []
    const log = { info() {}, warn: (_: object, message?: string) => void noted.push(message ?? '') }
    await using cut = new Background({ db: first, log, leaseMs: LEASE_MS })
    cut.add(job(0))
    cut.start()
    await until(() => seen.now === 1, 'the first to begin')
    await first.destroy()
    await using other = new Background({ db: second, log: quiet, leaseMs: LEASE_MS })
    other.add(job(1))
    other.start()
    await until(() => seen.by.length === 2, 'the other to take over')
    assert.deepEqual(seen, { now: 1, most: 1, by: [0, 1] })
    assert.deepEqual(noted, ['background work cannot be shared out; it is tried again'])
  })
}

test('a job that fails is in the log once, is run again, and does not keep others from theirs', async () => {
  await using opened = await openNodes('sqlite', 2)
  const noted: unknown[] = []
  const log = {
    info: (fields: object, message?: string) => void noted.push([{ ...fields }, message]),
    warn: ({ job }: { job?: string }, message?: string) => void noted.push([job, message]),
  }
  let [failing, other] = [0, 0]
  await using worker = new Background({ db: opened.nodes[0], log })
  worker.add({
    name: 'failing',
    everyMs: 1,
    async run() {
      if (++failing < 4) throw new Error('not yet')
    },
  })
  worker.add({
    name: 'other',
    everyMs: 1,
    async run() {
      other++
    },
  })
  worker.start()
  await until(() => failing > 5 && other > 5, 'both to run')
  assert.deepEqual(noted, [
    ['failing', 'background work failed; it is tried again'],
    [{ job: 'failing', failed: 3 }, 'background work goes on again'],
  ])
})

test('without a job nothing is asked of the database', async () => {
  const db = {} as OpenedDb
  await using worker = new Background({ db, log: quiet, leaseMs: 1 })
  worker.start()
})
