import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import { idType } from '../../src/db/collation.ts'
import { isConflict, isUnavailable } from '../../src/db/errors.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openDb } from '../../src/db/open.ts'
import { databases, openTestDatabase, postgresServer, type TestDatabase } from '../support/databases.ts'
import { freePort } from '../support/ports.ts'

/** A table with what the real ones use: an id, a unique text, a partial unique index, a check, a reference. */
type Thing = { id: string; name: string; amount: number | null; parent_id: string | null; gone_at: number | null }
type Things = { thing: Thing }

const thing = (id: string, rest: Partial<Thing> = {}): Thing => {
  return { id, name: id, amount: null, parent_id: null, gone_at: null, ...rest }
}

for (const kind of databases) {
  describe(`storage on ${kind}`, () => {
    let own: TestDatabase
    let db: Kysely<Things>
    let other: Kysely<Things>
    const open = async () => (await openDb(own.url)) as unknown as Kysely<Things>

    before(async () => {
      own = await openTestDatabase(kind)
      db = await open()
      other = await open()
      const id = idType(db as unknown as Kysely<unknown>)
      await db.schema
        .createTable('thing')
        .addColumn('id', id, (c) => c.primaryKey())
        .addColumn('name', 'text', (c) => c.notNull().unique())
        .addColumn('amount', 'bigint', (c) => c.check(sql`amount <> 13`))
        .addColumn('parent_id', id, (c) => c.references('thing.id'))
        .addColumn('gone_at', 'bigint')
        .execute()
      await sql`create unique index thing_amount on thing (amount) where gone_at is null`.execute(db)
    })
    after(async () => {
      await db.destroy()
      await other.destroy()
      await own[Symbol.asyncDispose]()
    })

    const insert = (...rows: Thing[]) => db.insertInto('thing').values(rows).execute()
    const find = (id: string) => db.selectFrom('thing').selectAll().where('id', '=', id).executeTakeFirst()

    test('ids are ordered by their bytes, in lists and in comparisons', async () => {
      const ids = ['o_A', 'o_B', 'o__', 'o_-', 'o_0', 'o_9', 'o_a', 'o_b', 'o_é', 'o_zz', 'o_z', 'o_🐘', 'o_10']
      await insert(...ids.map((id) => thing(id)))
      const expected = ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      const rows = db.selectFrom('thing').select('id').where('id', 'in', ids).orderBy('id')
      assert.deepEqual(
        (await rows.execute()).map(({ id }) => id),
        expected,
      )
      for (const [i, cursor] of expected.entries()) {
        const behind = await rows.where('id', '>', cursor).execute()
        assert.deepEqual(
          behind.map(({ id }) => id),
          expected.slice(i + 1),
          cursor,
        )
      }
      const down = await rows.clearOrderBy().orderBy('id', 'desc').execute()
      assert.deepEqual(
        down.map(({ id }) => id),
        expected.toReversed(),
      )
    })

    test('upper and lower case are different, where texts are compared and where they must be unique', async () => {
      await insert(thing('c_1', { name: 'Case' }), thing('c_2', { name: 'case' }), thing('c_3', { name: 'CASE' }))
      const named = (name: string) => db.selectFrom('thing').select('id').where('name', '=', name).execute()
      assert.deepEqual(
        (await named('case')).map(({ id }) => id),
        ['c_2'],
      )
      assert.deepEqual(await named('cASE'), [])
    })

    test('a second row under a primary key, a unique column or a unique index is a conflict', async () => {
      await insert(thing('k_1', { amount: 1001 }))
      for (const row of [
        thing('k_1', { name: 'k_x' }),
        thing('k_2', { name: 'k_1' }),
        thing('k_3', { amount: 1001 }),
      ]) {
        await assert.rejects(insert(row), (error) => isConflict(error) && !isUnavailable(error))
      }
      const moved = db.updateTable('thing').set({ name: 'k_1' }).where('id', '=', 'k_4')
      await insert(thing('k_4'))
      await assert.rejects(moved.execute(), isConflict)
      // The index counts only what is not gone.
      await insert(thing('k_5', { amount: 1001, gone_at: 1 }))
    })

    test('no other refusal is taken for a conflict or for an outage', async () => {
      const refused = [
        () => insert(thing('n_1', { name: null as unknown as string })),
        () => insert(thing('n_2', { amount: 13 })),
        () => insert(thing('n_3', { parent_id: 'nobody' })),
        () => sql`select nonsense from thing`.execute(db),
        () => sql`not sql at all`.execute(db),
      ]
      for (const call of refused) {
        await assert.rejects(call(), (error) => !isConflict(error) && !isUnavailable(error), call.toString())
      }
      for (const error of [null, undefined, 'text', new Error('any'), { code: 'ENOENT' }]) {
        assert.deepEqual([isConflict(error), isUnavailable(error)], [false, false])
      }
    })

    test('what an insert, an update or a deletion touched is counted', async () => {
      const add = (row: Thing) => {
        const insertion = db.insertInto('thing').values(row)
        return insertion.onConflict((conflict) => conflict.column('id').doNothing()).executeTakeFirst()
      }
      assert.equal((await add(thing('a_1'))).numInsertedOrUpdatedRows, 1n)
      assert.equal((await add(thing('a_1', { name: 'a_x' }))).numInsertedOrUpdatedRows, 0n)
      assert.equal((await find('a_1'))?.name, 'a_1')
      // Only the conflict that is named is passed over.
      await assert.rejects(add(thing('a_2', { name: 'a_1' })), isConflict)
      await insert(thing('a_2'), thing('a_3'))
      const update = (ids: string[]) => db.updateTable('thing').set({ gone_at: 1 }).where('id', 'in', ids)
      assert.equal((await update(['a_1', 'a_2', 'a_9']).executeTakeFirst()).numUpdatedRows, 2n)
      assert.equal((await update(['a_9']).executeTakeFirst()).numUpdatedRows, 0n)
      // A row counts as updated also where it stays as it was.
      assert.equal((await update(['a_1']).executeTakeFirst()).numUpdatedRows, 1n)
      const deletion = db.deleteFrom('thing').where('id', 'in', ['a_1', 'a_2', 'a_9'])
      assert.equal((await deletion.executeTakeFirst()).numDeletedRows, 2n)
      assert.equal((await deletion.executeTakeFirst()).numDeletedRows, 0n)
    })

    test('returning gives the rows that were changed, and only those', async () => {
      await insert(thing('r_1'), thing('r_2', { gone_at: 5 }))
      const living = db.updateTable('thing').set({ gone_at: 9 }).where('id', 'like', 'r_%').where('gone_at', 'is', null)
      assert.deepEqual(
        (await living.returningAll().execute()).map((row) => ({ ...row })),
        [thing('r_1', { gone_at: 9 })],
      )
      const deletion = db.deleteFrom('thing').where('id', 'like', 'r_%').returning('id')
      assert.deepEqual((await deletion.execute()).map(({ id }) => id).sort(), ['r_1', 'r_2'])
      assert.deepEqual(await deletion.execute(), [])
    })

    test('a transaction that fails leaves nothing, whoever failed, and the next one works', async () => {
      const work = db.transaction()
      const ours = work.execute(async (tx) => {
        await tx.insertInto('thing').values(thing('t_1')).execute()
        throw new Error('changed our mind')
      })
      await assert.rejects(ours, /changed our mind/)
      const theirs = work.execute(async (tx) => {
        await tx.insertInto('thing').values(thing('t_1')).execute()
        await tx.insertInto('thing').values(thing('t_1')).execute()
      })
      await assert.rejects(theirs, isConflict)
      assert.equal(await find('t_1'), undefined)
      await work.execute((tx) => tx.insertInto('thing').values(thing('t_1')).execute())
      assert.equal((await find('t_1'))?.id, 't_1')
    })

    test('nobody sees a transaction before it is over, and then everybody does', async () => {
      const seen = () => other.selectFrom('thing').select('id').where('id', '=', 'v_1').execute()
      await db.transaction().execute(async (tx) => {
        await tx.insertInto('thing').values(thing('v_1')).execute()
        assert.deepEqual(await seen(), [])
      })
      assert.equal((await seen()).length, 1)
    })

    test('transactions of one process do not get in each other, however many run', async () => {
      await insert(thing('m_1', { amount: 500_000 }))
      const add = () =>
        db.transaction().execute(async (tx) => {
          await tx
            .updateTable('thing')
            .set((eb) => ({ amount: eb('amount', '+', 1) }))
            .where('id', '=', 'm_1')
            .execute()
          await tx.selectFrom('thing').select('id').where('id', '=', 'm_1').execute()
        })
      await Promise.all(Array.from({ length: 50 }, add))
      assert.equal((await find('m_1'))?.amount, 500_050)
    })

    test('whole numbers come back as they went in, up to the largest that JavaScript has', async () => {
      const numbers = [0, -1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
      await insert(...numbers.map((amount, i) => thing(`i_${i}`, { amount })))
      for (const [i, amount] of numbers.entries()) assert.strictEqual((await find(`i_${i}`))?.amount, amount)
      const { rows } = await sql<{
        n: number
      }>`select count(*) as n from thing where id like 'i!_%' escape '!'`.execute(db)
      assert.strictEqual(rows[0]?.n, numbers.length)
      assert.strictEqual((await find('i_0'))?.gone_at, null)
    })

    test('any text that a database can hold comes back as it went in', async () => {
      let n = 0
      const text = fc.string({ unit: 'grapheme', maxLength: 50 }).filter((value) => !value.includes('\0'))
      const special = fc.constantFrom("'; drop table thing; --", '\\', '"', '%_', 'a\r\nb', '\u2028', '￿', '🐘', ' ')
      const run = async (value: string) => {
        const id = `x_${n++}`
        await insert(thing(id, { name: `${id} ${value}` }))
        assert.equal((await find(id))?.name, `${id} ${value}`)
        const same = db.selectFrom('thing').select('id').where('name', '=', `${id} ${value}`)
        assert.equal((await same.execute()).length, 1)
      }
      await fc.assert(fc.asyncProperty(fc.oneof(text, special), run), { numRuns: 60 })
    })

    test('a statement that failed works the next time, with the same text and other values', async () => {
      await insert(thing('p_1'))
      for (let round = 0; round < 3; round++) {
        await assert.rejects(insert(thing('p_1', { name: `p_${round}x` })), isConflict)
        await assert.rejects(insert(thing(`p_${round}y`, { amount: 13 })))
        await insert(thing(`p_${round}z`))
        assert.equal((await find(`p_${round}z`))?.id, `p_${round}z`)
        assert.equal(await find(`p_${round}y`), undefined)
      }
    })

    test('more different statements than are kept all give the right answer', async () => {
      await insert(thing('s_1'))
      for (const round of [1, 2]) {
        for (let i = 0; i < 300; i++) {
          const { rows } = await sql<{ id: string; n: number }>`select id, ${sql.raw(String(i))} as n from thing
            where id = ${'s_1'}`.execute(db)
          assert.deepEqual({ ...rows[0] }, { id: 's_1', n: i }, `round ${round}`)
        }
      }
    })

    test('a statement that is kept sees a column that somebody else adds', async () => {
      await insert(thing('w_1'))
      assert.equal(Object.keys((await find('w_1')) ?? {}).includes('late'), false)
      await sql`alter table thing add column late text`.execute(other)
      assert.equal(Object.keys((await find('w_1')) ?? {}).includes('late'), true)
      await insert(thing('w_2'))
      assert.equal((await find('w_2'))?.name, 'w_2')
      await sql`alter table thing drop column late`.execute(other)
      assert.equal((await find('w_2'))?.name, 'w_2')
    })
  })
}

test('ids are ordered by their bytes also where PostgreSQL sorts like a dictionary', async () => {
  const server = await postgresServer()
  const name = `dictionary_${process.pid}`
  await server.run(`create database ${name} template template0 locale_provider icu icu_locale 'en-US'`)
  const db = await openDb(`${server.url}/${name}`)
  try {
    await migrate(db)
    const ids = ['b', 'A', 'a', '_', 'B', '0', '-']
    const rows = ids.map((id) => ({ id, name: id, default_project_id: id, created_at: 0 }))
    await db.insertInto('organization').values(rows).execute()
    const listed = db.selectFrom('organization').select('id').orderBy('id')
    assert.deepEqual(
      (await listed.execute()).map(({ id }) => id),
      ids.toSorted(),
    )
    assert.deepEqual(
      (await listed.where('id', '>', 'B').execute()).map(({ id }) => id),
      ['_', 'a', 'b'],
    )
  } finally {
    await db.destroy()
    await server.run(`drop database ${name}`)
  }
})

test('a PostgreSQL that is not there is an outage', async () => {
  for (const host of [`127.0.0.1:${await freePort()}`, 'no-such-host.invalid']) {
    const db = await openDb(`postgres://u:p@${host}/d`)
    await assert.rejects(sql`select 1`.execute(db), isUnavailable, host)
    await assert.rejects(
      db.transaction().execute(async () => {}),
      isUnavailable,
      host,
    )
    await db.destroy()
  }
})
