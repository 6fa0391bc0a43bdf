import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteAuditEvents } from '../../src/db/retention.ts'
import { until } from '../process/gatehouse.ts'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { CHAT, makeKey } from './gate.ts'

const HOUR = 3600
const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }

const events = async (app: TestApp): Promise<string[]> =>
  (await app.send('GET', '/v1/organization/audit_logs?limit=100')).body.data.map(({ id }: { id: string }) => id)

for (const database of databases) {
  test(`${database}: events of the audit log are deleted after the days that the file says, all but the newest`, async () => {
    await using file = await modelsFile({ echo: {} }, { retention: { audit_days: 2 } })
    await using app = await startTestApp({ database, env: { GATEHOUSE_CONFIG: file.path } })
    const { key } = await makeKey(app)
    /** Time goes by, not more than a day at once, and something is used. */
    const wait = async (hours: number) => {
      app.advance(hours * HOUR)
      const ran = async () =>
        (await app.db.selectFrom('meta').select('value').where('key', '=', 'retention_ran_at').executeTakeFirst())
          ?.value
      const before = await ran()
      assert.equal((await app.send('POST', CHAT, { key, body })).status, 200)
      await until(async () => (await ran()) !== before, 'a run')
    }
    await wait(20)
    const first = await events(app)
    assert.ok(first.length >= 2)
    await wait(20)
    assert.deepEqual(await events(app), first, 'younger than two days')
    await wait(20)
    assert.deepEqual(await events(app), first.slice(0, 1), 'the newest stays')
    // What comes next stands behind it, and its cursor works when it is gone itself.
    assert.equal((await app.send('POST', '/v1/organization/projects', { body: { name: 'later' } })).status, 200)
    const later = await events(app)
    assert.deepEqual(later.slice(1), first.slice(0, 1))
    await wait(1)
    assert.deepEqual(await events(app), later.slice(0, 1))
    const page = await app.send('GET', `/v1/organization/audit_logs?before=${first[0]}`)
    assert.deepEqual(
      page.body.data.map(({ id }: { id: string }) => id),
      later.slice(0, 1),
    )
  })

  test(`${database}: one deletion is of a thousand events at most, of one organization, and never of its newest`, async () => {
    await using own = await openTestDatabase(database)
    await using app = await startTestApp({ databaseUrl: own.url })
    const row = await app.db.selectFrom('audit_log').selectAll().limit(1).executeTakeFirstOrThrow()
    const older = Array.from({ length: 2500 }, (_, i) => ({ ...row, id: `audit_log-${i}`, effective_at: 1000 + i }))
    for (let i = 0; i < older.length; i += 500) {
      await app.db
        .insertInto('audit_log')
        .values(older.slice(i, i + 500))
        .execute()
    }
    const count = async () =>
      Number((await app.db.selectFrom('audit_log').select(app.db.fn.countAll().as('n')).executeTakeFirstOrThrow()).n)
    const all = await count()
    assert.equal(await deleteAuditEvents(app.db, 'org-of-nobody', 5000), false)
    assert.equal(await count(), all)
    for (const [more, left] of [
      [true, all - 1000],
      [true, all - 2000],
      [false, all - 2500],
    ] as const) {
      assert.equal(await deleteAuditEvents(app.db, row.organization_id, 5000), more)
      assert.equal(await count(), left)
    }
    const [newest] = await events(app)
    while (await deleteAuditEvents(app.db, row.organization_id, Number.MAX_SAFE_INTEGER));
    assert.deepEqual(await events(app), [newest], 'the newest stays where all are too old')
  })
}
