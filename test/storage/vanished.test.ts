import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { until } from '../process/gatehouse.ts'
import { openTestDatabase } from '../support/databases.ts'
import { givenTime } from '../support/given-time.ts'
import { startTestApp } from '../support/harness.ts'
import { openHolder } from '../support/holder.ts'
import { startSlowLine } from '../support/slow-line.ts'

/** Within which service is back, whatever has vanished. */
const BACK_MS = 5000

test('postgres: a node that vanishes in the middle of a change holds up the others’ changes for less than five seconds, and fails none', async (t) => {
  await using database = await openTestDatabase('postgres')
  await using line = await startSlowLine(database.url)
  await using other = await startTestApp({ databaseUrl: database.url })
  await using vanishing = await startTestApp({ databaseUrl: line.over(database.url) })
  await using hog = await openHolder(database.url, 2)
  const create = (app: typeof other, name: string) =>
    app.send('POST', '/v1/organization/projects', { body: { name } }).then(({ status }) => status)
  assert.equal(await create(vanishing, 'before'), 200)

  /** Sessions that have the organization's turn and wait for a table. */
  const waiting = async () => {
    const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity where wait_event_type = 'Lock'
      and datname = current_database()`.execute(hog)
    return rows.length
  }
  let lost: Promise<number> | undefined
  await hog.transaction().execute(async (tx) => {
    await sql`lock table project in exclusive mode`.execute(tx)
    lost = create(vanishing, 'lost')
    await until(async () => (await waiting()) === 1, 'it has its turn and waits')
    // From here on nobody hears of it, and it of nobody; what it was doing is done, and then it says no more.
    await line.become({ kind: 'drop' })
  })
  const vanished = givenTime()
  const statuses = await Promise.all(Array.from({ length: 4 }, (_, i) => create(other, `after ${i}`)))
  const ms = Math.round(givenTime() - vanished)
  t.diagnostic(`others' changes were made ${ms} ms after it had vanished`)
  assert.deepEqual(statuses, [200, 200, 200, 200])
  assert.ok(ms < BACK_MS, `${ms}`)
  await line.become({ kind: 'pass' })
  assert.equal(await lost, 503)
  await until(async () => (await create(vanishing, 'back')) === 200, 'it works again', BACK_MS)
  const { data } = (await other.send('GET', '/v1/organization/projects?limit=100')).body
  const names = data.map(({ name }: { name: string }) => name).filter((name: string) => name === 'lost')
  assert.deepEqual(names, [], 'what was not answered was not done')
})
