import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import { migrate } from '../../src/db/migrate.ts'
import { migrations } from '../../src/db/migrations/index.ts'
import { openDb } from '../../src/db/open.ts'
import { deleteExpiredOwned } from '../../src/db/retention.ts'
import type { SchemaChange } from '../../src/db/schema-change.ts'
import type { Db } from '../../src/db/tables.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { recordUsageOnce } from '../../src/db/usage-batch.ts'
import { startSlowPostgres } from '../gateway/slow-postgres.ts'
import { until } from '../process/gatehouse.ts'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { openHolder } from '../support/holder.ts'
import { modelsFile } from '../support/models-file.ts'

/** Has PostgreSQL give up whoever writes to a table so many times, as for the sake of another transaction. */
async function giveUp(
  db: Db,
  table: string,
  when: 'insert' | 'update' | 'delete',
  times: number,
  code: '40001' | '40P01',
) {
  await sql`drop sequence if exists given_up cascade`.execute(db)
  // What a sequence counts is not undone with the transaction.
  await sql`create sequence given_up`.execute(db)
  await sql`create or replace function give_up() returns trigger language plpgsql as ${sql.lit(`begin
    if nextval('given_up') <= ${times} then raise exception 'for another' using errcode = '${code}'; end if;
    return coalesce(new, old);
  end`)}`.execute(db)
  await sql`create or replace trigger give_up before ${sql.raw(when)} on ${sql.table(table)} for each row execute function give_up()`.execute(
    db,
  )
}

/** How often it was tried. */
async function tries(db: Db): Promise<number> {
  const { rows } = await sql<{ last_value: number }>`select last_value from given_up`.execute(db)
  return rows[0]?.last_value ?? 0
}

describe('what PostgreSQL gives up for the sake of another transaction is done again', () => {
  for (const code of ['40001', '40P01'] as const) {
    test(`${code}: a change is made and recorded once, after four failures; a fifth is an outage, and nothing is stored`, async () => {
      await using app = await startTestApp({ database: 'postgres' })
      const create = (name: string) => app.send('POST', '/v1/organization/projects', { body: { name } })
      const stored = async (name: string) => {
        const projects = await app.db.selectFrom('project').select('id').where('name', '=', name).execute()
        const records = await app.db
          .selectFrom('audit_log')
          .select('id')
          .where('payload', 'like', `%"${name}"%`)
          .execute()
        return [projects.length, records.length]
      }
      await giveUp(app.db, 'audit_log', 'insert', 4, code)
      assert.equal((await create('patient')).status, 200)
      assert.deepEqual([await stored('patient'), await tries(app.db)], [[1, 1], 5])
      await giveUp(app.db, 'audit_log', 'insert', 1000, code)
      const { status, body, headers } = await create('unlucky')
      assert.deepEqual([status, body.error.code], [503, 'service_unavailable'])
      assert.ok(Number(headers.get('retry-after')) >= 1)
      assert.deepEqual([await stored('unlucky'), await tries(app.db)], [[0, 0], 5])
    })
  }

  test('a batch of usage is counted once, and a deletion by itself is made again', async () => {
    await using own = await openTestDatabase('postgres')
    const db = await openDb(own.url)
    try {
      await migrate(db)
      await giveUp(db, 'usage_rollup', 'insert', 4, '40P01')
      const entry = { organization_id: 'org-a', kind: 'completions' as const, at: 0, num_model_requests: 1 }
      await recordUsageOnce(db, { writer: 'w', batch: 1, at: 0 }, [entry])
      const rows = await db.selectFrom('usage_rollup').select('num_model_requests').execute()
      assert.deepEqual(
        rows.map(({ num_model_requests }) => num_model_requests),
        [1, 1, 1],
      )
      const ids = { id: 'a', organization_id: 'o', project_id: 'p', upstream: 'main', response_id: null }
      await db
        .insertInto('owned')
        .values({ kind: 'response', ...ids, expires_at: 0 })
        .execute()
      await giveUp(db, 'owned', 'delete', 4, '40001')
      assert.equal(await deleteExpiredOwned(db, 1), false)
      assert.deepEqual(await db.selectFrom('owned').selectAll().execute(), [])
    } finally {
      await db.destroy()
    }
  })

  test('two transactions that lock crosswise both come through', async () => {
    await using own = await openTestDatabase('postgres')
    const db = await openDb(own.url)
    try {
      await migrate(db)
      await db
        .insertInto('meta')
        .values([
          { key: 'a', value: '' },
          { key: 'b', value: '' },
        ])
        .execute()
      const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const times = [0, 0]
      const cross = (me: number, keys: readonly string[]) =>
        inTransaction(db, async (tx) => {
          times[me] = (times[me] ?? 0) + 1
          for (const [i, key] of keys.entries()) {
            const value = sql<string>`value || ${String(me)}`
            await tx.updateTable('meta').set({ value }).where('key', '=', key).execute()
            met[me]?.resolve()
            if (i === 0) await met[1 - me]?.promise
          }
        })
      await Promise.all([cross(0, ['a', 'b']), cross(1, ['b', 'a'])])
      assert.equal((times[0] ?? 0) + (times[1] ?? 0), 3)
      const values = await db.selectFrom('meta').select('value').where('key', 'in', ['a', 'b']).execute()
      assert.deepEqual(
        values.map(({ value }) => [...value].sort().join('')),
        ['01', '01'],
      )
    } finally {
      await db.destroy()
    }
  })
})

