import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { migrate } from '../../src/db/migrate.ts'
import { migrations } from '../../src/db/migrations/index.ts'
import { openDb } from '../../src/db/open.ts'
import type { OpenedDb } from '../../src/db/tables.ts'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { knownTables } from '../support/tables.ts'

const main = join(import.meta.dirname, '../../src/main.ts')

const tablesOf = async (db: OpenedDb) => (await db.introspection.getTables()).map(({ name }) => name).sort()

/** What a program with other migrations would do to the database. */
const migrateWith = (db: OpenedDb, own: Record<string, Migration>) =>
  new Migrator({ db, provider: { getMigrations: async () => own } }).migrateToLatest()

const makes = (...names: string[]): Migration => ({
  async up(db) {
    for (const name of names) await db.schema.createTable(name).addColumn('id', 'text').execute()
  },
})

for (const kind of databases) {
  describe(`migrations on ${kind}`, () => {
    test('an empty database gets every table, and a second time changes nothing', async () => {
      await using own = await openTestDatabase(kind)
      const db = await openDb(own.url)
      try {
        assert.deepEqual(await migrate(db), Object.keys(migrations).sort())
        assert.deepEqual(await tablesOf(db), knownTables)
        await db.insertInto('meta').values({ key: 'kept', value: 'yes' }).execute()
        assert.deepEqual(await migrate(db), [])
        assert.deepEqual(
          (await db.selectFrom('meta').selectAll().where('key', '=', 'kept').execute()).map(({ value }) => value),
          ['yes'],
        )
      } finally {
        await db.destroy()
      }
    })

    test('of migrations that fail on their way nothing is left, and the next start can do them', async () => {
      await using own = await openTestDatabase(kind)
      const db = await openDb(own.url)
      try {
        const good = makes('first')
        const bad: Migration = {
          async up(tx) {
            await makes('second').up(tx)
            await tx.schema.createTable('first').addColumn('id', 'text').execute()
          },
        }
        const failed = await migrateWith(db, { '0001-good': good, '0002-bad': bad })
        assert.ok(failed.error)
        assert.deepEqual(await tablesOf(db), [])
        const mended = await migrateWith(db, { '0001-good': good, '0002-bad': makes('second', 'third') })
        assert.equal(mended.error, undefined)
        assert.deepEqual(await tablesOf(db), ['first', 'second', 'third'])
      } finally {
        await db.destroy()
      }
    })

    test('whose the responses of an earlier release were is known of them as things of one kind', async () => {
      await using own = await openTestDatabase(kind)
      const db = await openDb(own.url)
      try {
        const { '0045-owned': _, ...earlier } = migrations
        const before = Object.fromEntries(Object.entries(earlier).filter(([name]) => name < '0045-owned'))
        assert.equal((await migrateWith(db, before)).error, undefined)
        const rows = ['a', 'b'].map((name) => ({
          ...{ organization_id: `org-${name}`, project_id: `proj_${name}`, upstream: 'main' },
          expires_at: 2_000_000_000,
        }))
        for (const [i, row] of rows.entries()) {
          const names = Object.keys(row).map((column) => sql.ref(column))
          await sql`insert into response_owner (response_id, ${sql.join(names)})
            values (${`resp_${i}`}, ${sql.join(Object.values(row))})`.execute(db)
        }
        assert.ok((await migrate(db)).includes('0045-owned'))
        assert.deepEqual(await tablesOf(db), knownTables)
        const found = await db.selectFrom('owned').selectAll().orderBy('id').execute()
        const expected = rows.map((row, i) => ({
          ...{ kind: 'response', id: `resp_${i}`, ...row },
          ...{ response_id: null, made_at: null, label: null },
        }))
        assert.deepEqual(
          found.map((row) => ({ ...row })),
          expected,
        )
      } finally {
        await db.destroy()
      }
    })

    test('a failing migration leaves what earlier releases made as it was', async () => {
      await using own = await openTestDatabase(kind)
      const db = await openDb(own.url)
      try {
        await migrate(db)
        await db.insertInto('meta').values({ key: 'kept', value: 'yes' }).execute()
        const bad: Migration = {
          async up(tx) {
            await tx.schema.alterTable('meta').addColumn('more', 'text').execute()
            await tx.deleteFrom('meta').execute()
            throw new Error('out of luck')
          },
        }
        const { error } = await migrateWith(db, { ...migrations, '9999-bad': bad })
        assert.match(String(error), /out of luck/)
        const rows = await db.selectFrom('meta').selectAll().where('key', '=', 'kept').execute()
        assert.deepEqual(
          rows.map((row) => ({ ...row })),
          [{ key: 'kept', value: 'yes' }],
        )
        assert.deepEqual(await migrate(db), [])
      } finally {
        await db.destroy()
      }
    })

    test('an older program goes on where a newer one only added to the database, and refuses it otherwise', async () => {
      await using own = await openTestDatabase(kind)
      const db = await openDb(own.url)
      const says = (value: string | null) =>
        value === null
          ? db.deleteFrom('meta').where('key', '=', 'oldest_schema').execute()
          : db.updateTable('meta').set({ value }).where('key', '=', 'oldest_schema').execute()
      try {
        await migrate(db)
        const oldest = async () =>
          (await db.selectFrom('meta').selectAll().execute()).map(({ key, value }) => [key, value])
        assert.deepEqual(await oldest(), [['oldest_schema', '0046-sparse-lists']])
        await migrateWith(db, { ...migrations, '9998-later': makes('later') })
        assert.deepEqual(await migrate(db), [])
        {
          await using app = await startTestApp({ databaseUrl: own.url })
          assert.equal((await app.admin().organization.projects.create({ name: 'still' })).name, 'still')
        }
        for (const what of ['9998-later', null]) {
          await says(what)
          await assert.rejects(migrate(db), /later version/)
          await assert.rejects(startTestApp({ databaseUrl: own.url }), /later version/)
        }
        assert.deepEqual(await tablesOf(db), [...knownTables, 'later'].sort())
      } finally {
        await db.destroy()
      }
    })

    test('a program refuses a database that has a later migration and lacks one of its own', async () => {
      await using own = await openTestDatabase(kind)
      const db = await openDb(own.url)
      try {
        const names = Object.keys(migrations).sort()
        const earlier = Object.fromEntries(names.slice(0, -1).map((name) => [name, migrations[name] ?? assert.fail()]))
        await migrateWith(db, { ...earlier, '9999-later': makes('later') })
        const row = { key: 'oldest_schema', value: names.at(-2) ?? '' }
        await db.insertInto('meta').values(row).execute()
        await assert.rejects(migrate(db), /later version/)
      } finally {
        await db.destroy()
      }
    })

    test('processes that migrate one empty database at the same moment all succeed, and it is done once', async () => {
      await using own = await openTestDatabase(kind)
      const env = { ...process.env, GATEHOUSE_DATABASE_URL: own.url }
      const run = () => promisify(execFile)(process.execPath, [main, 'migrate', '--json'], { env })
      const done = await Promise.all(Array.from({ length: 5 }, run))
      const said = done.map(({ stdout }) => JSON.parse(stdout))
      const applied = Object.keys(migrations).sort()
      assert.deepEqual(said.flatMap((one) => one.applied).sort(), applied)
      for (const { object, schema } of said) assert.deepEqual([object, schema], ['migrations', applied.at(-1)])
      const db = await openDb(own.url)
      try {
        assert.deepEqual(await tablesOf(db), knownTables)
      } finally {
        await db.destroy()
      }
    })

    test('connections of one process that migrate at the same moment all succeed', async () => {
      await using own = await openTestDatabase(kind)
      const all = await Promise.all(Array.from({ length: 3 }, () => openDb(own.url)))
      try {
        const applied = await Promise.all(all.map((db) => migrate(db)))
        assert.deepEqual(applied.flat(), Object.keys(migrations).sort())
      } finally {
        for (const db of all) await db.destroy()
      }
    })
  })
}

test('who can still work on a database is named by a migration that is not later than the one that says so', () => {
  const names = Object.keys(migrations).sort()
  for (const name of names) {
    const { oldest } = migrations[name] ?? assert.fail()
    if (oldest === null) continue
    assert.ok(names.includes(oldest), `${name} names ${oldest}, which is none`)
    assert.ok(oldest <= name || name <= '0046-sparse-lists', `${name} asks for ${oldest}`)
  }
})
