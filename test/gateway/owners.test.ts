import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { migrate } from '../../src/db/migrate.ts'
import { openDb, openGateDb } from '../../src/db/open.ts'
import { Beat } from '../../src/ledger/beat.ts'
import { type Origin, Owners } from '../../src/ledger/owners.ts'
import { Retention } from '../../src/ledger/retention.ts'
import { until } from '../process/gatehouse.ts'
import { type DatabaseKind, databases, openTestDatabase } from '../support/databases.ts'
import { Held } from '../support/held.ts'

const DAY = 86_400
const owner = { organizationId: 'org-a', projectId: 'proj_a', upstream: 'main', label: null }
const a: Origin = { ...owner, responseId: null, conversationId: null, isNew: true }
const b = { ...a, projectId: 'proj_b' }
const response = (id: string) => ({ kind: 'response' as const, id })
const item = (id: string) => ({ kind: 'item' as const, id })
const numberOf = (id: string) => Number(id.replace('msg_', ''))
const ownerOf = async (owners: Owners, id: string) => (await owners.find([response(id)], owner))[0]

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
    node: (beat: Pick<Beat, 'wake'> = { wake() {} }, read = db, write = gate) =>
      new Owners({ read, write, beat, log, now: () => now, days: 30 }),
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
    here.claim(response('resp_1'), a)
    const before = given.statements()
    assert.deepEqual(await ownerOf(here, 'resp_1'), owner)
    assert.equal(given.statements(), before)
    assert.equal(await ownerOf(there, 'resp_1'), null)
    await here.write()
    assert.deepEqual(await ownerOf(there, 'resp_1'), owner)
    assert.deepEqual(await ownerOf(given.node(), 'resp_1'), owner)
    // Once read, it is remembered.
    const read = given.statements()
    for (const node of [here, there]) assert.deepEqual(await ownerOf(node, 'resp_1'), owner)
    assert.equal(given.statements(), read)
  })

  test(`${kind}: claims are written with the next beat, and with the end`, async () => {
    await using given = await openNodes(kind)
    const beat = new Beat(given.log)
    const owners = given.node(beat)
    beat.add(owners)
    for (let i = 0; i < 250; i++) owners.claim(response(`resp_${i}`), a)
    const count = async () => (await given.db.selectFrom('owned').select('id').execute()).length
    await until(async () => (await count()) === 250, 'the rows')
    owners.claim(response('resp_last'), a)
    await beat.close()
    assert.equal(await count(), 251)
    assert.deepEqual(given.told, [])
  })

  test(`${kind}: the first claim of an id is the one that counts, on every node`, async () => {
    await using given = await openNodes(kind)
    const [first, second] = [given.node(), given.node()]
    first.claim(response('resp_1'), a)
    first.claim(response('resp_1'), b)
    second.claim(response('resp_1'), b)
    await first.write()
    await second.write()
    for (const node of [first, second, given.node()]) assert.deepEqual(await ownerOf(node, 'resp_1'), owner)
  })

  test(`${kind}: what could not be written waits, and is found meanwhile`, async () => {
    await using given = await openNodes(kind)
    const owners = given.node()
    await sql`alter table owned rename to elsewhere`.execute(given.db)
    owners.claim(response('resp_1'), a)
    await assert.rejects(owners.write())
    assert.deepEqual(await ownerOf(owners, 'resp_1'), owner)
    await sql`alter table elsewhere rename to owned`.execute(given.db)
    await owners.write()
    assert.deepEqual(await ownerOf(given.node(), 'resp_1'), owner)
  })

  test(`${kind}: nobody owns an unknown response, nor one after its time, and what is no id is not looked for`, async () => {
    await using given = await openNodes(kind)
    const owners = given.node()
    assert.equal(await ownerOf(owners, 'resp_unknown'), null)
    const before = given.statements()
    for (const id of ['', 'a b', 'a\0b', '\ud800', 'ä', 'x'.repeat(201)]) {
      owners.claim(response(id), a)
      assert.equal(await ownerOf(owners, id), null)
    }
    assert.equal(given.statements(), before)
    owners.claim(response('resp_1'), a)
    await owners.write()
    given.advance(29)
    assert.deepEqual(await ownerOf(owners, 'resp_1'), owner)
    given.advance(1)
    for (const node of [owners, given.node()]) assert.equal(await ownerOf(node, 'resp_1'), null)
  })

  test(`${kind}: owners whose time is over are deleted, in batches, and only they`, async () => {
    await using given = await openNodes(kind)
    const owners = given.node()
    for (let i = 0; i < 2500; i++) owners.claim(response(`resp_${i}`), a)
    await owners.write()
    given.advance(15)
    owners.claim(response('resp_young'), a)
    await owners.write()
    const clocks = { now: given.now, elapsed: given.now }
    const retention = new Retention({
      db: given.gate,
      log: given.log,
      ...clocks,
      responsesDays: 30,
      usageMinutesDays: 30,
      auditDays: null,
    })
    given.advance(15)
    await retention.run()
    assert.deepEqual(await given.db.selectFrom('owned').select('id').execute(), [{ id: 'resp_young' }])
    assert.deepEqual(given.told, [])
    await retention.close()
  })

  test(`${kind}: many are found with one statement, each kind by itself, and what is not there is nobody's`, async () => {
    await using given = await openNodes(kind)
    const owners = given.node()
    const wanted = Array.from({ length: 300 }, (_, i) => item(`msg_${i}`))
    for (const one of wanted) owners.claim(one, numberOf(one.id) % 2 === 0 ? a : b)
    owners.claim(response('msg_300'), a)
    await owners.write()
    const other = given.node()
    const before = given.statements()
    const found = await other.find([...wanted, item('msg_300'), response('msg_1'), response('msg_300')], owner)
    assert.equal(given.statements(), before + 1)
    const projects = wanted.map(({ id }) => (numberOf(id) % 2 === 0 ? a : b).projectId)
    assert.deepEqual(
      found.map((one) => one?.projectId ?? null),
      [...projects, null, null, a.projectId],
    )
    // The asker's own are remembered; what is another project's costs what nobody's does.
    const own = wanted.filter(({ id }) => numberOf(id) % 2 === 0)
    await other.find(own, owner)
    assert.equal(given.statements(), before + 1)
    for (const strange of [item('msg_1'), item('msg_nowhere')]) {
      const start = given.statements()
      await other.find([...own, strange], owner)
      assert.equal(given.statements(), start + 1, strange.id)
    }
    await other.find(own, null)
    assert.equal(given.statements(), before + 4)
  })

  test(`${kind}: who is shown an id again that is another's gets nothing of it, not even until that is written`, async () => {
    await using given = await openNodes(kind)
    const [first, second] = [given.node(), given.node()]
    const all = [item('msg_1'), item('msg_2')]
    first.claim(item('msg_1'), a)
    await first.write()
    for (const one of all) second.claim(one, { ...b, isNew: false })
    const before = given.statements()
    const theirs = { ...owner, projectId: 'proj_b' }
    assert.deepEqual(await second.find(all, owner), [owner, theirs])
    assert.equal(given.statements(), before + 1)
    await second.write()
    for (const node of [second, given.node()]) assert.deepEqual(await node.find(all, owner), [owner, theirs])
    // Where the database cannot say, nobody has it.
    second.claim(item('msg_3'), { ...b, isNew: false })
    await sql`alter table owned rename to elsewhere`.execute(given.db)
    await assert.rejects(second.find([item('msg_3')], owner))
    await sql`alter table elsewhere rename to owned`.execute(given.db)
  })

  test(`${kind}: with a response ends what came with it, on every node, and nothing else`, async () => {
    await using given = await openNodes(kind)
    const [here, there] = [given.node(), given.node()]
    const all = [response('resp_1'), item('msg_1'), response('resp_2'), item('msg_2')]
    const first = { ...a }
    // The response is named behind its first item.
    here.claim(item('msg_1'), first)
    first.responseId = 'resp_1'
    here.claim(response('resp_1'), first)
    for (const one of [response('resp_2'), item('msg_2')]) here.claim(one, { ...a, responseId: 'resp_2' })
    const left = [null, null, owner, owner]
    assert.deepEqual(await here.find(all, owner), [owner, owner, owner, owner])
    await here.write()
    here.end(response('resp_1'), owner)
    assert.deepEqual(await here.find(all, owner), left)
    assert.equal(here.waiting, true)
    await here.write()
    assert.equal(here.waiting, false)
    for (const node of [here, there, given.node()]) assert.deepEqual(await node.find(all, owner), left)
    // Nobody else is given what was ended.
    for (const node of [here, there]) {
      node.claim(item('msg_1'), b)
      await node.write()
      assert.deepEqual(await node.find(all, owner), left)
    }
    // What has not been written yet ends all the same, and the word of another organization ends nothing.
    here.claim(item('msg_3'), { ...a, responseId: 'resp_3' })
    here.end(response('resp_3'), owner)
    there.end(response('resp_2'), { organizationId: 'org-b' })
    for (const node of [here, there]) await node.write()
    assert.deepEqual(await given.node().find([item('msg_3'), ...all], owner), [null, ...left])
  })
}

