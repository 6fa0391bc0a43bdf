import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { contract } from '../../../src/contract/index.ts'
import type { OrganizationEvent } from '../../../src/core/policy.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { clientOf } from '../../support/client.ts'
import { databases } from '../../support/databases.ts'
import { ADMIN_KEY, type TestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { until, untilPassed } from '../../support/until.ts'
import { makeKey, question, startGate } from '../gate.ts'
import { json } from '../upstream.ts'
import { type Receiver, startReceiver } from './receiver.ts'

const env = { GATEHOUSE_WEBHOOK_NETWORKS: '127.0.0.0/8' }
const HOUR = 3600
const DAY = 24 * HOUR
const { webhookEndpoints } = contract

/** An endpoint for everything, and what it has heard of one type, by what the official client believes. */
async function hearing(app: TestApp, receiver: Receiver, path: string, event_types: OrganizationEvent[]) {
  const call = clientOf(app, ADMIN_KEY)
  const body = { name: 'ours', url: receiver.url + path, event_types }
  const made = await call(webhookEndpoints.create, { body })
  const { webhooks } = new OpenAI({ apiKey: 'none' })
  // biome-ignore lint/suspicious/noExplicitAny: events of ours, which the client has no types of
  const heard = async (): Promise<any[]> =>
    Promise.all(
      receiver.delivered
        .filter((one) => one.path === path)
        .map(({ body, headers }) =>
          webhooks.unwrap(body, headers as Record<string, string>, made.signing_secret, 365 * DAY),
        ),
    )
  /** Waits, while hours pass, until it has heard so many. */
  const told = (least: number, what: string) =>
    untilPassed(
      () => app.advance(HOUR),
      async () => (await heard()).length >= least,
      what,
    )
  return { call, made, heard, told }
}

for (const database of databases) {
  test(`${database}: an organization's endpoint is told of each event of its audit log, once and in order, from then on`, async () => {
    await using receiver = await startReceiver()
    await using gate = await startGate({ database, env })
    const { app } = gate
    const { made, heard } = await hearing(app, receiver, '/audit', ['audit_log.created'])
    const { projects, auditLogs } = app.admin().organization
    for (let i = 0; i < 5; i++) await projects.create({ name: `p${i}` })
    await app.send('GET', '/v1/organization/users', { key: gate.key })
    const events = async () => {
      const { data } = await auditLogs.list({ limit: 100 })
      const begun = data.findIndex((event) => event['organization.updated']?.id !== undefined)
      return data.slice(0, begun + 1).toReversed()
    }
    await until(async () => (await heard()).length >= (await events()).length, 'all events')
    const said = (await heard()).map(({ type, data }) => [type, data.id]).sort()
    assert.deepEqual(said, (await events()).map(({ id }) => ['audit_log.created', id]).sort())
    const [first] = await heard()
    assert.deepEqual(Object.keys(first.data).sort(), ['effective_at', 'id', 'project_id', 'resource_id', 'type'])
    const call = clientOf(app, ADMIN_KEY)
    await call(webhookEndpoints.delete, { params: { webhook_endpoint_id: made.id } })
    assert.deepEqual(await app.db.selectFrom('webhook_told').selectAll().execute(), [])
  })

  test(`${database}: it is told of spend alerts that are reached, and of limits that calls were refused by, once an hour each`, async () => {
    await using receiver = await startReceiver()
    await using file = await modelsFile({
      m1: { price_per_million: { input: 1_000_000, output: 1_000_000 }, max_output_tokens: 5 },
    })
    await using gate = await startGate({ database, env: { ...env, GATEHOUSE_CONFIG: file.path } })
    const { app, projectId: project_id } = gate
    // What is told once an hour would be told twice where one ends meanwhile.
    const ofHour = Math.floor(Date.now() / 1000) % 3600
    if (ofHour > 3000) app.advance(3660 - ofHour)
    const types: OrganizationEvent[] = ['spend_alert.reached', 'spend_limit.reached', 'rate_limit.reached']
    const { heard } = await hearing(app, receiver, '/money', types)
    const usage = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 }
    gate.upstream.answer(json({ object: 'chat.completion', choices: [], usage }))
    const { projects } = app.admin().organization
    const alert = await projects.spendAlerts.create(project_id, {
      ...{ threshold_amount: 100, currency: 'USD', interval: 'month' },
      notification_channel: {
        type: 'email',
        recipients: [(await app.admin().organization.users.list()).data[0]?.email ?? ''],
      },
    })
    const client = app.client(gate.key)
    await client.chat.completions.create(question)
    await until(async () => (await heard()).length === 1, 'an alert')
    const [first] = await heard()
    assert.equal(first.type, 'spend_alert.reached')
    assert.deepEqual(
      [first.data.id, first.data.project_id, first.data.threshold_amount, first.data.currency],
      [alert.id, project_id, 100, 'USD'],
    )
    assert.ok(first.data.spent_amount >= 100)

    await projects.spendLimit.update(project_id, { threshold_amount: 1, currency: 'USD', interval: 'month' })
    const refused = { code: 'project_spend_limit_exceeded' }
    for (let i = 0; i < 3; i++) await assert.rejects(client.chat.completions.create(question), refused)
    await until(async () => (await heard()).length === 2, 'a limit of money')
    const other = await makeKey(app)
    await projects.rateLimits.updateRateLimit('rl-m1', { project_id: other.projectId, max_requests_per_1_minute: 0 })
    const calls = app.client(other.key).chat.completions
    for (let i = 0; i < 3; i++) await assert.rejects(calls.create(question), { status: 429 })
    await until(async () => (await heard()).length === 3, 'a limit of calls')
    const said = (await heard()).slice(1).map(({ type, data: { message, ...data } }) => [type, data, typeof message])
    assert.deepEqual(said, [
      ['spend_limit.reached', { project_id, code: 'project_spend_limit_exceeded' }, 'string'],
      ['rate_limit.reached', { project_id: other.projectId, code: 'rate_limit_exceeded' }, 'string'],
    ])
    app.advance(3700)
    await assert.rejects(calls.create(question), { status: 429 })
    await until(async () => (await heard()).length === 4, 'the same, an hour later')
  })

  test(`${database}: it is told of keys two weeks before they end, once, and not of those that were made for less`, async () => {
    await using receiver = await startReceiver()
    await using gate = await startGate({ database, env })
    const { app } = gate
    const { heard, told } = await hearing(app, receiver, '/ends', ['api_key.expiring', 'certificate.expiring'])
    const { adminAPIKeys } = app.admin().organization
    const make = (name: string, days: number) => adminAPIKeys.create({ name, expires_in_seconds: days * DAY })
    const [long, short] = [await make('long', 20), await make('short', 5)]
    app.advance(7 * DAY)
    await told(1, 'a key that ends')
    const [one, ...more] = await heard()
    assert.deepEqual(more, [])
    assert.equal(one.type, 'api_key.expiring')
    const { expires_at, ...data } = one.data
    assert.deepEqual(data, { object: 'organization.admin_api_key', id: long.id, name: 'long', project_id: null })
    assert.notEqual(one.data.id, short.id)
    app.advance(DAY)
    await make('next', 15)
    app.advance(2 * DAY)
    await told(2, 'another')
    assert.deepEqual(
      (await heard()).map(({ data: { name } }) => name),
      ['long', 'next'],
    )
  })

  test(`${database}: it is told of certificates two weeks before they end, once, and not of those that ended sooner when they came`, async () => {
    await using receiver = await startReceiver()
    await using gate = await startGate({ database, env })
    const { app } = gate
    const { heard, told } = await hearing(app, receiver, '/ends', ['certificate.expiring'])
    const { certificates } = app.admin().organization
    const upload = async (name: string, expiresIn: number) =>
      certificates.create({ certificate: (await makeCertificate(name, { expiresIn })).pem, name })
    const [, long] = [await upload('short', 5), await upload('long', 20)]
    app.advance(7 * DAY)
    await told(1, 'a certificate that ends')
    const [one] = await heard()
    const { expires_at } = long.certificate_details
    assert.deepEqual(
      [one.type, one.data],
      ['certificate.expiring', { object: 'certificate', id: long.id, name: 'long', expires_at, project_id: null }],
    )
    await upload('next', 22)
    app.advance(2 * DAY)
    await told(2, 'another')
    assert.deepEqual(
      (await heard()).map(({ data: { name } }) => name),
      ['long', 'next'],
    )
  })
}

