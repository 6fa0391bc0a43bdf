import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import OpenAI from 'openai'
import { migrate } from '../../src/db/migrate.ts'
import { migrations } from '../../src/db/migrations/index.ts'
import { oldestOf } from '../../src/db/oldest.ts'
import { openDb } from '../../src/db/open.ts'
import type { SchemaChange } from '../../src/db/schema-change.ts'
import { all } from '../sdk/scenario.ts'
import { openTestDatabase } from '../support/databases.ts'
import { checkOutPinned, PINNED, withoutPinned } from './earlier.ts'
import { endsWithin, gatehouse, type Server, serve, until } from './gatehouse.ts'

const ADMIN_KEY = 'sk-admin-for_tests_only_0123456789abcdefghijklmnop'
const ROUNDS = 4
/** What every node promises of what others revoke. */
const REVOKED_MS = 5000

const client = ({ url }: Server, key = ADMIN_KEY) =>
  new OpenAI({ baseURL: `${url}/v1`, adminAPIKey: key, apiKey: key, maxRetries: 0 })

/** What was done to the database together. */
type Done = { projects: string[]; calls: number }

/**
 * Changes on one node that are read on the other, calls of models on both, and a revocation; then the other way round. Whatever
 * a node answers beside success fails the test.
 */
async function drive(nodes: readonly [Server, Server], done: Done): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const [writes, reads] = (round % 2 ? nodes.toReversed() : nodes) as [Server, Server]
    const [here, there] = [client(writes).admin.organization, client(reads).admin.organization]
    const project = await here.projects.create({ name: `round ${done.projects.length}` })
    assert.equal((await there.projects.retrieve(project.id)).name, project.name)
    const account = await there.projects.serviceAccounts.create(project.id, { name: 'bot' })
    const spare = await here.projects.serviceAccounts.apiKeys.create(account.id, { project_id: project.id })
    const group = await here.groups.create({ name: `group ${project.id}` })
    const role = await there.roles.create({ role_name: `role ${project.id}`, permissions: ['api.groups.read'] })
    await here.groups.roles.create(group.id, { role_id: role.id })
    assert.equal((await all(there.groups.roles.list(group.id))).length, 1)
    await there.invites.create({ email: `${project.id}@example.com`, role: 'reader' })
    await here.projects.update(project.id, { name: `${project.name}, renamed` })

    const ask = (node: Server, key: string) =>
      client(node, key).chat.completions.create({ model: 'echo', messages: [{ role: 'user', content: 'hello' }] })
    for (const node of [writes, reads, writes, reads]) {
      const answer = await ask(node, account.api_key?.value ?? '')
      assert.equal(answer.choices[0]?.message.content, 'hello')
      done.calls++
    }
    await ask(reads, spare.value)
    done.calls++
    await here.projects.apiKeys.delete(spare.id, { project_id: project.id })
    const refused = () =>
      ask(reads, spare.value).then(
        () => done.calls++ < 0,
        (error) => error instanceof OpenAI.APIError && error.status === 401,
      )
    await until(refused, 'the key is refused on the other node', REVOKED_MS)
    done.projects.push(`${project.name}, renamed`)
  }
}

/** Whether both nodes tell the whole story alike: what is there, what was recorded, and what was used. */
async function agree(nodes: readonly [Server, Server], { projects, calls }: Done): Promise<void> {
  const day = Math.floor(Date.now() / 86_400_000) * 86_400
  for (const node of nodes) {
    const { organization } = client(node).admin
    const names = (await all(organization.projects.list({ limit: 100 }))).map(({ name }) => name)
    assert.deepEqual(names.slice(1), projects)
    const used = async () => {
      const { data } = await organization.usage.completions({ start_time: day - 86_400, limit: 3 })
      const results = data.flatMap((bucket) => bucket.results)
      return results.reduce((sum, one) => sum + ('num_model_requests' in one ? (one.num_model_requests ?? 0) : 0), 0)
    }
    await until(async () => (await used()) === calls, `all ${calls} calls are in the report`)
    const events = await all(organization.auditLogs.list({ limit: 100, event_types: ['project.created'] }))
    // The default project is one of them.
    assert.equal(events.length, projects.length + 1)
  }
}

async function stop(server: Server): Promise<void> {
  server.signal('SIGTERM')
  assert.equal((await endsWithin(server, 15_000)).code, 0)
}

const skip = await withoutPinned()

describe('a rolling upgrade on one PostgreSQL', () => {
  test(`a process of commit ${PINNED.slice(0, 7)} works on beside this version, while the schema is changed and after`, {
    skip,
  }, async () => {
    await using earlier = await checkOutPinned()
    await using database = await openTestDatabase('postgres')
    const env = { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY }
    await using old = await serve({ env, checkout: earlier.path })
    await using new_ = await serve({ env })
    const done: Done = { projects: [], calls: 0 }
    await drive([old, new_], done)
    const db = await openDb(database.url, { connections: 1 })
    try {
      const known: object = (await import(pathToFileURL(join(earlier.path, 'src/db/migrations/index.ts')).href))
        .migrations
      const [oldest, newest = ''] = [await oldestOf(db), Object.keys(known).sort().at(-1)]
      assert.ok((oldest ?? '') <= newest, `a migration contracts: PINNED must be a commit that knows ${oldest}`)
      // Of tables that both are writing to.
      await Promise.all([drive([old, new_], done), makeLater(database.url)])
    } finally {
      await db.destroy()
    }
    await drive([old, new_], done)
    await agree([old, new_], done)
    await stop(old)
    await using another = await serve({ env })
    await drive([new_, another], done)
    await agree([new_, another], done)
  })

  test('a process goes on, and starts again, where a later version only added to the database; where that took away, it refuses to start in words', async () => {
    await using database = await openTestDatabase('postgres')
    const env = { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY }
    await using running = await serve({ env })
    const done: Done = { projects: [], calls: 0 }
    const db = await openDb(database.url, { connections: 1 })
    try {
      await Promise.all([drive([running, running], done), makeLater(database.url)])
      await using again = await serve({ env })
      await drive([running, again], done)
      await agree([running, again], done)
      await sql`update meta set value = '9999-later' where key = 'oldest_schema'`.execute(db)
      for (const args of [['serve', '--port', '0'], ['migrate']]) {
        const { code, stderr } = await gatehouse(args, { env })
        assert.equal(code, 1)
        assert.match(stderr, /^gatehouse: .*later version of Gatehouse, and this one cannot work on it any more.*\n$/)
      }
    } finally {
      await db.destroy()
    }
  })
})

/** What the next version may do: columns in tables that are written all the time, a table, an index. */
async function makeLater(url: string): Promise<void> {
  const later: SchemaChange = {
    oldest: null,
    async up(tx) {
      await sql`alter table project add column later text not null default 'x'`.execute(tx)
      await sql`alter table audit_log add column later bigint`.execute(tx)
      await sql`create table later (id text primary key)`.execute(tx)
      await sql`create index later_usage on usage_rollup (project_id)`.execute(tx)
    },
  }
  const db = await openDb(url, { connections: 1, migrating: true })
  const made = await migrate(db, { ...migrations, '9999-later': later }).finally(() => db.destroy())
  assert.equal(made.at(-1), '9999-later')
}
