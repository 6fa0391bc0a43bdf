import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { openDb, openReadingDb } from '../../src/db/open.ts'
import { openMigrated } from '../../src/db/open-migrated.ts'
import { databases, openTestDatabase } from '../support/databases.ts'

const organization = (name: string) => ({ id: `org-${name}`, name, default_project_id: `proj_${name}`, created_at: 1 })

for (const kind of databases) {
  test(`${kind}: who reads beside the one that writes sees every commit at once`, async () => {
    await using stack = new AsyncDisposableStack()
    const { url } = stack.use(await openTestDatabase(kind))
    const { db } = stack.use(await openMigrated(url, { serving: false }))
    const reading = await openReadingDb(url, { connections: 2 })
    stack.defer(() => reading.destroy())
    const named = async (name: string) =>
      (await reading.selectFrom('organization').selectAll().where('id', '=', `org-${name}`).execute()).length
    for (const name of ['one', 'two', 'three']) {
      assert.equal(await named(name), 0)
      await db.transaction().execute(async (tx) => {
        await tx.insertInto('organization').values(organization(name)).execute()
        assert.equal(await named(name), 0, 'what is not committed is not there')
      })
      assert.equal(await named(name), 1)
    }
  })
}

test('sqlite: who reads cannot write, and a refusal leaves the connection as it was', async () => {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await openTestDatabase('sqlite'))
  stack.use(await openMigrated(url, { serving: false }))
  const reading = await openReadingDb(url)
  stack.defer(() => reading.destroy())
  const insert = reading.insertInto('organization').values(organization('one'))
  await assert.rejects(insert.execute(), /readonly/)
  await assert.rejects(
    reading.transaction().execute((tx) => tx.selectFrom('organization').selectAll().execute()),
    /only reads/,
  )
  assert.deepEqual(await reading.selectFrom('organization').selectAll().execute(), [])
})

/** Where Linux says which locks there are. */
const LOCKS = '/proc/locks'

test('sqlite: what else opens the file in this process takes no lock on it from the first', {
  skip: !existsSync(LOCKS) && `there is no ${LOCKS}`,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await openTestDatabase('sqlite'))
  stack.use(await openMigrated(url, { serving: false }))
  const { ino } = statSync(url.slice('sqlite:'.length))
  const locks = () =>
    readFileSync(LOCKS, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`:${ino} `)).length
  const before = locks()
  assert.ok(before > 0)
  for (const open of [openDb, openReadingDb]) {
    const second = await open(url)
    await second.selectFrom('organization').selectAll().execute()
    assert.equal(locks(), before)
    await second.destroy()
    assert.equal(locks(), before)
  }
})
