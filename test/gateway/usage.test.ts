import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { sql } from 'kysely'
import type { UsageEntry } from '../../src/core/usage-entry.ts'
import type { Db } from '../../src/db/tables.ts'
import type { Writer } from '../../src/ledger/beat.ts'
import { until } from '../process/gatehouse.ts'
import { databases } from '../support/databases.ts'
import { nextSqliteThread, onSqliteThread } from '../support/sqlite-threads.ts'
import { startSlowPostgres } from './slow-postgres.ts'
import { at, entry, openUsage } from './usage-writer.ts'

/** Another that is written with the same beat. */
const something = (more: Partial<Writer>) => ({
  what: 'something',
  kept: true,
  waiting: false,
  async write() {},
  ...more,
})

/** Makes every write of usage fail as long as it is away. */
const takeAway = (db: Db) => sql`alter table usage_writer rename to elsewhere`.execute(db)
const bringBack = (db: Db) => sql`alter table elsewhere rename to usage_writer`.execute(db)

for (const kind of databases) {
  test(`${kind}: what was used is in the database a moment later, summed up, without anybody asking for it`, async () => {
    await using given = await openUsage(kind)
    const usage = given.start()
    const flushed: UsageEntry[] = []
    usage.follow({ flushing: () => {}, flushed: (entries) => void flushed.push(...entries) })
    for (let i = 0; i < 1000; i++) usage.record([entry({ at: at + (i % 60), api_key_id: `key_${i % 2}` })])
    assert.equal(usage.buffered, 2)
    await until(async () => (await given.sums()).key_1 === 500, 'the rows')
    assert.deepEqual(await given.sums(), { key_0: 500, key_1: 500 })
    await until(() => usage.buffered === 0, 'the buffer is empty')
    const told = flushed.map(({ at, api_key_id, input_tokens }) => [at, api_key_id, input_tokens])
    assert.deepEqual(told, [
      [at, 'key_0', 5000],
      [at, 'key_1', 5000],
    ])
    await usage.close()
    assert.equal(given.dropped(), 0)
  })

  test(`${kind}: closing writes what is left, and a restart finds it and adds to it`, async () => {
    await using given = await openUsage(kind)
    for (const round of [1, 2, 3]) {
      const usage = given.start()
      let beside = 0
      usage.beat.add(something({ write: async () => void beside++ }))
      for (let i = 0; i < 2500; i++) usage.record([entry({ api_key_id: `key_${i}` })])
      await usage.close()
      assert.equal(beside, 1)
      const sums = Object.values(await given.sums())
      assert.deepEqual([sums.length, new Set(sums)], [2500, new Set([round])])
    }
    assert.deepEqual(given.lines, [])
    const late = given.start()
    await late.close()
    late.record([entry()])
    assert.equal(given.dropped(), 1)
  })

  test(`${kind}: while the database cannot take it usage is kept, and counted once when it can again`, async () => {
    await using given = await openUsage(kind)
    const usage = given.start()
    await takeAway(given.db)
    usage.record([entry()])
    await usage.flush()
    usage.record([entry(), entry({ api_key_id: 'key_b' })])
    await usage.flush()
    // The first row is in a batch that may be repeated only as it is; what came later is a row of the next one.
    assert.equal(usage.buffered, 3)
    assert.equal(given.logged('warn'), 1)
    await bringBack(given.db)
    await until(async () => (await given.sums()).key_b === 1, 'the rows')
    assert.deepEqual(await given.sums(), { key_a: 2, key_b: 1 })
    await usage.close()
    assert.deepEqual([given.logged('warn'), given.logged('info'), given.dropped()], [1, 1, 0])
  })

  test(`${kind}: memory is bounded: beyond 50,000 rows entries are lost, counted, and logged once`, async () => {
    await using given = await openUsage(kind)
    const usage = given.start()
    await takeAway(given.db)
    usage.record([entry({ api_key_id: 'first' })])
    await usage.flush()
    for (let i = 0; i < 50_100; i++) usage.record([entry({ api_key_id: `key_${i}` })])
    assert.deepEqual([usage.buffered, given.dropped(), given.logged('error')], [50_000, 101, 1])
    // What has a row already is counted on.
    usage.record([entry({ api_key_id: 'key_7' })])
    assert.equal(given.dropped(), 101)
    const closing = performance.now()
    await usage.close()
    assert.ok(performance.now() - closing >= 4000)
    assert.equal(given.dropped(), 101 + 50_001)
    assert.deepEqual(given.lines.at(-1)?.fields, { entries: 50_001, rows: 50_000 })
  })

  test(`${kind}: a row that the database refuses is lost alone, and the others are not held up`, async () => {
    await using given = await openUsage(kind)
    const usage = given.start()
    if (kind === 'postgres') await sql`alter table usage_rollup add check (model <> 'poison')`.execute(given.db)
    else {
      await sql`create trigger poison before insert on usage_rollup when new.model = 'poison'
        begin select raise(abort, 'poison'); end`.execute(given.db)
    }
    let [open, written] = [0, 0]
    usage.follow({
      flushing: () => open++,
      flushed: (entries) => {
        open--
        written += entries.length
      },
    })
    const all = Array.from({ length: 20 }, (_, i) => entry({ api_key_id: `key_${i}` }))
    usage.record([...all, entry({ model: 'poison' }), entry({ model: 'poison' })])
    await usage.flush()
    assert.deepEqual(await given.sums(), Object.fromEntries(all.map(({ api_key_id }) => [api_key_id, 1])))
    assert.deepEqual([given.dropped(), given.logged('error'), usage.buffered], [2, 1, 0])
    // Those who follow hear the end of every attempt, also of what was refused.
    assert.deepEqual([open, written], [0, 20])
    await usage.close()
  })

  test(`${kind}: amounts that are none are lost alone, and names that a client chose cannot break a batch`, async () => {
    await using given = await openUsage(kind)
    const usage = given.start()
    for (const units of [0.5, -1, Number.NaN, 2 ** 53]) usage.record([entry({ units })])
    usage.record([entry({ at: Number.NaN })])
    assert.equal(given.dropped(), 5)
    usage.record([entry({ units: 2 ** 53 - 1 }), entry({ units: 1 })])
    assert.equal(given.dropped(), 6)
    for (const size of ['a\0b', '\ud800', 'x'.repeat(100_000), "'; drop table usage_rollup; --"])
      usage.record([entry({ size })])
    await usage.close()
    assert.equal((await given.sums()).key_a, 5)
    assert.equal(given.dropped(), 6)
  })

  test(`${kind}: what is written beside is tried again when it fails, and holds up no usage`, async () => {
    await using given = await openUsage(kind)
    const usage = given.start()
    let attempts = 0
    let works = false
    const other = something({
      waiting: true,
      async write() {
        attempts++
        if (!works) throw new Error('not yet')
        other.waiting = false
      },
    })
    usage.beat.add(other)
    usage.beat.wake()
    await until(() => attempts >= 2, 'a second attempt')
    usage.record([entry()])
    await until(async () => (await given.sums()).key_a === 1, 'the usage')
    works = true
    await until(() => given.logged('info') === 1, 'it works again')
    assert.equal(given.logged('warn'), 1)
    await usage.close()
  })
}

