import assert from 'node:assert/strict'
import { mkdirSync, rmdirSync } from 'node:fs'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openDb } from '../../src/db/open.ts'
import type { Db } from '../../src/db/tables.ts'
import type { Organization } from '../contract/organizations.ts'
import { Gatehouse, serve, until } from '../process/gatehouse.ts'
import { firstOrganization } from '../storage/first-organization.ts'
import { lists, walkAdministration } from '../storage/walk.ts'
import { type DatabaseKind, openTestDatabase, type TestDatabase } from '../support/databases.ts'
import { dropOrphans, fill } from '../support/filled.ts'
import { ADMIN_KEY, startTestApp, type TestApp } from '../support/harness.ts'
import { cli, refused } from './run.ts'

const hello = { model: 'echo', messages: [{ role: 'user' as const, content: 'hello' }] }
const copyArgs = (from: string, to: string) => ['copy', '--from', from, '--to', to]

type Copied = { rows: number; tables: Record<string, { rows: number; checksum: string }>; notes: string }

/** What a copy printed, and what it said meanwhile. */
async function copied(from: string, to: string): Promise<Copied> {
  const { code, stdout, stderr } = await cli({ databaseUrl: '' }, ...copyArgs(from, to), '--json')
  assert.equal(code, 0, stderr)
  return { ...JSON.parse(stdout), notes: stderr }
}

const isRefused = (from: string, to: string, message: RegExp, code = 1) =>
  refused({ databaseUrl: '' }, code, message, ...copyArgs(from, to))