test("an organization's endpoint is tested, its secret rotated, and what did not arrive is listed", async () => {
  await using receiver = await startReceiver()
  await using gate = await startGate({ env })
  const { app } = gate
  const { call, made, heard } = await hearing(app, receiver, '/x', ['spend_alert.reached'])
  const params = { webhook_endpoint_id: made.id }
  const { delivery_id } = await call(webhookEndpoints.test, { params, body: { event_type: 'api_key.expiring' } })
  const [sent] = await receiver.received(1)
  assert.equal(sent?.headers['webhook-id'], delivery_id)
  assert.deepEqual(
    (await heard()).map(({ type, data }) => [type, data]),
    [['api_key.expiring', { id: 'sample' }]],
  )
  const rotated = await call(webhookEndpoints.rotateSecret, {
    ...{ params, body: { keep_old_secret_active_for_24_hours: true } },
  })
  assert.notEqual(rotated.signing_secret, made.signing_secret)
  receiver.answer('/x', 500)
  await call(webhookEndpoints.test, { params, body: { event_type: 'audit_log.created' } })
  await receiver.received(2)
  assert.equal((await heard()).length, 2)
  await until(async () => (await call(webhookEndpoints.deliveries, { params })).data[0]?.attempts === 1, 'an attempt')
  const { data } = await call(webhookEndpoints.deliveries, { params })
  assert.deepEqual([data.length, data[0]?.status, data[0]?.status_code], [1, 'waiting', 500])
  const shown = await call(webhookEndpoints.retrieve, { params })
  assert.ok(!JSON.stringify([shown, await call(webhookEndpoints.list, {})]).includes(rotated.signing_secret))
  for (const url of ['https://10.0.0.1/', 'https://[::1]/', 'http://example.com/', 'https://u:p@example.com'])
    await assert.rejects(call(webhookEndpoints.update, { params, body: { url } }), { status: 400, param: 'url' }, url)
  // What a project's key asks for is its own project's.
  assert.deepEqual((await app.client(gate.key).webhooks.list()).data, [])
  await assert.rejects(app.client(gate.key).webhooks.retrieve(made.id), { status: 404 })
})
