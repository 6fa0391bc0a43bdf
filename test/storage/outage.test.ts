import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import { isUnavailable } from '../../src/db/errors.ts'
import { until } from '../process/gatehouse.ts'
import { all, opens } from '../sdk/scenario.ts'
import { openPostgres } from '../support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../support/harness.ts'
import { openHolder } from '../support/holder.ts'
import { freePort } from '../support/ports.ts'
import { startPostgres } from '../support/postgres.ts'

const skip = process.env.TEST_POSTGRES_URL ? 'the PostgreSQL of TEST_POSTGRES_URL is not ours to stop' : false

function assertUnavailable({ status, body, headers }: Reply, what: string) {
  assert.equal(status, 503, what)
  assert.deepEqual([body.error.code, body.error.type, body.error.param], ['service_unavailable', 'server_error', null])
  assert.ok(Number(headers.get('retry-after')) >= 1, what)
  assert.match(headers.get('x-request-id') ?? '', /^req_/, what)
}

/** Waits until the server says that it can work again. */
const recovered = (app: TestApp) =>
  until(async () => (await app.send('GET', '/readyz', { key: null })).status === 200, 'the server can work again')

describe('while PostgreSQL is stopped', { skip }, () => {
  test('every door answers 503 and never 401, and everything works again by itself when it is back', async () => {
    const lines: string[] = []
    await using server = await startPostgres()
    await using database = await openPostgres(server)
    await using app = await startTestApp({ databaseUrl: database.url, log: (line) => lines.push(line) })
    const { projects } = app.admin().organization
    const { id } = await projects.create({ name: 'before' })
    const account = await projects.serviceAccounts.create(id, { name: 'bot' })
    const cold = await projects.serviceAccounts.apiKeys.create(account.id, { project_id: id })
    const warm = account.api_key?.value ?? ''
    assert.equal(await opens(app, warm), null)

    await server.stop()
    try {
      const chat = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }
      const calls: [method: string, path: string, options: object][] = [
        ['GET', '/v1/organization/projects', {}],
        ['POST', '/v1/organization/projects', { body: { name: 'during' } }],
        ['DELETE', `/v1/organization/projects/${id}/api_keys/${cold.id}`, {}],
        ['GET', '/v1/organization/projects', { key: `sk-admin-${'x'.repeat(40)}` }],
        ['POST', '/v1/organization/invites/accept', { key: null, body: { token: 'x', name: 'x' } }],
        ['POST', '/v1/organization/sign_in', { key: null, body: { email: 'a@example.com', password: 'x' } }],
        ['GET', '/v1/models', { key: cold.value }],
        ['POST', '/v1/chat/completions', { key: cold.value, body: chat }],
      ]
      for (const [method, path, options] of calls) {
        assertUnavailable(await app.send(method, path, options), `${method} ${path}`)
      }
      const ready = await app.send('GET', '/readyz', { key: null })
      assert.deepEqual([ready.status, ready.body.database], [503, 'unavailable'])
      for (const path of ['/healthz', '/metrics', '/openapi.json']) {
        assert.equal((await app.send('GET', path, { key: null })).status, 200, path)
      }
      // What needs no database is answered as ever: no key at all, and one that cannot be a key.
      assert.equal((await app.send('GET', '/v1/models', { key: null })).status, 401)
      assert.equal((await app.send('GET', '/v1/models', { key: `${warm}x` })).status, 401)
      // What was known a moment ago is believed for a few seconds; then it is an outage like the rest.
      let reply = await app.send('GET', '/v1/models', { key: warm })
      await until(async () => {
        reply = await app.send('GET', '/v1/models', { key: warm })
        return reply.status !== 200
      }, 'the key is no longer believed')
      assertUnavailable(reply, 'a key that was warm')
      assert.equal(reply.headers.get('x-gatehouse-error-source'), 'gateway')
    } finally {
      await server.start()
    }

    await recovered(app)
    assert.deepEqual(
      (await all(projects.list())).map(({ name }) => name),
      ['Default project', 'before'],
    )
    for (const key of [warm, cold.value]) assert.equal(await opens(app, key), null)
    await projects.apiKeys.delete(cold.id, { project_id: id })
    assert.equal(await opens(app, cold.value), 'invalid_api_key')
    assert.ok(lines.some((line) => line.includes('request failed')))
    assert.ok(!lines.some((line) => line.includes('postgres:postgres')))
  })
})

test('a connection that breaks in the middle of a change costs that change, not the server', async () => {
  await using app = await startTestApp({ database: 'postgres' })
  const { projects } = app.admin().organization
  const { id } = await projects.create({ name: 'before' })
  const holder = await openHolder(app.databaseUrl)
  try {
    await holder.transaction().execute(async (tx) => {
      await sql`select id from project where id = ${id} for update`.execute(tx)
      const change = app.send('POST', `/v1/organization/projects/${id}`, { body: { name: 'during' } })
      // As a failover, an administrator or a network does it.
      const broken = () =>
        sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(app.db)
      await until(async () => (await broken()).rows.length > 0, 'the change waits, and its connection is broken')
      assertUnavailable(await change, 'the change')
    })
  } finally {
    await holder.destroy()
  }
  assert.equal((await projects.retrieve(id)).name, 'before')
  const recorded = app.db.selectFrom('audit_log').select('id').where('type', '=', 'project.updated')
  assert.deepEqual(await recorded.execute(), [])
  assert.equal((await projects.update(id, { name: 'after' })).name, 'after')
})

test('a start without its database fails at once, and says what it could not reach', async () => {
  const databaseUrl = `postgres://u:secret@127.0.0.1:${await freePort()}/d`
  await assert.rejects(startTestApp({ databaseUrl }), (error: Error) => {
    assert.ok(isUnavailable(error))
    assert.match(error.message, /ECONNREFUSED/)
    return !error.message.includes('secret')
  })
})
