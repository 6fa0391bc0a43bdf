import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import pg from 'pg'
import type { Recorded } from '../support/recorder.ts'
import { watchBuilders } from '../support/unreached.ts'
import type { Explain } from './plans.ts'
import { allowed } from './plans-allowed.ts'

// Before anything of the program is loaded.
const builders = await watchBuilders()
const { openDb } = await import('../../src/db/open.ts')
const { openMigrated } = await import('../../src/db/open-migrated.ts')
const { databases, openTestDatabase } = await import('../support/databases.ts')
const { dropOrphans, fill } = await import('../support/filled.ts')
const { FULL_MONTH } = await import('../support/filling.ts')
const { startTestApp } = await import('../support/harness.ts')
const { Recorder } = await import('../support/recorder.ts')
const { firstOrganization } = await import('./first-organization.ts')
const { explainOnPostgres, explainOnSqlite } = await import('./plans.ts')
const { walkAdministration, walkBackground, walkCommands, walkCopy, walkDistributed, walkGate } = await import(
  './walk.ts'
)
const { walkSeldom } = await import('./walk-seldom.ts')

const ROWS = 10_000

for (const kind of databases) {
  test(`${kind}: no statement of the program reads more than it needs, however much there is`, async () => {
    await using database = await openTestDatabase(kind)
    const recorder = new Recorder(kind)
    const options = { databaseUrl: database.url, plugins: [recorder] }
    let organizationId = ''
    {
      await using app = await startTestApp({ databaseUrl: database.url })
      const { id } = await firstOrganization(app)
      organizationId = id
      const owner = await app.db.selectFrom('organization_user').select('id').executeTakeFirstOrThrow()
      await app[Symbol.asyncDispose]()
      await fill(database.url, { organizationId: id, ownerId: owner.id, rows: ROWS })
    }
    {
      await using app = await startTestApp(options)
      const own = await firstOrganization(app)
      await walkAdministration(app, own)
      await walkGate(app, own)
      await walkCommands(app, own, recorder)
      assert.equal((await app.send('GET', '/readyz')).status, 200)
    }
    await walkSeldom(options)
    if (kind === 'postgres') await walkDistributed(options)
    const db = await openDb(database.url, { plugins: [recorder], connections: 1 })
    await walkBackground(db, organizationId)
    await db.destroy()
    const statements = [...recorder.statements.values()]
    if (kind === 'sqlite') {
      const file = new DatabaseSync(database.url.slice('sqlite:'.length))
      // Nobody has SQLite count its rows; where somebody did, that must not lead it astray either.
      await judge(statements, explainOnSqlite(file))
      file.exec('analyze')
      await judge(statements, explainOnSqlite(file))
      file.close()
    } else {
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      try {
        await client.query('analyze')
        await judge(statements, explainOnPostgres(client))
        // On the first of a month there is next to nothing in it, and much in those before.
        const spend = ['spend_total', 'spend_of_writer', 'spend_alert_sent']
        for (const table of spend) {
          await client.query(`delete from ${table} where month <> $1`, [FULL_MONTH])
          const few = `select ctid from ${table} limit 2`
          await client.query(`update ${table} set month = '2020-01' where ctid not in (${few})`)
        }
        // As if all had always stood there.
        await client.query(`vacuum full analyze ${spend.join(', ')}`)
        const ofMonths = statements.filter(({ sql }) => spend.some((table) => sql.includes(table)))
        assert.ok(ofMonths.length > 5)
        await judge(ofMonths, explainOnPostgres(client))
      } finally {
        await client.end()
      }
    }
  })
}

test('a database is copied to the other kind and back, by pages, and not into what is full', async () => {
  await using first = await openTestDatabase('sqlite')
  await using second = await openTestDatabase('postgres')
  await using third = await openTestDatabase('sqlite')
  {
    await using app = await startTestApp({ databaseUrl: first.url })
    const { id, ownerId } = await firstOrganization(app)
    await app[Symbol.asyncDispose]()
    await fill(first.url, { organizationId: id, ownerId, rows: 1200 })
    dropOrphans(first.url)
  }
  await walkCopy(first.url, second.url)
  // One that has its tables already, and nothing in them.
  await (await openMigrated(third.url, { serving: false }))[Symbol.asyncDispose]()
  await walkCopy(second.url, third.url)
  await assert.rejects(walkCopy(first.url, third.url), /is not empty/)
})

test('every place that builds a statement was reached', async () => {
  assert.deepEqual(await builders.unreached(), [])
})

async function judge(statements: readonly Recorded[], explain: Explain) {
  const found: string[] = []
  for (const statement of statements) {
    const objections = await explain(statement)
    if (objections.length > 0 && !allowed.some(({ sql }) => statement.sql.replaceAll('"', '').startsWith(sql))) {
      found.push(`${statement.sql.slice(0, 1500)}\n  ${objections.join('\n  ')}`)
    }
  }
  assert.deepEqual(found, [])
}
