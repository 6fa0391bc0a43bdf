import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { openTestDatabase, type TestDatabase } from '../support/databases.ts'
import { Gatehouse, type Server, serve, until } from './gatehouse.ts'

const ADMIN_KEY = 'sk-admin-for_tests_only_0123456789abcdefghijklmnop'
const ROUNDS = 4
const CLIENTS = 4

/** What a server has acknowledged: a client that was told so relies on it. */
type Acknowledged = {
  projects: { id: string; name: string | null }[]
  accounts: { id: string; project: string; key: { id: string; value: string } | null }[]
  invites: { id: string; email: string }[]
}

const client = (server: Server, key = ADMIN_KEY) =>
  new OpenAI({ baseURL: `${server.url}/v1`, adminAPIKey: key, apiKey: key, maxRetries: 0 })
const size = ({ projects, accounts, invites }: Acknowledged) => projects.length + accounts.length + invites.length

/** Creates until the server is gone. A connection that breaks is the crash; any answer that is no success is a failure. */
async function createUntilTheEnd(server: Server, name: string, seen: Acknowledged): Promise<void> {
  const { projects, invites } = client(server).admin.organization
  try {
    for (let i = 0; ; i++) {
      const project = await projects.create({ name: `${name}-${i}` })
      seen.projects.push({ id: project.id, name: project.name ?? null })
      const withKey = await projects.serviceAccounts.create(project.id, { name })
      seen.accounts.push({ id: withKey.id, project: project.id, key: withKey.api_key })
      const bare = await projects.serviceAccounts.create(project.id, { name, create_service_account_only: true })
      seen.accounts.push({ id: bare.id, project: project.id, key: bare.api_key })
      const invite = await invites.create({ email: `${name}-${i}@example.com`, role: 'reader' })
      seen.invites.push({ id: invite.id, email: invite.email })
    }
  } catch (error) {
    if (!(error instanceof OpenAI.APIConnectionError)) throw error
  }
}

/** Asks the server for everything that was acknowledged, as those who were told would. */
async function stillThere(server: Server, seen: Acknowledged): Promise<void> {
  const { projects, invites } = client(server).admin.organization
  const found = new Map<string, string | null>()
  for await (const project of projects.list({ limit: 100 })) found.set(project.id, project.name ?? null)
  for await (const invite of invites.list({ limit: 100 })) found.set(invite.id, invite.email)
  for (const { id, name } of seen.projects) assert.equal(found.get(id), name)
  for (const { id, email } of seen.invites) assert.equal(found.get(id), email)
  for (const { id, project, key } of seen.accounts) {
    const account = await projects.serviceAccounts.retrieve(id, { project_id: project })
    assert.equal(account.role, key ? 'member' : 'none')
    if (key) assert.equal((await client(server, key.value).models.list()).data[0]?.id, 'echo')
  }
}

/** What must never be: each statement finds things that are half done. */
const halfDone = {
  'projects that nobody recorded': `select id from project where id not in
    (select resource_id from audit_log where type = 'project.created')`,
  'records of projects that are not there': `select resource_id from audit_log where type = 'project.created'
    and resource_id not in (select id from project)`,
  'service accounts that nobody recorded': `select id from service_account where id not in
    (select resource_id from audit_log where type = 'service_account.created')`,
  'records of service accounts that are not there': `select resource_id from audit_log
    where type = 'service_account.created' and resource_id not in (select id from service_account)`,
  'keys that nobody recorded': `select id from project_api_key where id not in
    (select resource_id from audit_log where type = 'api_key.created')`,
  'records of keys that are not there': `select resource_id from audit_log where type = 'api_key.created'
    and resource_id not in (select id from project_api_key union select id from admin_api_key)`,
  'invites that nobody recorded': `select id from invite where id not in
    (select resource_id from audit_log where type = 'invite.sent')`,
  'records of invites that are not there': `select resource_id from audit_log where type = 'invite.sent'
    and resource_id not in (select id from invite)`,
  'things recorded twice': `select resource_id from audit_log where type like '%.created' or type = 'invite.sent'
    group by type, resource_id having count(*) > 1`,
  'service accounts with a role and no key, or the other way round': `select id from service_account where
    (role = 'member') <> (1 = (select count(*) from project_api_key k where k.service_account_id = service_account.id))`,
  'rows that refer to nothing': 'select "table" from pragma_foreign_key_check',
  damage: "select integrity_check from pragma_integrity_check where integrity_check <> 'ok'",
}

function nothingIsHalfDone({ url }: TestDatabase): void {
  using db = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true })
  for (const [what, sql] of Object.entries(halfDone)) assert.deepEqual(db.prepare(sql).all(), [], what)
}

test('kill -9 while several clients create loses nothing that was acknowledged and leaves nothing half done', async () => {
  await using database = await openTestDatabase('sqlite')
  const env = { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY }
  const rounds: Acknowledged[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await using server = await serve({ env })
    const seen: Acknowledged = { projects: [], accounts: [], invites: [] }
    const names = Array.from({ length: CLIENTS }, (_, i) => `round-${round}-client-${i}`)
    const clients = Promise.all(names.map((name) => createUntilTheEnd(server, name, seen)))
    // Never at the same point of the work: after some acknowledgements, and then anywhere within the next few.
    await until(() => size(seen) >= 25 + 15 * round, 'enough was acknowledged')
    await sleep(Math.random() * 25)
    server.signal('SIGKILL')
    assert.equal((await server.ended).signal, 'SIGKILL')
    await clients

    await using next = await serve({ env })
    await stillThere(next, seen)
    nothingIsHalfDone(database)
    rounds.push(seen)
  }
  await using last = await serve({ env })
  for (const seen of rounds) await stillThere(last, seen)
})

test('kill -9 during a first start leaves a database that the next start can use', async () => {
  await using database = await openTestDatabase('sqlite')
  const env = { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_PORT: '0' }
  const begun = performance.now()
  await (await serve({ env: { GATEHOUSE_DATABASE_URL: 'sqlite::memory:' } }))[Symbol.asyncDispose]()
  const wholeStartMs = performance.now() - begun
  for (const share of [0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9]) {
    const server = new Gatehouse(['serve'], { env })
    await sleep(wholeStartMs * share)
    await server[Symbol.asyncDispose]()
  }
  await using server = await serve({ env: { ...env, GATEHOUSE_ADMIN_KEY: ADMIN_KEY } })
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
  nothingIsHalfDone(database)
  using db = new DatabaseSync(database.url.slice('sqlite:'.length), { readOnly: true })
  const rows = (table: string) => db.prepare(`select count(*) as n from ${table}`).get()?.n
  assert.deepEqual(['organization', 'organization_user', 'project', 'admin_api_key'].map(rows), [1, 1, 1, 1])
})

test('what looks for half-done things finds them', async () => {
  await using database = await openTestDatabase('sqlite')
  await using server = await serve({ env: { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY } })
  const { id } = await client(server).admin.organization.projects.create({ name: 'p' })
  const account = await client(server).admin.organization.projects.serviceAccounts.create(id, { name: 'a' })
  nothingIsHalfDone(database)
  using db = new DatabaseSync(database.url.slice('sqlite:'.length))
  db.prepare('delete from project_api_key where service_account_id = ?').run(account.id)
  assert.throws(() => nothingIsHalfDone(database), /records of keys that are not there/)
  db.prepare("delete from audit_log where type = 'api_key.created'").run()
  assert.throws(() => nothingIsHalfDone(database), /service accounts with a role and no key/)
})
