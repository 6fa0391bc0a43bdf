import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { migrate } from '../../src/db/migrate.ts'
import { openDb, openGateDb } from '../../src/db/open.ts'
import { Beat } from '../../src/ledger/beat.ts'
import { ResponseOwners } from '../../src/ledger/owners.ts'
import { Retention } from '../../src/ledger/retention.ts'
import { until } from '../process/gatehouse.ts'
import { type DatabaseKind, databases, openTestDatabase } from '../support/databases.ts'

const DAY = 86_400
const a = { organizationId: 'org-a', projectId: 'proj_a', upstream: 'main' }
const b = { ...a, projectId: 'proj_b' }

/** A database and as many nodes on it as a test wants, with a clock of their own and a count of the statements. */
async function openNodes(kind: DatabaseKind) {
  const stack = new AsyncDisposableStack()
  const own = stack.use(await openTestDatabase(kind))
  let statements = 0
  const db = await openDb(own.url, { onQuery: () => statements++, connections: 4 })
  stack.defer(() => db.destroy())
  await migrate(db)
  const gate = openGateDb(own.url, db)
  stack.defer(() => gate.destroy())
  let now = 1_790_553_600_000
  const told: string[] = []
  const to = (_fields: object, message: string) => void told.push(message)
  const log = { info: to, warn: to, error: to }
  return {
    db,
    gate,
    log,
    told,
    node: (beat: Pick<Beat, 'wake'> = { wake() {} }) =>
      new ResponseOwners({ read: db, write: gate, beat, log, now: () => now, days: 30 }),
    now: () => now,
    advance: (days: number) => {
      now += days * DAY * 1000
    },
    statements: () => statements,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

for (const kind of databases) {
  test(`${kind}: a response is its creator's at once, and on other nodes when it is written`, async () => {
    await using given = await openNodes(kind)
    const [here, there] = [given.node(), given.node()]
    here.claim('resp_1', a)
    const before = given.statements()
    assert.deepEqual(await here.find('resp_1'), a)
    assert.equal(given.statements(), before)
    assert.equal(await there.find('resp_1'), null)
    await here.write()
    assert.deepEqual(await there.find('resp_1'), a)
    assert.deepEqual(await given.node().find('resp_1'), a)
    // Once read, it is remembered.
    const read = given.statements()
    for (const node of [here, there]) assert.deepEqual(await node.find('resp_1'), a)
    assert.equal(given.statements(), read)
  })

  test(`${kind}: claims are written with the next beat, and with the end`, async () => {
    await using given = await openNodes(kind)
    const beat = new Beat(given.log)
    const owners = given.node(beat)
    beat.add(owners)
    for (let i = 0; i < 250; i++) owners.claim(`resp_${i}`, a)
    const count = async () => (await given.db.selectFrom('response_owner').select('response_id').execute()).length
    await until(async () => (await count()) === 250, 'the rows')
    owners.claim('resp_last', a)
    await beat.close()
    assert.equal(await count(), 251)
    assert.deepEqual(given.told, [])
  })

  test(`${kind}: the first claim of an id is the one that counts, on every node`, async () => {
    await using given = await openNodes(kind)
    const [first, second] = [given.node(), given.node()]
    first.claim('resp_1', a)
    first.claim('resp_1', b)
    second.claim('resp_1', b)
    await first.write()
    await second.write()
    for (const node of [first, second, given.node()]) assert.deepEqual(await node.find('resp_1'), a)
  })

  test(`${kind}: what could not be written waits, and is found meanwhile`, async () => {
    await using given = await openNodes(kind)
    const owners = given.node()
    await sql`alter table response_owner rename to elsewhere`.execute(given.db)
    owners.claim('resp_1', a)
    await assert.rejects(owners.write())
    assert.deepEqual(await owners.find('resp_1'), a)
    await sql`alter table elsewhere rename to response_owner`.execute(given.db)
    await owners.write()
    assert.deepEqual(await given.node().find('resp_1'), a)
  })

  test(`${kind}: nobody owns an unknown response, nor one after its time, and what is no id is not looked for`, async () => {
    await using given = await openNodes(kind)
    const owners = given.node()
    assert.equal(await owners.find('resp_unknown'), null)
    const before = given.statements()
    for (const id of ['', 'a b', 'a\0b', '\ud800', 'ä', 'x'.repeat(201)]) {
      owners.claim(id, a)
      assert.equal(await owners.find(id), null)
    }
    assert.equal(given.statements(), before)
    owners.claim('resp_1', a)
    await owners.write()
    given.advance(29)
    assert.deepEqual(await owners.find('resp_1'), a)
    given.advance(1)
    for (const node of [owners, given.node()]) assert.equal(await node.find('resp_1'), null)
  })

  test(`${kind}: owners whose time is over are deleted, in batches, and only they`, async () => {
    await using given = await openNodes(kind)
    const owners = given.node()
    for (let i = 0; i < 2500; i++) owners.claim(`resp_${i}`, a)
    await owners.write()
    given.advance(15)
    owners.claim('resp_young', a)
    await owners.write()
    const retention = new Retention({ db: given.gate, log: given.log, now: given.now, usageMinutesDays: 30 })
    given.advance(15)
    await retention.run()
    assert.deepEqual(await given.db.selectFrom('response_owner').select('response_id').execute(), [
      { response_id: 'resp_young' },
    ])
    assert.deepEqual(given.told, [])
    await retention.close()
  })
}

test('memory is bounded: beyond 50,000 claims that wait a response gets no owner, and the log says so once', async () => {
  await using given = await openNodes('sqlite')
  const owners = given.node()
  for (let i = 0; i < 50_010; i++) owners.claim(`resp_${i}`, a)
  assert.deepEqual(await owners.find('resp_49999'), a)
  assert.equal(await owners.find('resp_50000'), null)
  assert.equal(given.told.length, 1)
  await owners.write()
  owners.claim('resp_50000', a)
  assert.deepEqual(await owners.find('resp_50000'), a)
  // Long written ones have left the memory, not the database.
  assert.deepEqual(await owners.find('resp_0'), a)
})