test('a migration that meets a transaction crosswise, or a table that is in use, is made again', async () => {
  await using own = await openTestDatabase('postgres')
  const [db, user] = [
    await openDb(own.url, { connections: 1, migrating: true }),
    await openDb(own.url, { migrating: true }),
  ]
  try {
    await migrate(db)
    let tries = 0
    const later: SchemaChange = {
      oldest: null,
      async up(tx) {
        tries++
        for (const table of ['project', 'audit_log'])
          await sql`alter table ${sql.table(table)} add later text`.execute(tx)
      },
    }
    let migrating: Promise<string[]> = Promise.resolve([])
    await user.transaction().execute(async (tx) => {
      // As a change does: it reads the log, and then writes.
      await tx.selectFrom('audit_log').select('id').execute()
      migrating = migrate(db, { ...migrations, '9999-later': later })
      const waits = sql`select 1 from pg_locks where not granted and relation = 'audit_log'::regclass`
      await until(async () => (await waits.execute(user)).rows.length > 0, 'the migration waits for the log')
      await tx.updateTable('project').set({ name: 'x' }).execute()
      await until(() => tries > 1, 'the migration is made again')
    })
    assert.deepEqual(await migrating, ['9999-later'])
  } finally {
    await user.destroy()
    await db.destroy()
  }
})

describe('the settings of the pool and its waits', () => {
  test('an answer that does not come costs its connection and no other statement', async () => {
    await using own = await openTestDatabase('postgres')
    await using slow = await startSlowPostgres(own.url)
    await using file = await modelsFile({}, { database: { connections: 2, statement_timeout_ms: 200 } })
    await using app = await startTestApp({ databaseUrl: slow.url, env: { GATEHOUSE_CONFIG: file.path } })
    const list = () => app.send('GET', '/v1/organization/projects')
    assert.equal((await list()).status, 200)
    for (let round = 0; round < 3; round++) {
      const held = slow.hold('from "project"')
      const reply = await list()
      assert.ok(held.held())
      assert.deepEqual([reply.status, reply.body.error?.code], [503, 'service_unavailable'])
      // With two connections, one that were given back with its answer still to come would be met by one of these.
      for (const { status } of await Promise.all([list(), list(), list()])) assert.equal(status, 200)
    }
  })

  test('no more connections are held than were allowed, and who waits for one too long is told of an outage', async () => {
    await using own = await openTestDatabase('postgres')
    await using file = await modelsFile(
      {},
      { database: { connections: 2, connect_timeout_ms: 300, lock_timeout_ms: 3000 } },
    )
    await using app = await startTestApp({ databaseUrl: own.url, env: { GATEHOUSE_CONFIG: file.path } })
    const holder = await openHolder(own.url)
    try {
      await holder.transaction().execute(async (tx) => {
        await sql`lock table project in access exclusive mode`.execute(tx)
        const replies = await Promise.all(Array.from({ length: 6 }, () => app.send('GET', '/v1/organization/projects')))
        assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([503]))
        const { rows } = await sql<{ n: number }>`select count(*) as n from pg_stat_activity
          where datname = current_database() and application_name = 'gatehouse' and pid <> pg_backend_pid()`.execute(tx)
        // The server's two, and the harness's own.
        assert.ok((rows[0]?.n ?? 9) <= 3, `${rows[0]?.n} connections`)
      })
    } finally {
      await holder.destroy()
    }
  })

  test('a transaction reads what others committed before its lock, whatever isolation the database has by default', async () => {
    await using own = await openTestDatabase('postgres')
    const db = await openDb(own.url, { connections: 1 })
    await sql`alter database ${sql.raw(new URL(own.url).pathname.slice(1))} set default_transaction_isolation = 'repeatable read'`.execute(
      db,
    )
    await db.destroy()
    const again = await openDb(own.url, { connections: 1 })
    const isolation = sql<{ transaction_isolation: string }>`show transaction_isolation`
    const inside = await again.transaction().execute((tx) => isolation.execute(tx))
    const outside = await isolation.execute(again)
    await again.destroy()
    assert.deepEqual(
      [inside.rows[0]?.transaction_isolation, outside.rows[0]?.transaction_isolation],
      ['read committed', 'repeatable read'],
    )
  })
})
