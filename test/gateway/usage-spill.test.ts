import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { UsageEntry } from '../../src/core/usage-entry.ts'
import type { Db } from '../../src/db/tables.ts'
import { recordUsageOnce } from '../../src/db/usage-batch.ts'
import { batchOf, linesOf } from '../../src/ledger/spill/line.ts'
import { until } from '../process/gatehouse.ts'
import { entry, openUsage } from './usage-writer.ts'

/** More than stays in memory. */
const MANY = 23_000

const takeAway = (db: Db) => sql`alter table usage_writer rename to elsewhere`.execute(db)
const bringBack = (db: Db) => sql`alter table elsewhere rename to usage_writer`.execute(db)
const names = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `key_${from + i}`)
const entriesOf = (keys: string[]) => keys.map((api_key_id) => entry({ api_key_id }))
const each = (keys: string[], count: number) => Object.fromEntries(keys.toSorted().map((key) => [key, count]))

/** The keys of all that waits on the disk. */
function onDisk(folder: string): string[] {
  if (!existsSync(folder)) return []
  const lines = readdirSync(folder).flatMap((name) => [...linesOf(readFileSync(join(folder, name)))])
  return lines.flatMap((line) => batchOf(line).rows.map(({ entry }) => entry.api_key_id ?? ''))
}

test('what the file does not take goes on the disk, is read back in order, counted once, and nothing stays of it', async () => {
  await using given = await openUsage('sqlite')
  const usage = given.start({ spilling: true })
  const told: string[] = []
  usage.follow({
    flushing: () => {},
    flushed: (entries) => void told.push(...entries.map(({ api_key_id = '' }) => api_key_id)),
  })
  await takeAway(given.db)
  const keys = names(0, MANY)
  for (let i = 0; i < MANY; i += 1000) usage.record(entriesOf(keys.slice(i, i + 1000)))
  await until(() => onDisk(given.folder).length >= MANY - 10_000, 'most of it is on the disk')
  assert.equal(usage.buffered, MANY)
  assert.equal(statSync(given.folder).mode & 0o777, 0o700)
  for (const name of readdirSync(given.folder)) assert.equal(statSync(join(given.folder, name)).mode & 0o777, 0o600)
  await bringBack(given.db)
  await until(() => usage.buffered === 0, 'all of it is written')
  assert.deepEqual(await given.sums(), each(keys, 1))
  assert.deepEqual(told.toSorted(), keys.toSorted())
  assert.equal(existsSync(given.folder), false)
  await usage.close()
  assert.deepEqual([given.dropped(), given.logged('error')], [0, 0])
})

test('what is not written at the end waits on the disk for the next start, whatever was written of it', async () => {
  await using given = await openUsage('sqlite')
  const usage = given.start({ spilling: true })
  usage.record(entriesOf(names(0, 10)))
  // In the database, and its writer does not know it.
  await sql`create trigger lost after insert on usage_writer begin select raise(fail, 'no') where 0; end`.execute(
    given.db,
  )
  await usage.flush()
  await takeAway(given.db)
  usage.record(entriesOf(names(0, 700)))
  await usage.flush()
  usage.record(entriesOf(names(690, 710)))
  await usage.close()
  assert.deepEqual([given.dropped(), given.logged('error')], [0, 0])
  assert.deepEqual(given.lines.at(-1)?.fields, { rows: 710 })
  await bringBack(given.db)
  // The commit that nobody heard of went through after all.
  const [line = Buffer.alloc(0)] = linesOf(readFileSync(join(given.folder, readdirSync(given.folder)[0] ?? '')))
  const { name, rows } = batchOf(line)
  const entries = rows.map((row) => row.entry)
  await recordUsageOnce(given.db, { ...name, at: 1 }, entries)
  const told: UsageEntry[] = []
  const next = given.start({ spilling: true })
  next.follow({ flushing: () => {}, flushed: (more) => void told.push(...more) })
  assert.equal(next.buffered, 710)
  await until(() => next.buffered === 0, 'it is written')
  // Of what others used no account here waits.
  assert.deepEqual(told, [])
  await next.close()
  const sums = { ...each(names(0, 710), 1), ...each(names(0, 10), 2), ...each(names(690, 700), 2) }
  assert.deepEqual(await given.sums(), sums)
  assert.equal(existsSync(given.folder), false)
  assert.equal(given.start({ spilling: true }).buffered, 0)
})