for (const kind of databases) {
  test(`${kind}: what ends while it is read is nobody's, whatever the read says`, async () => {
    await using given = await openNodes(kind)
    const held = new Held(kind, 'from "owned"')
    const [first, here] = [given.node(), given.node(undefined, given.db.withPlugin(held))]
    const one = { ...response('resp_1'), label: null, expiresAt: null }
    assert.deepEqual(await first.keep([one], owner), [])
    const asked = { kind: 'response', label: null, after: null, until: null, order: 'asc', limit: 10 } as const
    const [found, listed] = [ownerOf(here, 'resp_1'), here.list(owner, asked)]
    await until(() => held.waiting === 2, 'both are read')
    here.end(response('resp_1'), owner)
    await here.write()
    held.released.resolve()
    assert.equal(await found, null)
    assert.deepEqual(await listed, [])
    assert.equal(await ownerOf(here, 'resp_1'), null)
  })

  test(`${kind}: what has ended stays so, also for a read that another overtook while the end was written`, async () => {
    await using given = await openNodes(kind)
    const held = new Held(kind, 'from "owned"')
    const here = given.node(undefined, given.db.withPlugin(held))
    const one = { ...response('resp_1'), label: null, expiresAt: null }
    assert.deepEqual(await here.keep([one], owner), [])
    here.end(one, owner)
    const overtaken = ownerOf(here, one.id)
    await until(() => held.waiting === 1, 'it is read')
    const letGo = held.holdNoMore()
    assert.equal(await ownerOf(here, one.id), null)
    await here.write()
    letGo()
    assert.equal(await overtaken, null)
    assert.equal(await ownerOf(here, one.id), null)
  })

  test(`${kind}: what ended while two wrote it at once is nobody's, whoever hears of it last`, async () => {
    await using given = await openNodes(kind)
    const held = new Held(kind, 'insert into "owned"')
    const here = given.node(undefined, given.db, given.gate.withPlugin(held))
    const one = { kind: 'chat', id: 'chatcmpl-1' } as const
    here.claim(one, a)
    const asked = { kind: 'chat', label: null, after: null, until: null, order: 'asc', limit: 10 } as const
    const listed = here.list(owner, asked)
    await until(() => held.waiting === 1, 'it is written for the list')
    const letGo = held.holdNoMore()
    here.end(one, owner)
    await here.write()
    letGo()
    assert.deepEqual(await listed, [])
    for (const node of [here, given.node()]) assert.deepEqual(await node.find([one], owner), [null])
  })

  test(`${kind}: the items of a conversation are kept by it, and end when others would once it is gone`, async () => {
    await using given = await openNodes(kind)
    const here = given.node()
    const inIt = { ...a, responseId: null as string | null, conversationId: 'conv_1' }
    here.claim(response('resp_1'), inIt)
    inIt.responseId = 'resp_1'
    here.claim(item('msg_1'), inIt)
    const ofMsg1 = async (node: Owners) => (await node.find([item('msg_1')], owner))[0] ?? null
    await here.write()
    here.end(response('resp_1'), owner)
    await here.write()
    given.advance(400)
    for (const node of [here, given.node()]) assert.deepEqual(await ofMsg1(node), owner)
    here.end({ kind: 'conversation', id: 'conv_1' }, owner)
    await here.write()
    assert.deepEqual(await ofMsg1(given.node()), owner)
    given.advance(31)
    assert.equal(await ofMsg1(given.node()), null)
  })
}

test('memory is bounded: beyond 50,000 claims that wait a response gets no owner, and the log says so once', async () => {
  await using given = await openNodes('sqlite')
  const owners = given.node()
  for (let i = 0; i < 50_010; i++) owners.claim(response(`resp_${i}`), a)
  assert.deepEqual(await ownerOf(owners, 'resp_49999'), owner)
  assert.equal(await ownerOf(owners, 'resp_50000'), null)
  assert.equal(given.told.length, 1)
  await owners.write()
  owners.claim(response('resp_50000'), a)
  assert.deepEqual(await ownerOf(owners, 'resp_50000'), owner)
  // Long written ones have left the memory, not the database.
  assert.deepEqual(await ownerOf(owners, 'resp_0'), owner)
})
