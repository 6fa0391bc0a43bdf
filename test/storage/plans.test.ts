import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import pg from 'pg'
import { openDb } from '../../src/db/open.ts'
import type { Organization } from '../contract/organizations.ts'
import { databases, openTestDatabase } from '../support/databases.ts'
import { fill } from '../support/filled.ts'
import { ADMIN_KEY, startTestApp, type TestApp } from '../support/harness.ts'
import { type Recorded, Recorder } from '../support/recorder.ts'
import { watchBuilders } from '../support/unreached.ts'
import { type Explain, explainOnPostgres, explainOnSqlite } from './plans.ts'
import { allowed } from './plans-allowed.ts'
import { walkAdministration, walkBackground, walkCommands, walkGate } from './walk.ts'

const ROWS = 10_000
const builders = await watchBuilders()

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
    }
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
      await client.query('analyze')
      await judge(statements, explainOnPostgres(client)).finally(() => client.end())
    }
  })
}

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

async function firstOrganization(app: TestApp): Promise<Organization> {
  const row = await app.db
    .selectFrom('organization')
    .selectAll()
    .where('name', '=', 'My organization')
    .executeTakeFirstOrThrow()
  const owner = await app.db
    .selectFrom('organization_user')
    .selectAll()
    .where('email', '=', 'owner@localhost')
    .executeTakeFirstOrThrow()
  const key = await app.db
    .selectFrom('admin_api_key')
    .select('id')
    .where('user_id', '=', owner.id)
    .executeTakeFirstOrThrow()
  const names = { id: row.id, defaultProjectId: row.default_project_id, ownerId: owner.id, ownerEmail: owner.email }
  return { ...names, keyId: key.id, key: ADMIN_KEY, admin: app.admin().organization }
}