test('kill -9 while usage goes on the disk and from there into the file: what was on the disk is counted, and all of it once', async (t) => {
  await using given = await openUsage('sqlite')
  const program = join(import.meta.dirname, 'usage-victim.ts')
  let first = 0
  let waited = 0
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [program, given.url, String(first)], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    await until(() => onDisk(given.folder).length > 0, 'something is on the disk')
    await sleep(Math.random() * 400)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const disk = onDisk(given.folder)
    waited += disk.length
    const before = [...disk, ...Object.keys(await given.sums())]
    if (round % 2 === 1) {
      // Nobody has to find it at once, and whoever does may be killed as well.
      const usage = given.start({ spilling: true })
      await until(() => usage.buffered === 0, 'what waited is written', 60_000)
      await usage.close()
      const after = await given.sums()
      assert.deepEqual(
        [...new Set(before)].filter((key) => after[key] === undefined),
        [],
      )
      assert.deepEqual(new Set(Object.values(after)), new Set([1]))
    }
    first += 1_000_000
  }
  t.diagnostic(`${waited} rows were on the disk at the moments of the kills`)
  assert.equal(existsSync(given.folder), false)
})

test('a row on the disk that the database refuses is lost alone', async () => {
  await using given = await openUsage('sqlite')
  await sql`create trigger poison before insert on usage_rollup when new.model = 'poison'
    begin select raise(abort, 'poison'); end`.execute(given.db)
  await takeAway(given.db)
  const usage = given.start({ spilling: true })
  usage.record([...entriesOf(names(0, 300)), entry({ model: 'poison' }), ...entriesOf(names(300, 600))])
  await usage.close()
  await bringBack(given.db)
  const next = given.start({ spilling: true })
  await until(() => next.buffered === 0, 'it is written')
  await next.close()
  assert.deepEqual(await given.sums(), each(names(0, 600), 1))
  assert.deepEqual([given.dropped(), given.logged('error'), existsSync(given.folder)], [1, 1, false])
})

test('a line that was cut off or damaged is none, and the others are counted', async () => {
  await using given = await openUsage('sqlite')
  await takeAway(given.db)
  const usage = given.start({ spilling: true })
  usage.record(entriesOf(names(0, 2500)))
  await usage.close()
  const [name = ''] = readdirSync(given.folder)
  const whole = readFileSync(join(given.folder, name))
  const lines = [...linesOf(whole)].map((line) => batchOf(line).rows.map((row) => row.entry.api_key_id ?? ''))
  assert.ok(lines.length >= 3)
  whole.write('käy', whole.indexOf('key_'), 'latin1')
  writeFileSync(join(given.folder, name), whole.subarray(0, whole.length - 5))
  await bringBack(given.db)
  const next = given.start({ spilling: true })
  await until(() => next.buffered === 0, 'it is written')
  await next.close()
  assert.deepEqual(await given.sums(), each(lines.slice(1, -1).flat(), 1))
})

test('where nothing can be put on the disk the log says so once, and usage is kept in memory as without one', async () => {
  await using given = await openUsage('sqlite')
  const usage = given.start({ spilling: true })
  writeFileSync(given.folder, 'a file where the folder should be')
  await takeAway(given.db)
  const keys = names(0, MANY)
  for (let i = 0; i < MANY; i += 1000) {
    usage.record(entriesOf(keys.slice(i, i + 1000)))
    await sleep(1)
  }
  assert.deepEqual([usage.buffered, given.dropped(), given.logged('error')], [MANY, 0, 1])
  await bringBack(given.db)
  await until(() => usage.buffered === 0, 'all of it is written', 60_000)
  assert.deepEqual(await given.sums(), each(keys, 1))
  await usage.close()
})
