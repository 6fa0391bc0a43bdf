import { sql } from 'kysely'
import { startApp } from '../src/app.ts'
import { readConfig } from '../src/config/settings.ts'
import { idSource } from '../src/core/id.ts'
import { openDb } from '../src/db/open.ts'
import type { Db } from '../src/db/tables.ts'
import { databases, openTestDatabase } from '../test/support/databases.ts'
import { ADMIN_KEY } from '../test/support/harness.ts'

/*
 * Lists cost what their page costs, however many rows there are: the first page of 1,000 rows against the first and the last
 * page of 100,000, for projects, users and keys, asked in turn so that a slow moment of the machine hits all alike.
 */
const SMALL = 1000
const LARGE = 100_000
const ROUNDS = 60
const newId = idSource(Date.now)

type Filled = { project: string; lastProject: string; lastUser: string; lastKey: string }

async function fill(db: Db, organizationId: string, rows: number): Promise<Filled> {
  const made = <T>(make: (i: number) => T) => Array.from({ length: rows }, (_, i) => make(i))
  const shared = { organization_id: organizationId, created_at: 1 }
  const users = made((i) => ({
    ...shared,
    id: newId('user'),
    email: `u${i}of${rows}@example.com`,
    email_key: `u${i}of${rows}@example.com`,
    name: 'u',
    role: 'reader' as const,
    technical_level: null,
    developer_persona: null,
    removed_at: null,
    api_key_last_used_at: null,
  }))
  const projects = made(() => ({ ...shared, id: newId('project'), name: 'p', archived_at: null }))
  const project = projects[0]?.id ?? ''
  const account = { ...shared, id: newId('serviceAccount'), project_id: project, name: 's', role: 'member' as const }
  const keys = made(() => {
    const id = newId('key')
    const owner = { project_id: project, user_id: null, service_account_id: account.id, owner_standing: 'own' as const }
    const never = { expires_at: null, last_used_at: null }
    return { ...shared, ...owner, ...never, id, name: 'k', hash: id, redacted_value: 'sk-', scopes: '[]' }
  })
  const batches = <T>(all: T[]) =>
    Array.from({ length: Math.ceil(all.length / 1000) }, (_, i) => all.slice(i * 1000, i * 1000 + 1000))
  await db.transaction().execute(async (tx) => {
    for (const batch of batches(users)) await tx.insertInto('organization_user').values(batch).execute()
    for (const batch of batches(projects)) await tx.insertInto('project').values(batch).execute()
    await tx.insertInto('service_account').values(account).execute()
    for (const batch of batches(keys)) await tx.insertInto('project_api_key').values(batch).execute()
  })
  const beforeLast = <T extends { id: string }>(all: T[]) => all.at(-21)?.id ?? ''
  return { project, lastProject: beforeLast(projects), lastUser: beforeLast(users), lastKey: beforeLast(keys) }
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** A server whose one organization has that many of each. */
async function serveFilled(kind: (typeof databases)[number], rows: number) {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase(kind))
  const env = {
    GATEHOUSE_ADMIN_KEY: ADMIN_KEY,
    GATEHOUSE_PORT: '0',
    GATEHOUSE_DATABASE_URL: database.url,
    GATEHOUSE_LOG_LEVEL: 'error',
  }
  const app = stack.use(await startApp(readConfig(env)))
  const db = await openDb(database.url)
  stack.defer(() => db.destroy())
  const { id } = await db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const filled = await fill(db, id, rows)
  if (kind === 'postgres') await sql`analyze`.execute(db)
  const timed = async (path: string) => {
    const start = performance.now()
    const reply = await fetch(`${app.url}/v1/organization/${path}`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    })
    const { data } = (await reply.json()) as { data: unknown[] }
    if (data.length !== 20) throw new Error(`${path}: ${data.length} rows, expected 20`)
    return performance.now() - start
  }
  const rest = stack.move()
  return { filled, timed, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

const paths = (filled: Filled) => ({
  projects: ['projects', `projects?after=${filled.lastProject}`],
  users: ['users', `users?after=${filled.lastUser}`],
  keys: [`projects/${filled.project}/api_keys`, `projects/${filled.project}/api_keys?after=${filled.lastKey}`],
})

for (const kind of databases) {
  await using small = await serveFilled(kind, SMALL)
  await using large = await serveFilled(kind, LARGE)
  for (const name of ['projects', 'users', 'keys'] as const) {
    const [first = ''] = paths(small.filled)[name]
    const [start = '', end = ''] = paths(large.filled)[name]
    const times = { base: [] as number[], first: [] as number[], last: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      times.base.push(await small.timed(first))
      times.first.push(await large.timed(start))
      times.last.push(await large.timed(end))
    }
    const base = median(times.base)
    const ratio = (of: number[]) => `x${(median(of) / base).toFixed(2)}`
    const line = `${kind} ${name}: ${SMALL} rows ${base.toFixed(2)} ms; ${LARGE} rows: first page ${ratio(times.first)}, last page ${ratio(times.last)}`
    process.stdout.write(`${line}\n`)
  }
}
process.exit(0)
