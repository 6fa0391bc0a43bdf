import assert from 'node:assert/strict'
import { test as anyTest, mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { mintKey } from '../../src/core/key.ts'
import { databases } from '../support/databases.ts'
import { ADMIN_KEY, WORKERS } from '../support/harness.ts'
import { checkChat } from './check/checking.ts'
import { CHAT, makeKey, question, startGate, type TestGate } from './gate.ts'
import { EVENTS, event, json, until } from './upstream.ts'

/*
 * SQL is counted exactly, once, and not within a margin: the intervals on which usage and last uses are written are stopped
 * here, so what is counted was run for requests; the clocks stand still while it is counted, so nothing that is remembered
 * grows old; and PostgreSQL's word of every change made before has come. The database is real and so is the counter. It
 * counts begin and commit where they are statements of their own, which is on PostgreSQL.
 */
mock.timers.enable({ apis: ['setInterval'] })

/** Of several threads none has this process's clocks, and each knows a key for itself: nothing of this would hold. */
const test = WORKERS > 1 ? anyTest.skip : anyTest

const ask = async (gate: TestGate, key: string) => (await gate.app.send('POST', CHAT, { key, body: question })).status
const statements = (gate: TestGate) => gate.app.metric('gatehouse_sql_statements_total')

const nothing = (): Promise<unknown> => Promise.resolve()

/** How many statements the server runs for this. @param warm what is called first, and not counted */
async function count(gate: TestGate, work: () => Promise<unknown>, warm = nothing): Promise<number> {
  await hear(gate)
  using _ = stoppedClocks()
  await warm()
  await ended(gate)
  const before = await statements(gate)
  await work()
  await ended(gate)
  return (await statements(gate)) - before
}

const ended = (gate: TestGate) =>
  until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'the end of all calls')

function stoppedClocks(): Disposable {
  const [date, monotonic] = [Date.now(), performance.now()]
  const stopped = [mock.method(Date, 'now', () => date), mock.method(performance, 'now', () => monotonic)]
  return {
    [Symbol.dispose]: () => {
      for (const { mock } of stopped) mock.restore()
    },
  }
}

/** What the server, which is in this process, has heard from PostgreSQL. */
const heard = new Set<string>()
const { emit } = pg.Client.prototype
pg.Client.prototype.emit = function (this: pg.Client, event: string, ...values: unknown[]) {
  const result = emit.call(this, event, ...values)
  if (event === 'notification') heard.add((values[0] as pg.Notification).payload ?? '')
  return result
}

/** Waits until the server listens and has heard of every change before this one, which is of nobody's organization. */
async function hear({ app }: TestGate): Promise<void> {
  if (!app.databaseUrl.startsWith('postgres')) return
  const change = JSON.stringify({ organizationId: `nobody ${heard.size}`, projectId: null })
  await until(async () => {
    if (!heard.has(change)) await sql`select pg_notify('gatehouse_changed', ${change})`.execute(app.db)
    return heard.has(change)
  }, 'the word of a change')
  // What follows the server's own beginning to listen runs in the same turn.
  await turn()
}

/**
 * The key and what its owner may, the project's rules in three parts, and what project and organization have spent; with Redis, what
 * was saved of their days' levels as well.
 */
const COLD = process.env.TEST_REDIS_URL ? 8 : 7
/** Begin and commit are counted where they are statements of their own. */
const LAST_USES = { sqlite: 1, postgres: 4 }
/** The batch's number, and its six rows (of two keys a minute, an hour and a day each) in two statements. */
const FLUSH = { sqlite: 3, postgres: 5 }

async function many(count: number, each: () => Promise<number>, status: number) {
  const statuses = await Promise.all(Array.from({ length: count }, each))
  assert.deepEqual(new Set(statuses), new Set([status]))
}