test('sqlite: threads killed in the middle of anything lose no usage and count none twice', async () => {
  await using given = await openUsage('sqlite')
  let worker: Worker | undefined
  using _watching = onSqliteThread((started) => {
    worker = started
  })
  const usage = given.start()
  let told = 0
  usage.follow({
    flushing: () => {},
    flushed: (entries) => {
      for (const { num_model_requests } of entries) told += num_model_requests ?? 0
    },
  })
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 50; i++) usage.record([entry({ api_key_id: `key_${i}` })])
    const flushing = usage.flush()
    for (let i = 0; i < round * 3; i++) await turn()
    await worker?.terminate()
    await flushing
  }
  await usage.close()
  const sums = Object.values(await given.sums())
  assert.deepEqual([sums.length, new Set(sums)], [50, new Set([30])])
  assert.deepEqual([told, given.dropped()], [1500, 0])
})

test('sqlite: a thread that dies between a commit and its answer has its batch counted once', async () => {
  await using given = await openUsage('sqlite')
  const starting = nextSqliteThread()
  const usage = given.start()
  usage.record([entry()])
  await usage.flush()
  const worker = await starting
  usage.record([entry()])
  const post = worker.postMessage.bind(worker)
  const committing = Promise.withResolvers<void>()
  worker.postMessage = (order: { sql?: string }) => {
    if (order.sql === 'commit') {
      // From here on nothing is heard of the thread any more.
      worker.removeAllListeners('message')
      committing.resolve()
    }
    post(order)
  }
  const flushing = usage.flush()
  await committing.promise
  await until(async () => (await given.sums()).key_a === 2, 'it is committed')
  await worker.terminate()
  await flushing
  assert.equal(usage.buffered, 1)
  await usage.close()
  assert.deepEqual(await given.sums(), { key_a: 2 })
})

test('sqlite: while another program holds the lock nothing else waits, and then the usage is written', async () => {
  await using given = await openUsage('sqlite')
  const usage = given.start()
  const { DatabaseSync } = await import('node:sqlite')
  const { rows } = await sql<{ file: string }>`select file from pragma_database_list`.execute(given.db)
  const other = new DatabaseSync(rows[0]?.file ?? '')
  try {
    other.exec('begin immediate')
    usage.record([entry()])
    let flushed = false
    const flushing = usage.flush().then(() => {
      flushed = true
    })
    for (let i = 0; i < 1000; i++) {
      await turn()
      usage.record([entry()])
    }
    assert.deepEqual(await given.sums(), {})
    assert.equal(flushed, false)
    other.exec('commit')
    await flushing
    await usage.close()
    assert.deepEqual(await given.sums(), { key_a: 1001 })
  } finally {
    other.close()
  }
})

test('postgres: a connection that is lost in the middle of a commit counts nothing twice', async () => {
  let hold: Awaited<ReturnType<typeof startSlowPostgres>>['hold'] | undefined
  await using given = await openUsage('postgres', async (url) => {
    const slow = await startSlowPostgres(url)
    hold = slow.hold
    return slow
  })
  const usage = given.start()
  let told = 0
  usage.follow({
    flushing: () => {},
    flushed: (entries) => {
      told += entries.length
    },
  })
  usage.record([entry()])
  await usage.flush()
  for (const [statement, stored] of [
    ['commit', 2],
    ['insert into "usage_rollup"', 2],
    ['commit', 4],
  ] as const) {
    const answer = hold?.(statement)
    usage.record([entry()])
    const flushing = usage.flush()
    await until(() => answer?.held() === true, `${statement} has been sent`)
    await until(async () => (await given.sums()).key_a === stored, 'what was done of it is there')
    answer?.cut()
    await flushing
    // What was cut off is repeated before anything else.
    await until(() => usage.buffered === 0, 'it is in the database')
  }
  assert.ok(given.logged('warn') >= 1)
  await usage.close()
  assert.deepEqual(await given.sums(), { key_a: 4 })
  assert.deepEqual([told, given.dropped()], [4, 0])
})
