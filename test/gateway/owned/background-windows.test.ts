import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../../support/databases.ts'
import { startTestApp, type TestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { startGate } from '../gate.ts'
import { json, until } from '../upstream.ts'
import { envOf, startShared } from './shared.ts'

/*
 * Responses in the background for which one waits, and which cost less.
 */

/** Dollars for each token: one, and in windows less. */
const dollars = (input: number, output: number) => ({ input: input * 1_000_000, output: output * 1_000_000 })
const bounds = { max_output_tokens: 100, context_tokens: 10_000 }
const models = {
  m1: {
    ...bounds,
    price_per_million: dollars(1, 1),
    background_price_per_million: { '2h': dollars(0.5, 0.5), '8h': { ...dollars(0.25, 0.5), cached_input: 0 } },
  },
  'gpt-4o-mini': { ...bounds, price_per_million: dollars(1, 1), background_price_per_million: { '8h': dollars(1, 1) } },
}
/** Ten tokens are read and five written, as the account counts. */
const costs = { soonest: 15, '2h': 7.5, '8h': 5 } as const
type Window = keyof typeof costs

const within = (completion_window: string, more: object = {}) => ({
  ...{ model: 'm1', input: 'hello', background: true },
  ...{ background_options: { completion_window }, ...more },
})

async function start(written: object = models) {
  await using stack = new AsyncDisposableStack()
  const own = stack.use(await openTestDatabase('sqlite'))
  const file = stack.use(await modelsFile(written as Record<string, object>))
  const env = { GATEHOUSE_CONFIG: file.path }
  const it = stack.use(await startShared({ databaseUrl: own.url, env }))
  const ask = (body: object, app: TestApp = it.app) => app.send('POST', '/v1/responses', { key: it.a.key, body })
  const rest = stack.move()
  return { ...it, databaseUrl: own.url, ask, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** Dollars that responses hold. */
const held = async ({ db }: TestApp) => {
  const row = db.selectFrom('background_response').select(({ fn }) => fn.sum('reserved_nano').as('nano'))
  return Number((await row.executeTakeFirst())?.nano ?? 0) / 1e9
}
const isSettled = (app: TestApp) => until(async () => (await held(app)) === 0, 'all is settled')
/** Dollars that a project has been charged, by its costs. */
const charged = async ({ db }: TestApp, projectId: string) => {
  const rows = db.selectFrom('usage_rollup').select('amount_nano').where('project_id', '=', projectId)
  const nano = (await rows.where('kind', '=', 'costs').where('grain', '=', 60).execute()).map((row) => row.amount_nano)
  return nano.reduce<number>((sum, one) => sum + Number(one), 0) / 1e9
}

test('what waits is judged, held and charged at the price of its window', async () => {
  await using it = await start()
  const { app, account, a, ask } = it
  let paid = 0
  const holds: Partial<Record<Window, number>> = {}
  for (const window of ['soonest', '2h', '8h'] as const) {
    const { status, body, text } = await ask(within(window))
    assert.equal(status, 200, text)
    holds[window] = await held(app)
    account.endResponse(body.id)
    await isSettled(app)
    paid += costs[window]
    assert.equal(await charged(app, a.projectId), paid, window)
  }
  // A token for each byte: the other word is five longer.
  assert.equal((holds['2h'] ?? 0) * 2, (holds.soonest ?? 0) - 5)
  assert.ok((holds['8h'] ?? 0) < (holds['2h'] ?? 0))
  // Room for one in the window, and not for one at once.
  const limit = {
    threshold_amount: Math.ceil((paid + (holds['2h'] ?? 0) * 1.5) * 100),
    currency: 'USD',
    interval: 'month',
  }
  const limited = await app.send('POST', `/v1/organization/projects/${a.projectId}/spend_limit`, { body: limit })
  assert.equal(limited.status, 200, limited.text)
  await until(async () => (await ask(within('soonest'))).status === 429, 'there is no room for it at once')
  assert.equal((await ask(within('2h'))).status, 200)
})

test('the model server is asked for the window', async () => {
  await using gate = await startGate({ env: { GATEHOUSE_UPSTREAM_OFFERS: 'background' } })
  const { app, key, upstream } = gate
  upstream.answer(json({ id: 'resp_1', object: 'response', status: 'queued', output: [] }))
  const sent = within('8h')
  assert.equal((await app.send('POST', '/v1/responses', { key, body: sent })).status, 200)
  const asked = upstream.calls.find(({ request }) => request.method === 'POST')
  assert.deepEqual(JSON.parse(asked?.body.toString() ?? ''), sent)
})

test('what was let in at a price is charged at it, though the price is another after a restart', async () => {
  await using it = await start()
  const { app, account, a, ask } = it
  const { body } = await ask(within('2h'))
  await app[Symbol.asyncDispose]()
  const { background_price_per_million: _, ...m1 } = models.m1
  await using file = await modelsFile({ m1 })
  const env = { ...envOf(account), GATEHOUSE_CONFIG: file.path }
  await using next = await startTestApp({ databaseUrl: it.databaseUrl, env })
  assert.equal((await ask(within('2h'), next)).status, 400)
  account.endResponse(body.id)
  await isSettled(next)
  assert.equal(await charged(next, a.projectId), costs['2h'])
})

test('a window is refused where it has no price and its model one, and with what the original does not have it with', async () => {
  await using it = await start({ ...models, free: {} })
  const { app, account, a, ask } = it
  const before = account.requests.length
  const WINDOW = 'background_options.completion_window'
  for (const [body, verdict] of [
    [within('2h', { model: 'gpt-4o-mini' }), '400 not_offered'],
    [within('2h', { background: false }), '400 invalid_value'],
    [within('2h', { background: null }), '400 invalid_value'],
    [within('8h', { stream: true }), '400 invalid_value'],
    [within('8h', { service_tier: 'flex' }), '400 invalid_value'],
    [within('2h', { service_tier: 'priority' }), '400 invalid_value'],
    [within('1h'), '400 invalid_value'],
    [within('2H'), '400 invalid_value'],
    [within('toString'), '400 invalid_value'],
  ] as const) {
    const reply = await ask(body)
    const { code, param } = reply.body.error
    assert.equal(`${reply.status} ${code} ${param}`, `${verdict} ${WINDOW}`, JSON.stringify(body))
  }
  assert.equal(account.requests.length, before, 'the model server was asked')
  assert.equal(await held(app), 0)
  for (const service_tier of [null, 'auto', 'default'])
    assert.equal((await ask(within('8h', { service_tier }))).status, 200, String(service_tier))
  assert.equal((await ask(within('8h', { model: 'gpt-4o-mini' }))).status, 200)
  // The project's own tier is what is sent, where the request says none.
  const { serviceTierSettings } = app.admin().organization.projects
  await serviceTierSettings.update(a.projectId, { default: 'fast' })
  await until(async () => (await ask(within('8h'))).status === 400, 'the tier is sent with it')
  assert.equal((await ask(within('8h', { service_tier: 'default' }))).status, 200)
})

test('a model that costs nothing does so in every window, and under a spend limit it is refused as ever', async () => {
  await using it = await start({ m1: bounds })
  const { app, account, a, ask } = it
  const { status, body } = await ask(within('2h'))
  assert.equal(status, 200)
  account.endResponse(body.id)
  await until(
    async () => (await app.db.selectFrom('background_response').select('id').execute()).length === 0,
    'its end',
  )
  assert.equal(await charged(app, a.projectId), 0)
  const limit = { threshold_amount: 100, currency: 'USD', interval: 'month' }
  await app.send('POST', `/v1/organization/projects/${a.projectId}/spend_limit`, { body: limit })
  const said = async (window: string) => {
    const reply = await ask(within(window))
    return `${reply.status} ${reply.body.error?.code}`
  }
  await until(async () => (await said('soonest')).startsWith('400'), 'the limit holds')
  assert.equal(await said('2h'), await said('soonest'))
})