for (const database of databases) {
  test(`${database}: a warm call runs no SQL at all, 200 times over`, async () => {
    await using gate = await startGate({ database })
    const other = await makeKey(gate.app)
    const warm = async () => {
      await ask(gate, gate.key)
      await ask(gate, other.key)
    }
    const work = async () => {
      await many(100, () => ask(gate, gate.key), 200)
      for (let i = 0; i < 50; i++) assert.equal(await ask(gate, other.key), 200)
      await many(50, () => ask(gate, other.key), 200)
    }
    const ran = await count(gate, work, warm)
    assert.equal(ran, 0)
  })

  test(`${database}: nor does a warm stream`, async () => {
    await using gate = await startGate({ database })
    const { app, key } = gate
    gate.upstream.answer(({ response }) => response.writeHead(200, EVENTS).end(event('[DONE]')))
    const body = { ...question, stream: true }
    const stream = async () => (await app.send('POST', CHAT, { key, body })).status
    const ran = await count(gate, () => many(50, stream, 200), stream)
    assert.equal(ran, 0)
  })

  test(`${database}: nor does a warm question of the check door, with a body or without`, async () => {
    await using gate = await startGate({ database })
    const { app, key } = gate
    const check = async (body?: object) => (await checkChat(app, { key, body })).status
    const work = async () => {
      await many(50, () => check(), 200)
      await many(50, () => check(question), 200)
    }
    const ran = await count(gate, work, check)
    assert.equal(ran, 0)
  })

  test(`${database}: a warm call that names older things runs one statement, however many they are`, async () => {
    await using gate = await startGate({ database })
    const { app, key, projectId } = gate
    const { id: organization_id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
    const owner = { organization_id, project_id: projectId, upstream: 'default', expires_at: 2_000_000_000 }
    const items = Array.from({ length: 3000 }, (_, i) => ({ kind: 'item' as const, id: `msg_${i}`, ...owner }))
    const older = { kind: 'response' as const, id: 'resp_older', ...owner }
    for (let i = 0; i < items.length; i += 1000) {
      await app.db
        .insertInto('owned')
        .values(items.slice(i, i + 1000))
        .execute()
    }
    await app.db.insertInto('owned').values(older).execute()
    gate.upstream.answer(json({ id: 'resp_older', object: 'response' }))
    const retrieve = async () => assert.equal((await app.send('GET', '/v1/responses/resp_older', { key })).status, 200)
    assert.equal(await count(gate, retrieve, () => ask(gate, key)), 1)
    const references = (from: number, to: number) =>
      items.slice(from, to).map(({ id }) => ({ type: 'item_reference', id }))
    const call = async (from: number, to: number) => {
      const body = { model: 'm1', input: references(from, to), previous_response_id: 'resp_older', store: false }
      assert.equal((await app.send('POST', '/v1/responses', { key, body })).status, 200)
    }
    for (const [from, to, ran] of [
      [0, 1, 1],
      [0, 1, 0],
      [1, 4, 1],
      [0, 3000, 1],
      [0, 3000, 0],
    ] as const) {
      assert.equal(
        await count(
          gate,
          () => call(from, to),
          () => ask(gate, key),
        ),
        ran,
        `${from} to ${to}`,
      )
    }
  })

  test(`${database}: a cold key costs two statements, however many call with it at once`, async () => {
    await using gate = await startGate({ database })
    const { key } = await makeKey(gate.app, gate.projectId)
    const warm = () => ask(gate, gate.key)
    const ran = await count(gate, () => many(50, () => ask(gate, key), 200), warm)
    assert.equal(ran, 2)
  })

  test(`${database}: a mistyped key costs no SQL, and no key at all none either`, async () => {
    await using gate = await startGate({ database })
    const wrong = [`${gate.key}x`, gate.key.slice(0, -1), 'sk-proj-x', 'sk-admin-short', 'anything']
    const ran = await count(gate, async () => {
      for (const key of wrong) await many(10, () => ask(gate, key), 401)
      assert.equal((await gate.app.send('GET', '/v1/models', { key: null })).status, 401)
    })
    assert.equal(ran, 0)
  })

  test(`${database}: an unknown key that is well-formed costs two statements once, and then none`, async () => {
    await using gate = await startGate({ database })
    for (const kind of ['user', 'service_account', 'admin'] as const) {
      const { value } = mintKey(kind)
      const first = await count(gate, () => many(30, () => ask(gate, value), 401))
      assert.equal(first, 2, kind)
      const warm = () => ask(gate, value)
      const later = await count(gate, () => many(200, () => ask(gate, value), 401), warm)
      assert.equal(later, 0, kind)
    }
  })

  test(`${database}: a known key that is refused costs one row in the audit log, and then nothing`, async () => {
    await using gate = await startGate({ database })
    const rows = () => gate.app.db.selectFrom('audit_log').select('id').where('type', '=', 'login.failed').execute()
    // A new minute on the clock would allow one row more.
    using _ = stoppedClocks()
    assert.equal(await ask(gate, ADMIN_KEY), 401)
    await until(async () => (await rows()).length === 1, 'the row')
    const warm = () => ask(gate, ADMIN_KEY)
    assert.equal(await count(gate, () => many(200, () => ask(gate, ADMIN_KEY), 401), warm), 0)
    assert.equal((await rows()).length, 1)
  })

  test(`${database}: unknown URLs and wrong methods cost no SQL, with a key or without`, async () => {
    await using gate = await startGate({ database })
    const ran = await count(gate, async () => {
      for (const key of [gate.key, mintKey('user').value, null]) {
        assert.equal((await gate.app.send('GET', '/v1/nothing', { key })).status, 404)
        assert.equal((await gate.app.send('DELETE', '/v1/models', { key })).status, 405)
        assert.equal((await gate.app.send('GET', '/v1/files', { key })).status, 404)
      }
    })
    assert.equal(ran, 0)
  })

  test(`${database}: a call of a project that nobody has used lately costs ${COLD} statements, however many make it at once`, async () => {
    await using gate = await startGate({ database })
    const { key } = await makeKey(gate.app)
    const ran = await count(gate, () => many(50, () => ask(gate, key), 200))
    assert.equal(ran, COLD)
  })

  test(`${database}: twice a second, what 200 calls of two keys used is written in one short transaction`, async () => {
    await using gate = await startGate({ database })
    // Counted by the model server itself, so that nothing is counted later.
    gate.upstream.answer(json({ usage: { prompt_tokens: 3, completion_tokens: 4 } }))
    const other = await makeKey(gate.app, gate.projectId)
    const sum = async () => {
      const rows = await gate.app.db
        .selectFrom('usage_rollup')
        .select(['num_model_requests as calls', 'input_tokens', 'output_tokens'])
        .where('grain', '=', 86_400)
        .execute()
      const total = (name: 'calls' | 'input_tokens' | 'output_tokens') =>
        rows.reduce((all, row) => all + Number(row[name]), 0)
      return [total('calls'), total('input_tokens'), total('output_tokens')]
    }
    // A minute that begins in between would have rows of its own.
    using _ = stoppedClocks()
    await many(100, () => ask(gate, gate.key), 200)
    await many(100, () => ask(gate, other.key), 200)
    await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'the end of all calls')
    const before = await statements(gate)
    // The last uses have their own interval, which is not over.
    mock.timers.tick(500)
    await until(async () => (await sum())[0] === 200, 'the usage')
    assert.deepEqual(await sum(), [200, 600, 800])
    await until(async () => (await gate.app.metric('gatehouse_usage_buffered')) === 0, 'the end of the transaction')
    mock.timers.tick(500)
    const ran = (await statements(gate)) - before
    assert.equal(ran, FLUSH[database])
  })

  test(`${database}: when the interval is over, 200 uses of two keys are written in one short transaction`, async () => {
    await using gate = await startGate({ database })
    gate.upstream.answer(json({ usage: { prompt_tokens: 3, completion_tokens: 4 } }))
    const other = await makeKey(gate.app, gate.projectId)
    const admins = () =>
      gate.app.db.selectFrom('admin_api_key').select('id').where('last_used_at', 'is not', null).execute()
    const used = () =>
      gate.app.db.selectFrom('project_api_key').select('id').where('last_used_at', 'is not', null).execute()
    const buffered = () => gate.app.metric('gatehouse_usage_buffered')
    // The uses of the admin key that made the other two are out of the way first.
    mock.timers.tick(2000)
    await until(async () => (await admins()).length === 1, 'the use of the admin key')
    await many(100, () => ask(gate, gate.key), 200)
    await many(100, () => ask(gate, other.key), 200)
    await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'the end of all calls')
    // What the calls used is out of the way too.
    assert.ok((await buffered()) > 0)
    mock.timers.tick(500)
    await until(async () => (await buffered()) === 0, 'the usage')
    assert.equal((await used()).length, 0)
    const before = await statements(gate)
    mock.timers.tick(1500)
    await until(async () => (await used()).length === 2, 'the uses of both keys')
    // One update of both keys, for which PostgreSQL locks them first.
    await until(async () => (await statements(gate)) - before >= LAST_USES[database], 'the statements')
    mock.timers.tick(2000)
    assert.equal(await statements(gate), before + LAST_USES[database])
  })
}
