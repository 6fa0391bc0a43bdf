import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { until } from '../process/gatehouse.ts'
import { all, opens } from '../sdk/scenario.ts'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'

/** What PostgreSQL has and others that speak its language may not: whoever calls one of these is refused. */
const LACKING =
  'pg_advisory_lock(bigint), pg_advisory_xact_lock(bigint), pg_advisory_unlock(bigint), pg_notify(text, text)'

test('with distributed: true nothing asks PostgreSQL for advisory locks or NOTIFY, and two nodes work and hear of a revocation within five seconds', async () => {
  await using own = await openTestDatabase('postgres')
  const role = `plain_${process.pid}`
  const name = new URL(own.url).pathname.slice(1)
  const owner = new pg.Client({ connectionString: own.url })
  await owner.connect()
  await using stack = new AsyncDisposableStack()
  stack.defer(() => owner.end())
  await owner.query(`create role ${role} login password 'plain'`)
  stack.defer(async () => void (await owner.query(`drop owned by ${role} cascade; drop role ${role}`)))
  await owner.query(`grant all on database ${name} to ${role}; grant all on schema public to ${role}`)
  await owner.query(`revoke execute on function ${LACKING} from public`)
  const url = new URL(own.url)
  url.username = role
  url.password = 'plain'
  const file = stack.use(await modelsFile({}, { database: { distributed: true } }))
  await assert.rejects(startTestApp({ databaseUrl: url.href }), /permission denied for function pg_advisory_xact_lock/)

  const options = { databaseUrl: url.href, env: { GATEHOUSE_CONFIG: file.path } }
  const one = stack.use(await startTestApp(options))
  const other = stack.use(await startTestApp(options))
  const { projects } = one.admin().organization
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (i % 2 ? one : other).admin().organization.projects.create({ name: `${i}` })),
  )
  assert.equal((await all(projects.list())).length, 21)
  const project_id = made[0]?.id ?? ''
  const { api_key } = await projects.serviceAccounts.create(project_id, { name: 'bot' })
  assert.equal(await opens(other, api_key?.value ?? ''), null)
  await projects.apiKeys.delete(api_key?.id ?? '', { project_id })
  const gone = async () => (await opens(other, api_key?.value ?? '')) === 'invalid_api_key'
  await until(gone, 'the key is refused on the other node', 5000)
})
