import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { until } from '../../test/process/gatehouse.ts'
import { openTestDatabase } from '../../test/support/databases.ts'
import { nextSqliteThread, onSqliteThread } from '../../test/support/sqlite-threads.ts'
import { isConflict, isUnavailable } from './errors.ts'
import { openDb, openGateDb } from './open.ts'
import type { Db } from './tables.ts'

/** A file with one table, the main database of it and the gate's. */
async function openBoth() {
  const stack = new AsyncDisposableStack()
  const { url } = stack.use(await openTestDatabase('sqlite'))
  const db = await openDb(url)
  stack.defer(() => db.destroy())
  await sql`create table thing (id text primary key, n integer)`.execute(db)
  let statements = 0
  const gate = openGateDb(url, db, { onQuery: () => statements++ })
  stack.defer(() => gate.destroy())
  return {
    url,
    db,
    gate,
    statements: () => statements,
    ids: () => idsOf(db),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const idsOf = async (db: Db) =>
  (await sql<{ id: string }>`select id from thing order by id`.execute(db)).rows.map(({ id }) => id)
const add = (db: Db, id: string) => sql`insert into thing values (${id}, 1)`.execute(db)

/** Whether the event loop goes round while something is still under way. */
async function goesRound(times: number) {
  for (let i = 0; i < times; i++) await turn()
}

function lockFile(url: string) {
  const other = new DatabaseSync(url.slice('sqlite:'.length))
  other.exec('begin immediate')
  return {
    release: () => other.exec('commit'),
    [Symbol.dispose]: () => other.close(),
  }
}

test('statements of the thread find, change and fail as those of the main connection do, and are counted', async () => {
  await using both = await openBoth()
  const { gate, db } = both
  const { numAffectedRows } = await add(gate, 'a')
  assert.equal(numAffectedRows, 1n)
  assert.deepEqual((await sql`select id, n, null as x from thing`.execute(gate)).rows, [{ id: 'a', n: 1, x: null }])
  const of = async (some: Db) => {
    const error = await add(some, 'a').then(
      () => assert.fail('a second one'),
      (thrown: Error) => thrown,
    )
    return { message: error.message, conflict: isConflict(error), outage: isUnavailable(error) }
  }
  assert.deepEqual(await of(gate), await of(db))
  assert.equal((await of(gate)).conflict, true)
  assert.equal(both.statements(), 4)
})

test('a transaction of the thread is undone as a whole, and nothing else gets into it', async () => {
  await using both = await openBoth()
  const { gate } = both
  const inside = Promise.withResolvers<void>()
  const undone = gate.transaction().execute(async (tx) => {
    await add(tx, 'undone')
    inside.resolve()
    await goesRound(20)
    throw new Error('undone')
  })
  await inside.promise
  const beside = [add(gate, 'beside'), gate.transaction().execute((tx) => add(tx, 'after'))]
  await assert.rejects(undone, /undone/)
  await Promise.all(beside)
  assert.deepEqual(await both.ids(), ['after', 'beside'])
})

test("while another program holds the file's lock, a write of the thread waits and everything else goes on", async () => {
  await using both = await openBoth()
  using lock = lockFile(both.url)
  let written = false
  const write = add(both.gate, 'a').then(() => {
    written = true
  })
  await goesRound(1000)
  assert.deepEqual(await both.ids(), [])
  assert.equal(written, false)
  lock.release()
  await write
  assert.deepEqual(await both.ids(), ['a'])
})

test("a change on the main connection waits for the thread's transaction without stopping the event loop", async () => {
  await using both = await openBoth()
  let change: Promise<unknown> = Promise.resolve()
  let changed = false
  let turns = 0
  await both.gate.transaction().execute(async (tx) => {
    await add(tx, 'a')
    change = add(both.db, 'b').then(() => {
      changed = true
    })
    // More than one attempt of the waiting change falls into this: none of them may sleep in the driver.
    for (const end = performance.now() + 100; performance.now() < end || turns < 1000; turns++) await turn()
    assert.equal(changed, false)
  })
  await change
  assert.deepEqual(await both.ids(), ['a', 'b'])
})

test('the thread starts with the first statement, and one that dies takes only what is running with it', async () => {
  let started = 0
  using _counting = onSqliteThread(() => started++)
  await using both = await openBoth()
  const { gate } = both
  assert.equal(started, 0)
  const starting = nextSqliteThread()
  await add(gate, 'kept')
  const worker = await starting
  const caught: unknown[] = []
  const broken = gate.transaction().execute(async (tx) => {
    await add(tx, 'lost')
    await worker.terminate()
    // The transaction ended with its thread: what comes later in it must not run by itself in the next one.
    await add(tx, 'stray').catch((error: unknown) => caught.push(error))
    return add(tx, 'stray')
  })
  const waiting = add(gate, 'next')
  await assert.rejects(broken, isUnavailable)
  assert.ok(isUnavailable(caught[0]))
  await waiting
  assert.deepEqual(await both.ids(), ['kept', 'next'])
  assert.equal(started, 2)
})

test('a statement whose thread is killed while it waits is rejected at once, and the next one runs', async () => {
  await using both = await openBoth()
  using lock = lockFile(both.url)
  const starting = nextSqliteThread()
  const write = assert.rejects(add(both.gate, 'a'), isUnavailable)
  const worker = await starting
  await new Promise((resolve) => worker.once('online', resolve))
  await worker.terminate()
  await write
  lock.release()
  await add(both.gate, 'b')
  assert.deepEqual(await both.ids(), ['b'])
})

test('destroying it waits for what is under way, ends the thread, and a later statement is refused', async () => {
  await using both = await openBoth()
  const starting = nextSqliteThread()
  const writing = add(both.gate, 'a')
  const exited = starting.then((worker) => new Promise((resolve) => worker.once('exit', resolve)))
  await until(async () => (await both.ids()).length === 1, 'the first statement has run')
  const more = add(both.gate, 'b')
  await turn()
  await both.gate.destroy()
  await Promise.all([writing, more, exited])
  assert.deepEqual(await both.ids(), ['a', 'b'])
  await assert.rejects(add(both.gate, 'c'), /destroyed|closed/)
})

test('a process that has nothing else to do ends although the thread is there, but not before its write is done', async () => {
  await using own = await openTestDatabase('sqlite')
  const open = new URL('./open.ts', import.meta.url).href
  const script = `
    import { sql } from 'kysely'
    import { openDb, openGateDb } from '${open}'
    const db = await openDb('${own.url}')
    await sql\`create table thing (id text)\`.execute(db)
    sql\`insert into thing values ('a')\`.execute(openGateDb('${own.url}', db)).then(() => console.log('written'))
  `
  const args = ['--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000, cwd: import.meta.dirname })
  assert.equal(stdout, 'written\n')
})

test('a database in memory is its connection alone, so there the gate writes on the main one', async () => {
  const db = await openDb('sqlite::memory:')
  assert.equal(openGateDb('sqlite::memory:', db), db)
  assert.equal(openGateDb('postgres://h/d', db), db)
  await db.destroy()
})
