import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import { migrate } from '../../src/db/migrate.ts'
import { migrations } from '../../src/db/migrations/index.ts'
import { openDb } from '../../src/db/open.ts'
import type { SchemaChange } from '../../src/db/schema-change.ts'
import { until } from '../process/gatehouse.ts'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'

/** What a later version makes: a table, and (with `oldest`) the end of what versions before it need. */
const later = (name: string, oldest: string | null): SchemaChange => ({
  oldest,
  up: (tx) =>
    tx.schema
      .createTable(`later_${name.slice(0, 4)}`)
      .addColumn('id', 'text')
      .execute(),
})
const ADDS = { '9997-adds': later('9997-adds', null) }
const TAKES = { ...ADDS, '9998-takes': later('9998-takes', '9998-takes') }

async function ready(app: TestApp) {
  const { status, body } = await app.send('GET', '/readyz', { key: null })
  return [status, body.status, body.schema]
}

for (const database of databases) {
  describe(`a running server beside a later version, on ${database}`, { concurrency: true }, () => {
    test('says that a later one only added to the database, and goes on; where that took away, it is not ready, and each is said once', async () => {
      await using own = await openTestDatabase(database)
      const lines: string[] = []
      const told = (what: RegExp) => lines.filter((line) => what.test(line)).length
      await using app = await startTestApp({ databaseUrl: own.url, log: (line) => lines.push(line) })
      const isUp = () => app.metric('gatehouse_dependency_up{dependency="schema"}')
      const changed = (to: string) => app.metric(`gatehouse_dependency_changes_total{dependency="schema",to="${to}"}`)
      const db = await openDb(own.url, { connections: 1, migrating: true })
      try {
        assert.deepEqual([await ready(app), await isUp()], [[200, 'ready', 'own'], 1])
        assert.deepEqual(await migrate(db, { ...migrations, ...ADDS }), ['9997-adds'])
        for (let i = 0; i < 3; i++) assert.deepEqual(await ready(app), [200, 'ready', 'newer'])
        assert.deepEqual([told(/has added to the database/), await isUp()], [1, 1])
        assert.deepEqual(await migrate(db, { ...migrations, ...TAKES }), ['9998-takes'])
        for (let i = 0; i < 3; i++) assert.deepEqual(await ready(app), [503, 'not_ready', 'too_new'])
        assert.deepEqual([told(/cannot work on the database any more/), await isUp(), await changed('away')], [1, 0, 1])
        // It is not stopped: who has no other server is answered as far as that goes.
        assert.equal((await app.admin().organization.projects.create({ name: 'still' })).name, 'still')

        const newest = Object.keys(migrations).sort().at(-1) ?? ''
        await db.updateTable('meta').set({ value: newest }).where('key', '=', 'oldest_schema').execute()
        assert.deepEqual(await ready(app), [200, 'ready', 'newer'])
        assert.deepEqual([told(/can work on the database again/), await isUp(), await changed('there')], [1, 1, 1])
        await sql`delete from kysely_migration where name >= ${newest}`.execute(db)
        assert.deepEqual(await ready(app), [503, 'not_ready', 'older'])
      } finally {
        await db.destroy()
      }
    })

    test('finds it out where nobody asks', async () => {
      await using own = await openTestDatabase(database)
      const lines: string[] = []
      await using app = await startTestApp({ databaseUrl: own.url, log: (line) => lines.push(line) })
      const db = await openDb(own.url, { connections: 1, migrating: true })
      try {
        await migrate(db, { ...migrations, ...TAKES })
      } finally {
        await db.destroy()
      }
      await until(
        () => lines.some((line) => /cannot work on the database any more/.test(line)),
        'the log says it',
        30_000,
      )
      assert.equal(await app.metric('gatehouse_dependency_up{dependency="schema"}'), 0)
    })
  })
}
