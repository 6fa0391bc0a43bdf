import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { migrations } from '../../src/db/migrations/index.ts'
import { until } from '../process/gatehouse.ts'
import { all, opens } from '../sdk/scenario.ts'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { openHolder } from '../support/holder.ts'
import { modelsFile } from '../support/models-file.ts'
import { startPgbouncer, withoutPgbouncer } from '../support/pgbouncer.ts'

/** What every node promises of a revocation that it was not told of. */
const UNTOLD_MS = 5000

async function started(...settings: string[]) {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase('postgres'))
  const pooler = stack.use(await startPgbouncer(database.url, ...settings))
  const rest = stack.move()
  return { direct: database.url, pooled: pooler.url, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** What is left behind in the sessions that others get after us. */
async function leftBehind(direct: string, pooled: string): Promise<unknown> {
  const [own, shared] = [direct, pooled].map((connectionString) => new pg.Client({ connectionString }))
  assert.ok(own && shared)
  await own.connect()
  await shared.connect()
  try {
    const locks = await own.query(
      "select * from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    )
    const waits = await shared.query(
      "select name, setting from pg_settings where source = 'session' and name like '%timeout'",
    )
    const listening = await shared.query('select pg_listening_channels()')
    return [locks.rows, waits.rows, listening.rows]
  } finally {
    await own.end()
    await shared.end()
  }
}

/** Changes from two nodes at once, calls with what they made, and a revocation. @returns how long that took to be known, in ms */
async function drive([one, other]: readonly [TestApp, TestApp]): Promise<number> {
  const made = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const { projects } = (i % 2 ? one : other).admin().organization
      const { id } = await projects.create({ name: `p${i}` })
      const { api_key } = await projects.serviceAccounts.create(id, { name: 'bot' })
      const chat = { model: 'echo', messages: [{ role: 'user' as const, content: 'hello' }] }
      await other.client(api_key?.value ?? '').chat.completions.create(chat)
      return { id, key: api_key ?? assert.fail() }
    }),
  )
  const { projects } = one.admin().organization
  assert.equal((await all(projects.list({ limit: 100 }))).length, 31)
  const used = async () => {
    const query = `start_time=${Math.floor(Date.now() / 86_400_000) * 86_400 - 86_400}`
    const { body } = await one.send('GET', `/v1/organization/usage/completions?limit=2&${query}`)
    return (body.data as { results: { num_model_requests: number }[] }[])
      .flatMap(({ results }) => results)
      .reduce((sum, result) => sum + result.num_model_requests, 0)
  }
  await until(async () => (await used()) === 30, 'every call is in the report')
  const [revoked] = made
  assert.equal(await opens(other, revoked?.key.value ?? ''), null)
  const begun = performance.now()
  await projects.apiKeys.delete(revoked?.key.id ?? '', { project_id: revoked?.id ?? '' })
  await until(
    async () => (await opens(other, revoked?.key.value ?? '')) === 'invalid_api_key',
    'the key is refused',
    UNTOLD_MS,
  )
  return performance.now() - begun
}

describe('behind pgbouncer in transaction mode', { skip: withoutPgbouncer }, () => {
  test('two nodes work; what needs a session of its own goes around it, and nothing is left in those that are shared', async () => {
    await using database = await started()
    await using file = await modelsFile({}, { database: { lock_timeout_ms: 2000 } })
    const env = { GATEHOUSE_DATABASE_DIRECT_URL: database.direct, GATEHOUSE_CONFIG: file.path }
    const lines: string[] = []
    const options = { databaseUrl: database.pooled, env, log: (line: string) => lines.push(line) }
    await using one = await startTestApp(options)
    await using other = await startTestApp(options)
    const hears = sql<{ client_port: number }>`select client_port from pg_stat_activity
      where datname = current_database() and application_name = 'gatehouse changes'`
    await until(async () => (await hears.execute(one.db)).rows.length === 2, 'both nodes listen, around the pooler')
    await drive([one, other])
    const applied = await one.db
      .withTables<{ kysely_migration: { name: string } }>()
      .selectFrom('kysely_migration')
      .select('name')
      .execute()
    assert.equal(applied.length, Object.keys(migrations).length)
    assert.ok(!lines.some((line) => line.includes('behind a pooler')))

    // The waits hold, which a session of the pooler's cannot keep.
    const holder = await openHolder(database.direct)
    await holder.transaction().execute(async (tx) => {
      const organization = await tx.selectFrom('organization').select('id').executeTakeFirstOrThrow()
      await sql`select pg_advisory_xact_lock(hashtextextended(${organization.id}, 0))`.execute(tx)
      const waits = await one.send('POST', '/v1/organization/projects', { body: { name: 'waits' } })
      assert.deepEqual([waits.status, waits.body.error.code], [503, 'service_unavailable'])
    })
    await holder.destroy()
    assert.equal((await one.send('POST', '/v1/organization/projects', { body: { name: 'waits' } })).status, 200)
    assert.deepEqual(await leftBehind(database.direct, database.pooled), [[], [], []])
  })

  for (const [what, settings] of [
    ['that refuses settings of a session', []],
    [
      'that takes no notice of them',
      ['ignore_startup_parameters = statement_timeout, lock_timeout, idle_in_transaction_session_timeout'],
    ],
  ] as const) {
    test(`without another URL two nodes work behind one ${what}: they say what they cannot hear, and know it within five seconds`, async () => {
      await using database = await started(...settings)
      const lines: string[] = []
      const options = { databaseUrl: database.pooled, log: (line: string) => lines.push(line) }
      await using one = await startTestApp(options)
      await using other = await startTestApp(options)
      assert.equal(lines.filter((line) => line.includes('GATEHOUSE_DATABASE_DIRECT_URL')).length, 2)
      await drive([one, other])
      assert.deepEqual(((await leftBehind(database.direct, database.pooled)) as unknown[]).slice(0, 2), [[], []])
    })
  }
})
