import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { startTestApp, type TestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { until } from '../upstream.ts'
import { envOf, startShared } from './shared.ts'

const price_per_million = { input: 1_000_000, output: 1_000_000 }
const models = { m1: { price_per_million, max_output_tokens: 100, context_tokens: 10_000 } }
const asked = { model: 'm1', input: 'hello', background: true } as const

/** An account behind a gate that knows a price: a dollar for each token. */
async function startPriced(databaseUrl?: string) {
  await using stack = new AsyncDisposableStack()
  const file = stack.use(await modelsFile(models))
  const env = { GATEHOUSE_CONFIG: file.path }
  const it = stack.use(await startShared({ env, ...(databaseUrl !== undefined && { databaseUrl }) }))
  const rest = stack.move()
  return { ...it, env: { ...envOf(it.account), ...env }, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** What a project has used by its reports: requests, tokens and dollars. */
async function used({ db }: TestApp, projectId: string) {
  const rows = await db
    .selectFrom('usage_rollup')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('grain', '=', 60)
    .execute()
  const of = (kind: string) => rows.filter((row) => row.kind === kind)
  const sum = (kind: string, read: (row: (typeof rows)[number]) => unknown) =>
    of(kind).reduce((all, row) => all + Number(read(row)), 0)
  return {
    requests: sum('completions', (row) => row.num_model_requests),
    input: sum('completions', (row) => row.input_tokens),
    output: sum('completions', (row) => row.output_tokens),
    dollars: sum('costs', (row) => row.amount_nano) / 1e9,
    batch: rows.some(({ batch }) => Number(batch) !== 0),
  }
}
const ONE = { requests: 1, input: 10, output: 5, dollars: 15, batch: false }

const open = async ({ db }: TestApp) => (await db.selectFrom('background_response').selectAll().execute()).length
const held = async ({ db }: TestApp) => {
  const rows = await db
    .selectFrom('batch_held')
    .select((eb) => eb.cast<string>('amount', 'text').as('amount'))
    .execute()
  return rows.map(({ amount }) => Number(amount) / 1e9).filter((amount) => amount !== 0)
}
const isSettled = (app: TestApp) => until(async () => (await open(app)) === 0, 'all is settled')

const limited = (app: TestApp, projectId: string, dollars: number) =>
  app.send('POST', `/v1/organization/projects/${projectId}/spend_limit`, {
    body: { threshold_amount: dollars * 100, currency: 'USD', interval: 'month' },
  })
const ask = (client: OpenAI) => client.responses.create({ model: 'm1', input: 'hello' })

for (const database of databases) {
  test(`${database}: a response in the background is settled once when it ends, though nobody asks for it`, async () => {
    await using own = await openTestDatabase(database)
    await using it = await startPriced(own.url)
    const { app, account, a, b } = it
    await using other = await startTestApp({ databaseUrl: own.url, env: it.env })
    const made = await a.client.responses.create(asked)
    assert.equal(made.status, 'queued')
    assert.equal((await app.db.selectFrom('background_response').selectAll().execute())[0]?.response_id, made.id)
    await assert.rejects(b.client.responses.retrieve(made.id), { status: 404 })
    assert.equal((await a.client.responses.retrieve(made.id)).status, 'queued')
    assert.deepEqual(await used(app, a.projectId), { ...ONE, requests: 0, input: 0, output: 0, dollars: 0 })
    account.endResponse(made.id)
    await isSettled(app)
    assert.deepEqual(await used(app, a.projectId), ONE)
    assert.deepEqual(await held(app), [])
    assert.equal((await a.client.responses.retrieve(made.id)).status, 'completed')
    // At most one question a second, whoever has the lease.
    const asks = account.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(made.id))
    assert.ok(asks.length < 30, String(asks.length))
    assert.ok(other)
  })

  test(`${database}: money is held for it until it ends, on every server and after a restart`, async () => {
    await using own = await openTestDatabase(database)
    await using stack = new AsyncDisposableStack()
    const it = stack.use(await startPriced(own.url))
    const { app, account, a } = it
    const made = await a.client.responses.create(asked)
    const [whole = 0] = await held(app)
    assert.ok(whole > 100, String(whole))
    // Room for one, and not for two.
    assert.equal((await limited(app, a.projectId, whole * 1.5)).status, 200)
    const full = { status: 429 }
    await until(
      async () =>
        (await ask(a.client).then(
          () => 200,
          ({ status }) => status,
        )) === 429,
      'there is no room',
    )
    await assert.rejects(a.client.responses.create(asked), full)
    const next = await startTestApp({ databaseUrl: own.url, env: it.env })
    stack.use(next)
    const elsewhere = a.client.withOptions({ baseURL: `${next.url}/v1` })
    await assert.rejects(ask(elsewhere), full)
    await app[Symbol.asyncDispose]()
    await assert.rejects(ask(elsewhere), full)
    account.endResponse(made.id)
    await isSettled(next)
    assert.equal((await used(next, a.projectId)).dollars >= 15, true)
    await until(
      async () =>
        (await ask(elsewhere).then(
          () => 200,
          ({ status }) => status,
        )) === 200,
      'there is room again',
    )
  })
}

test('a stream that its client leaves goes on, is resumed where it was, and is settled once', async () => {
  await using it = await startPriced()
  const { app, account, a, b } = it
  const stream = await a.client.responses.create({ ...asked, stream: true })
  let [id, last] = ['', -1]
  for await (const event of stream) {
    if (event.type === 'response.created') id = event.response.id
    last = event.sequence_number
    if (event.type === 'response.queued') break
  }
  assert.equal(await open(app), 1)
  account.endResponse(id)
  const resumed = await a.client.responses.retrieve(id, { stream: true, starting_after: last })
  const types: string[] = []
  for await (const event of resumed) types.push(event.type)
  assert.deepEqual([types[0], types.at(-1)], ['response.output_item.added', 'response.completed'])
  await isSettled(app)
  assert.deepEqual(await used(app, a.projectId), ONE)
  await assert.rejects(b.client.responses.retrieve(id, { stream: true, starting_after: 0 }), { status: 404 })
  // One that is read to its end is settled like any.
  const whole = await a.client.responses.create({ ...asked, stream: true })
  for await (const event of whole) if (event.type === 'response.queued') account.endResponse(event.response.id)
  await isSettled(app)
  assert.deepEqual(await used(app, a.projectId), { ...ONE, requests: 2, input: 20, output: 10, dollars: 30 })
})

test('one that is cancelled, failed or gone is over; deleted it can be only when it is', async () => {
  await using it = await startPriced()
  const { app, account, a, b } = it
  const first = await a.client.responses.create(asked)
  await assert.rejects(a.client.responses.delete(first.id), { status: 400, message: /not over.*Cancel it first/ })
  await assert.rejects(b.client.responses.cancel(first.id), { status: 404 })
  assert.equal((await a.client.responses.cancel(first.id)).status, 'cancelled')
  await a.client.responses.delete(first.id)
  assert.equal(await open(app), 0)
  const paid = await used(app, a.projectId)
  // What was asked has been read.
  assert.deepEqual([paid.requests, paid.output, paid.input > 0], [1, 0, true])
  const failed = await a.client.responses.create(asked)
  account.endResponse(failed.id, 'failed')
  await isSettled(app)
  assert.deepEqual(await used(app, a.projectId), paid)
  const gone = await a.client.responses.create(asked)
  account.responses.delete(gone.id)
  await isSettled(app)
  assert.deepEqual(await used(app, a.projectId), {
    ...paid,
    requests: 2,
    input: paid.input * 2,
    dollars: paid.dollars * 2,
  })
  assert.deepEqual(await held(app), [])
})

test('what the model server refuses, and what cannot be charged, holds nothing', async () => {
  await using it = await startPriced()
  const { app, account, a } = it
  const release = account.fail('POST /v1/responses', 500)
  const failed = await app.send('POST', '/v1/responses', { key: a.key, body: asked })
  assert.ok(failed.status >= 500)
  release()
  const bad = await app.send('POST', '/v1/responses', {
    key: a.key,
    body: { ...asked, previous_response_id: 'resp_x' },
  })
  assert.equal(bad.status, 404)
  const before = account.requests.length
  for (const [more, verdict] of [
    [{ store: false }, '400 invalid_value background'],
    [{ background: 'true' }, '400 invalid_type background'],
    [{ background_options: { completion_window: '2h' } }, '400 not_offered background_options.completion_window'],
    [{ background_options: { completion_window: '8h' } }, '400 not_offered background_options.completion_window'],
    [{ background_options: { completion_window: '1h' } }, '400 invalid_value background_options.completion_window'],
    [{ background_options: { continuation_id: 'x' } }, '400 unknown_parameter background_options.continuation_id'],
    [{ background_options: 'soonest' }, '400 invalid_type background_options'],
  ] as const) {
    const { status, body } = await app.send('POST', '/v1/responses', { key: a.key, body: { ...asked, ...more } })
    assert.equal(`${status} ${body.error.code} ${body.error.param}`, verdict)
  }
  assert.equal(account.requests.length, before)
  await isSettled(app)
  assert.deepEqual(await held(app), [])
  assert.deepEqual(await used(app, a.projectId), { ...ONE, requests: 0, input: 0, output: 0, dollars: 0 })
  const soonest = await app.send('POST', '/v1/responses', {
    key: a.key,
    body: { ...asked, background_options: { completion_window: 'soonest' } },
  })
  assert.equal(soonest.status, 200, soonest.text)
})

test('where no upstream offers it there is no background, nor with zero data retention', async () => {
  await using it = await startShared({ env: { GATEHOUSE_UPSTREAM_OFFERS: 'files' } })
  const refused = await it.app.send('POST', '/v1/responses', { key: it.a.key, body: asked })
  assert.deepEqual(
    [refused.status, refused.body.error.code, refused.body.error.param],
    [400, 'not_offered', 'background'],
  )
  await using offered = await startShared()
  const { app, a } = offered
  const zero = await app.send('POST', `/v1/organization/projects/${a.projectId}/data_retention`, {
    body: { retention_type: 'zero_data_retention' },
  })
  assert.equal(zero.status, 200, zero.text)
  await until(
    async () => (await app.send('POST', '/v1/responses', { key: a.key, body: asked })).status === 400,
    'it may store nothing',
  )
})