/** What every list, page and report answers; when keys were last used goes on. */
async function answers(app: TestApp, own: Organization): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const path of lists(own)) {
    const { status, text } = await app.send('GET', `/v1/organization/${path}`, { key: own.key })
    assert.equal(status, 200, `${path}: ${text}`)
    found[path] = text.replaceAll(/(last_used_at":)(?:\d+|null)/g, '$1')
  }
  return found
}

/** A database with as many rows of everything, closed. What refers to nothing, as a filling may, goes. */
async function filled(kind: DatabaseKind, rows: number): Promise<TestDatabase> {
  const database = await openTestDatabase(kind)
  if (kind === 'postgres') {
    await using file = await filled('sqlite', rows)
    await copied(file.url, database.url)
    return database
  }
  {
    await using app = await startTestApp({ databaseUrl: database.url })
    const { id, ownerId } = await firstOrganization(app)
    await app[Symbol.asyncDispose]()
    await fill(database.url, { organizationId: id, ownerId, rows })
  }
  dropOrphans(database.url)
  return database
}

async function onDb(url: string, act: (db: Db) => Promise<unknown>): Promise<void> {
  const db = await openDb(url, { connections: 1 })
  await act(db).finally(() => db.destroy())
}

test('everything is the same on the other side, from SQLite to PostgreSQL, back and on: lists, reports, keys, and what no number holds', async (t) => {
  await using first = await filled('sqlite', 1200)
  let keys = { living: '', revoked: '' }
  let said: Record<string, string> = {}
  {
    await using app = await startTestApp({ databaseUrl: first.url })
    const own = await firstOrganization(app)
    await walkAdministration(app, own)
    const project = await own.admin.projects.create({ name: 'used' })
    const living = await own.admin.projects.serviceAccounts.create(project.id, { name: 'app' })
    const gone = await own.admin.projects.serviceAccounts.create(project.id, { name: 'gone' })
    await own.admin.projects.apiKeys.delete(gone.api_key?.id ?? '', { project_id: project.id })
    keys = { living: living.api_key?.value ?? '', revoked: gone.api_key?.value ?? '' }
    await app.client(keys.living).chat.completions.create(hello)
    await until(async () => (await app.metric('gatehouse_usage_buffered')) === 0, 'the usage')
    said = await answers(app, own)
  }
  assert.ok(Object.keys(said).length > 50)
  await onDb(first.url, async (db) => {
    const spent = {
      organization_id: 'org-x',
      project_id: '',
      month: '2026-11',
      amount_nano: 9_223_372_036_854_775_001n,
    }
    await db.insertInto('spend_total').values(spent).execute()
    const level = { organization_id: 'org-x', key: 'k', level: 0.1 + 0.2, maximum: 5, at_ms: Date.now() }
    await db.insertInto('limit_level').values(level).execute()
  })
  await using stack = new AsyncDisposableStack()
  const kinds: DatabaseKind[] = ['postgres', 'sqlite', 'sqlite']
  const targets: string[] = []
  let before: Copied['tables'] | null = null
  for (const kind of kinds) {
    const { url } = stack.use(await openTestDatabase(kind))
    const printed = await copied(targets.at(-1) ?? first.url, url)
    assert.deepEqual(printed.tables, before ?? printed.tables)
    assert.match(printed.notes, /^copied 1000 rows of audit_log$/m)
    assert.match(printed.notes, /^compared \d+ rows of audit_log$/m)
    t.diagnostic(`to ${kind}: ${printed.rows} rows`)
    before = printed.tables
    targets.push(url)
  }
  const empty = Object.entries(before ?? {}).filter(([, { rows }]) => rows === 0)
  assert.deepEqual(empty, [])
  for (const databaseUrl of [targets[0] ?? '', targets[2] ?? '']) {
    await onDb(databaseUrl, async (db) => {
      const big = sql<{
        text: string
      }>`select cast(amount_nano as text) as text from spend_total where organization_id = 'org-x'`
      assert.equal((await big.execute(db)).rows[0]?.text, '9223372036854775001')
      const { level } = await db
        .selectFrom('limit_level')
        .select('level')
        .where('organization_id', '=', 'org-x')
        .executeTakeFirstOrThrow()
      assert.equal(level, 0.1 + 0.2)
      await db.deleteFrom('spend_total').where('organization_id', '=', 'org-x').execute()
    })
    await using app = await startTestApp({ databaseUrl })
    const own = await firstOrganization(app)
    assert.deepEqual(await answers(app, own), said)
    assert.match(JSON.stringify(await app.client(keys.living).chat.completions.create(hello)), /hello/)
    await assert.rejects(app.client(keys.revoked).models.list(), { status: 401 })
    await own.admin.projects.create({ name: 'it goes on' })
  }
})

for (const [from, to] of [
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
] as const) {
  test(`${from} to ${to}: a copy that is killed goes on where it was, and ends with the same; nobody serves a part of one`, async (t) => {
    await using source = await filled(from, 2500)
    await using whole = await openTestDatabase('sqlite')
    const { tables } = await copied(source.url, whole.url)
    await using target = await openTestDatabase(to)
    const order = Object.keys(tables)
    let at = 0
    for (const table of ['project', 'project_api_key', 'audit_log', 'usage_rollup']) {
      await using copying = new Gatehouse(copyArgs(source.url, target.url))
      await until(() => copying.stderr.includes(`of ${table}\n`), table)
      copying.signal('SIGKILL')
      await copying.ended
      const [, begun = ''] = /^copied \d+ rows of (\w+)$/m.exec(copying.stderr) ?? []
      assert.ok(order.indexOf(begun) >= at, `${begun} after ${order[at]}`)
      at = order.indexOf(table)
    }
    const { code, stderr } = await cli({ databaseUrl: target.url }, 'serve')
    assert.equal(code, 1)
    assert.match(stderr, /holds a part of a copy: `gatehouse copy` goes on with it/)
    const ended = await copied(source.url, target.url)
    const [, begun = ''] = /^copied \d+ rows of (\w+)$/m.exec(ended.notes) ?? []
    t.diagnostic(`the last run began with ${begun}`)
    assert.ok(order.indexOf(begun) >= at)
    assert.deepEqual(ended.tables, tables)
    await using app = await startTestApp({ databaseUrl: target.url })
    assert.equal((await app.send('GET', '/readyz', { key: null })).status, 200)
  })
}

test('a copy into what holds anything, from what is served, or of another schema is refused in words', async () => {
  await using source = await filled('sqlite', 1500)
  await using other = await filled('sqlite', 1500)
  await using postgres = await filled('postgres', 1500)
  await using target = await openTestDatabase('sqlite')
  await using target2 = await openTestDatabase('sqlite')
  const missing = `${source.url}.none`
  await isRefused(missing, target.url, /there is no file .*\.none/)
  await isRefused('sqlite::memory:', target.url, /server's alone/, 2)
  await isRefused('mysql://x', target.url, /postgres:\/\//, 2)
  for (const { url } of [other, postgres]) await isRefused(source.url, url, /is not empty: its table \w+ has rows/)
  await isRefused(source.url, source.url, /is not empty|serves/)
  for (const { url } of [source, postgres]) {
    await using _server = await serve({ env: { GATEHOUSE_DATABASE_URL: url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY } })
    await isRefused(url, target.url, /another process serves|is being served: stop its servers/)
  }
  const folder = `${source.url.slice('sqlite:'.length)}-usage`
  mkdirSync(folder)
  await isRefused(source.url, target.url, /usage waits to be written beside/)
  rmdirSync(folder)

  // A part of the copy of one is no place for another, and what changed meanwhile is told.
  await using copying = new Gatehouse(copyArgs(source.url, target.url))
  await until(() => copying.stderr.includes('of audit_log\n'), 'half of it')
  copying.signal('SIGKILL')
  await copying.ended
  await isRefused(other.url, target.url, /holds an unfinished copy of another database/)
  await onDb(source.url, (db) =>
    sql`update project set name = 'another' where id = (select min(id) from project)`.execute(db),
  )
  await isRefused(
    source.url,
    target.url,
    /project differs \(\d+ rows with the checksum .*\): something has changed meanwhile/,
  )

  await onDb(source.url, (db) => sql`delete from kysely_migration where name >= '0046'`.execute(db))
  await isRefused(source.url, target2.url, /the schema of an earlier version: `gatehouse migrate`/)
  await onDb(source.url, (db) => sql`insert into kysely_migration values ('9999-x', 'y')`.execute(db))
  await isRefused(source.url, target2.url, /a later version/)
})
