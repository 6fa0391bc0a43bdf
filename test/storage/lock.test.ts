import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { migrate } from '../../src/db/migrate.ts'
import { openDb } from '../../src/db/open.ts'
import { newAdminKey, newOrganization, newUser } from '../contract/organizations.ts'
import { until } from '../process/gatehouse.ts'
import { all, opens } from '../sdk/scenario.ts'
import { openTestDatabase } from '../support/databases.ts'
import { ADMIN_KEY, startTestApp } from '../support/harness.ts'

/** Another program's transaction on the same file: it holds the write lock until it is let go. */
function holdWriteLock(url: string): Disposable & { release: () => void } {
  const other = new DatabaseSync(url.slice('sqlite:'.length))
  other.exec('pragma busy_timeout = 5000; begin immediate')
  let held = true
  const release = () => {
    if (held) other.exec('commit')
    held = false
  }
  return {
    release,
    [Symbol.dispose]: () => {
      release()
      other.close()
    },
  }
}

describe('SQLite while another program writes', () => {
  test('a write beside a transaction of one second waits for it and succeeds, and all the while others are served', async () => {
    await using app = await startTestApp()
    const { projects } = app.admin().organization
    const { id } = await projects.create({ name: 'before' })
    const { api_key } = await projects.serviceAccounts.create(id, { name: 'bot' })
    using lock = holdWriteLock(app.databaseUrl)
    const end = performance.now() + 1000
    let written = false
    const write = projects.create({ name: 'meanwhile' }).finally(() => {
      written = true
    })
    let served = 0
    while (performance.now() < end) {
      assert.equal(await opens(app, api_key?.value ?? ''), null)
      assert.equal((await all(projects.list())).length, 2)
      assert.equal((await app.send('GET', '/readyz', { key: null })).status, 200)
      served++
    }
    assert.ok(served > 0)
    assert.equal(written, false)
    lock.release()
    assert.equal((await write).name, 'meanwhile')
    assert.equal((await all(projects.list())).length, 3)
  })

  test('many writes that wait together all succeed once they can', async () => {
    await using app = await startTestApp()
    const { projects } = app.admin().organization
    using lock = holdWriteLock(app.databaseUrl)
    const writes = Array.from({ length: 20 }, (_, i) => projects.create({ name: `${i}` }))
    assert.equal((await all(projects.list())).length, 1)
    lock.release()
    assert.equal(new Set((await Promise.all(writes)).map(({ id }) => id)).size, 20)
    assert.equal((await all(projects.list())).length, 21)
  })

  test('a lock that is not let go is an outage: 503 that may be tried again, and nothing is stored', async () => {
    await using app = await startTestApp()
    using lock = holdWriteLock(app.databaseUrl)
    const create = () => app.send('POST', '/v1/organization/projects', { body: { name: 'patient' } })
    const { status, body, headers } = await create()
    assert.deepEqual([status, body.error.code, body.error.type], [503, 'service_unavailable', 'server_error'])
    assert.ok(Number(headers.get('retry-after')) >= 1)
    assert.equal((await all(app.admin().organization.projects.list())).length, 1)
    lock.release()
    assert.equal((await create()).status, 200)
    assert.equal((await all(app.admin().organization.projects.list())).length, 2)
  })

  test('a refusal is a refusal also then, and it is recorded once it can be', async () => {
    await using app = await startTestApp()
    const organization = await newOrganization(app)
    const reader = await newUser(app, organization)
    const key = await newAdminKey(app, organization, reader.id)
    const { api_key } = await organization.admin.projects.serviceAccounts.create(organization.defaultProjectId, {
      name: 'bot',
    })
    using lock = holdWriteLock(app.databaseUrl)
    const refused = app.send('GET', '/v1/organization/projects', { key })
    const atTheGate = app.send('GET', '/v1/models', { key: ADMIN_KEY })
    const projectKey = app.send('GET', '/v1/organization/projects', { key: api_key?.value ?? '' })
    assert.equal((await atTheGate).status, 401)
    // So long that attempts at writing the record have met the lock: nothing of them is seen from outside.
    await sleep(300)
    lock.release()
    assert.deepEqual([(await refused).status, (await projectKey).status], [401, 401])
    const failures = app.db.selectFrom('audit_log').select('id').where('type', '=', 'login.failed')
    await until(async () => (await failures.execute()).length === 3, 'the refusals are recorded')
  })

  test('a migration waits for its turn', async () => {
    await using own = await openTestDatabase('sqlite')
    const db = await openDb(own.url)
    try {
      using lock = holdWriteLock(own.url)
      const migrating = migrate(db)
      // That it goes on waiting shows only in time that passes.
      await Promise.race([migrating.catch(() => {}), sleep(300)])
      lock.release()
      assert.ok((await migrating).length > 0)
    } finally {
      await db.destroy()
    }
  })

  test('a single statement waits for its turn like a transaction, and reads do not wait for it', async () => {
    await using own = await openTestDatabase('sqlite')
    const db = await openDb(own.url)
    try {
      await sql`create table thing (id text)`.execute(db)
      using lock = holdWriteLock(own.url)
      const writing = sql`insert into thing values ('a')`.execute(db)
      // That it goes on waiting shows only in time that passes.
      await Promise.race([writing.catch(() => {}), sleep(300)])
      assert.equal((await sql`select * from thing`.execute(db)).rows.length, 0)
      lock.release()
      await writing
      assert.equal((await sql`select * from thing`.execute(db)).rows.length, 1)
    } finally {
      await db.destroy()
    }
  })
})
