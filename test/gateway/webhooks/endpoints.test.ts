import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { webhookEvents } from '../../../src/core/webhook.ts'
import { databases } from '../../support/databases.ts'
import { makeKey, startEcho } from '../gate.ts'
import { startReceiver } from './receiver.ts'

const allowed = { GATEHOUSE_WEBHOOK_NETWORKS: '127.0.0.0/8' }
const wanted = { name: 'mine', url: 'https://hooks.example.com/x?y=1', event_types: ['batch.completed' as const] }
const missing = (id: string, param = 'id') => ({
  status: 404,
  error: { message: `No such webhook endpoint: ${id}`, type: 'invalid_request_error', param, code: null },
})
type Created = Awaited<ReturnType<OpenAI['webhooks']['create']>>

for (const database of databases) {
  test(`${database}: an endpoint is made with its secret, shown without, changed, listed newest first and deleted by its project`, async () => {
    await using it = await startEcho({ database })
    const { webhooks } = it.client
    const made = await webhooks.create(wanted)
    const { signing_secret, ...shown } = made
    assert.match(made.id, /^whe_/)
    assert.match(signing_secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.deepEqual(shown, {
      ...{ id: made.id, object: 'webhook_endpoint', ...wanted },
      signing_secret_hint: `whsec_...${signing_secret.slice(-4)}`,
      ...{ created_at: made.created_at, updated_at: made.created_at },
    })
    assert.deepEqual(await webhooks.retrieve(made.id), shown)
    it.app.advance(60)
    assert.deepEqual(await webhooks.update(made.id, {}), shown)
    assert.deepEqual(await webhooks.update(made.id, { name: 'mine', url: wanted.url }), shown)
    const changed = await webhooks.update(made.id, { event_types: ['response.failed', 'response.failed'] })
    assert.deepEqual(changed.event_types, ['response.failed'])
    assert.ok((changed.updated_at ?? 0) >= made.created_at + 60)

    const ids = [made.id]
    for (let i = 0; i < 4; i++) ids.unshift((await webhooks.create({ ...wanted, name: `n${i}` })).id)
    for (const limit of [1, 2, 5, 100]) {
      const listed = await Array.fromAsync(webhooks.list({ limit }))
      assert.deepEqual(
        listed.map(({ id }) => id),
        ids,
      )
      assert.ok(listed.every((one) => !('signing_secret' in one)))
    }
    const page = await it.app.send('GET', '/v1/webhook_endpoints?limit=2', { key: it.key })
    assert.deepEqual([page.body.first_id, page.body.last_id, page.body.has_more], [ids[0], ids[1], true])

    assert.deepEqual(await webhooks.delete(made.id), {
      ...{ object: 'webhook_endpoint.deleted', id: made.id, deleted: true },
    })
    await assert.rejects(webhooks.retrieve(made.id), missing(made.id))
    await assert.rejects(webhooks.delete(made.id), missing(made.id))
    // Who deletes what a page shows goes on behind what is gone.
    const gone: string[] = []
    for await (const { id } of webhooks.list({ limit: 1 })) {
      await webhooks.delete(id)
      gone.push(id)
    }
    assert.deepEqual(gone, ids.slice(0, -1))
    for (const after of ['x', 'evt_000000000000000000000000', `${made.id}0`, made.id.toUpperCase()])
      await assert.rejects(async () => webhooks.list({ after }), missing(after, 'after'))
    const none = await it.app.send('GET', '/v1/webhook_endpoints', { key: it.key })
    assert.deepEqual(none.body, { object: 'list', data: [], first_id: null, last_id: null, has_more: false })
    assert.deepEqual(await webhooks.eventTypes.list(), { object: 'list', data: [...webhookEvents] })
  })

  test(`${database}: what one project has is not there for another, and asks for its own permission`, async () => {
    await using it = await startEcho({ database })
    const made = await it.client.webhooks.create(wanted)
    const other = await makeKey(it.app)
    const { webhooks } = it.app.client(other.key)
    const theirs: (() => Promise<unknown>)[] = [
      () => webhooks.retrieve(made.id),
      () => webhooks.update(made.id, { name: 'theirs' }),
      () => webhooks.delete(made.id),
      () => webhooks.rotateSecret(made.id),
      () => webhooks.test(made.id, { event_type: 'batch.completed' }),
    ]
    for (const attempt of theirs) await assert.rejects(attempt, missing(made.id))
    assert.deepEqual((await webhooks.list()).data, [])
    // As behind what never was.
    assert.deepEqual((await webhooks.list({ after: made.id })).data, [])
    const { projects } = it.app.admin().organization
    const narrowed = async (scopes: string[]) => {
      await projects.apiKeys.update(other.keyId, { project_id: other.projectId, scopes })
      const listed = await it.app.send('GET', '/v1/webhook_endpoints', { key: other.key })
      const created = await it.app.send('POST', '/v1/webhook_endpoints', { key: other.key, body: wanted })
      return [listed.status, created.status]
    }
    assert.deepEqual(await narrowed(['api.webhooks.read']), [200, 401])
    assert.deepEqual(await narrowed(['api.webhooks.write']), [401, 200])
    assert.deepEqual(await narrowed(['api.model.request']), [401, 401])
    const { data } = await it.client.webhooks.list()
    assert.deepEqual(
      data.map(({ name }) => name),
      ['mine'],
    )
  })

  test(`${database}: a change is in the audit log with who made it, and neither the secret nor what a URL says behind its host`, async () => {
    const lines: string[] = []
    await using it = await startEcho({ database, log: (line) => lines.push(line) })
    const made = await it.client.webhooks.create(wanted)
    await it.client.webhooks.update(made.id, { name: 'other' })
    const rotated = await it.client.webhooks.rotateSecret(made.id)
    await it.client.webhooks.delete(made.id)
    const { data } = await it.app.admin().organization.auditLogs.list({ limit: 4, event_types: ['project.updated'] })
    const said = data.toReversed().map((event) => ({ event: event['project.updated'], actor: event.actor?.type }))
    const of = (webhook_endpoint: object) => ({
      event: { id: it.projectId, changes_requested: { webhook_endpoint } },
      actor: 'api_key',
    })
    const host = 'hooks.example.com'
    const about = { id: made.id, host, event_types: wanted.event_types }
    assert.deepEqual(said, [
      of({ ...about, name: 'mine' }),
      of({ ...about, name: 'other' }),
      of({ id: made.id, signing_secret: 'rotated' }),
      of({ id: made.id, deleted: true }),
    ])
    const log = await it.app.db.selectFrom('audit_log').select('payload').execute()
    const all = [...log.map(({ payload }) => payload), ...lines].join('\n')
    for (const secret of [made.signing_secret, rotated.signing_secret, 'y=1']) assert.ok(!all.includes(secret))
  })

  test(`${database}: a project has twenty endpoints, and no more`, async () => {
    await using it = await startEcho({ database })
    const { webhooks } = it.client
    const made: Created[] = []
    for (let i = 0; i < 20; i++) made.push(await webhooks.create(wanted))
    await assert.rejects(webhooks.create(wanted), { status: 400, code: 'too_many_webhook_endpoints' })
    await webhooks.delete(made[0]?.id ?? '')
    await webhooks.create(wanted)
  })
}

test('a request that says something else is refused, and says what is wrong', async () => {
  await using it = await startEcho()
  const { id } = await it.client.webhooks.create(wanted)
  const post = async (path: string, body: unknown) => {
    const reply = await it.app.send('POST', `/v1/webhook_endpoints${path}`, { key: it.key, body })
    return [reply.status, reply.body.error?.code, reply.body.error?.param]
  }
  const { name, ...nameless } = wanted
  const cases: [path: string, body: unknown, code: string, param: string | null][] = [
    ['', nameless, 'missing_required_parameter', 'name'],
    ['', { ...wanted, name: null }, 'missing_required_parameter', 'name'],
    ['', { ...wanted, name: ' ' }, 'invalid_value', 'name'],
    ['', { ...wanted, name: 'x'.repeat(257) }, 'string_above_max_length', 'name'],
    ['', { ...wanted, name: 7 }, 'invalid_type', 'name'],
    ['', { ...wanted, url: undefined }, 'missing_required_parameter', 'url'],
    ['', { ...wanted, url: `https://example.com/${'x'.repeat(2048)}` }, 'invalid_value', 'url'],
    ['', { ...wanted, event_types: [] }, 'invalid_value', 'event_types'],
    ['', { ...wanted, event_types: 'batch.completed' }, 'invalid_type', 'event_types'],
    ['', { ...wanted, event_types: ['video.completed'] }, 'invalid_value', 'event_types[0]'],
    ['', { ...wanted, event_types: ['batch.failed', 1] }, 'invalid_type', 'event_types[1]'],
    ['', { ...wanted, secret: 'whsec_x' }, 'unknown_parameter', 'secret'],
    [`/${id}`, { url: 'http://example.com' }, 'invalid_value', 'url'],
    [`/${id}`, { signing_secret: 'x' }, 'unknown_parameter', 'signing_secret'],
    [
      `/${id}/rotate_secret`,
      { keep_old_secret_active_for_24_hours: 'yes' },
      'invalid_type',
      'keep_old_secret_active_for_24_hours',
    ],
    [`/${id}/test`, {}, 'missing_required_parameter', 'event_type'],
    [`/${id}/test`, { event_type: 'x' }, 'invalid_value', 'event_type'],
  ]
  for (const [path, body, code, param] of cases)
    assert.deepEqual(await post(path, body), [400, code, param], JSON.stringify(body).slice(0, 100))
  for (const limit of ['0', '101', 'x', '1.5']) {
    const reply = await it.app.send('GET', `/v1/webhook_endpoints?limit=${limit}`, { key: it.key })
    assert.deepEqual([reply.status, reply.body.error.param], [400, 'limit'])
  }
})

/** Where no server calls for somebody else, in all the ways in which that is written. */
const inside = [
  ...['https://127.0.0.1/', 'https://127.1/', 'https://2130706433/', 'https://0x7f.0.0.1/', 'https://0177.0.0.1/'],
  ...['https://0.0.0.0/', 'https://10.1.2.3/', 'https://172.16.0.1/', 'https://192.168.1.1/', 'https://100.64.0.1/'],
  ...[
    'https://169.254.169.254/latest/meta-data',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
  ],
  ...[
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fe80::1]/',
  ],
  ...['https://[fd00:ec2::254]/', 'https://[64:ff9b::7f00:1]/', 'https://[2002:7f00:1::]/', 'https://[2001:0:1::1]/'],
  ...['https://[ff02::1]/', 'https://[100::1]/', 'https://localhost/', 'https://a.localhost/', 'https://LOCALHOST./'],
]
/** What is no HTTPS URL that could be called. */
const wrong = [
  ...['http://example.com/', 'HTTP://example.com', 'ftp://example.com/', 'example.com', '//example.com', 'https://'],
  ...['https:// example.com/', 'https://example.com/\n', 'https://user@example.com/', 'https://u:p@example.com/'],
  ...['javascript:alert(1)', 'https://exa mple.com', 'https://example.com:99999/', 'https://999.999.999.999/', ''],
]

test('an endpoint leads to an HTTPS URL on a public address, unless the operator allows others', async () => {
  await using it = await startEcho()
  for (const url of [...inside, ...wrong]) {
    const refused = { status: 400, param: 'url', code: 'invalid_value' }
    await assert.rejects(it.client.webhooks.create({ ...wanted, url }), refused, url)
  }
  const { id } = await it.client.webhooks.create(wanted)
  for (const url of inside) await assert.rejects(it.client.webhooks.update(id, { url }), { status: 400, param: 'url' })
  for (const url of ['https://8.8.8.8/', 'https://[2606:4700::1111]:8443/x', 'https://EXAMPLE.com.'])
    assert.equal((await it.client.webhooks.update(id, { url })).url, url)
  await using open = await startEcho({ env: { GATEHOUSE_WEBHOOK_NETWORKS: '127.0.0.0/8, 10.1.2.3' } })
  for (const url of inside) {
    const made = open.client.webhooks.create({ ...wanted, url })
    const address = new URL(url).hostname
    const isAllowed = /^(127\.|10\.1\.2\.3|(a\.)?localhost\.?$|\[::ffff:7f00:1\])/.test(address)
    if (!isAllowed) await assert.rejects(made, { status: 400, param: 'url' }, url)
    else await open.client.webhooks.delete((await made).id)
  }
})

test('a test sends a sample event at once, which the official client believes, and tells what the receiver said', async () => {
  await using receiver = await startReceiver()
  await using it = await startEcho({ env: allowed })
  const { webhooks } = it.client
  for (const [i, event_type] of webhookEvents.entries()) {
    const url = `${i % 2 === 0 ? receiver.url : receiver.named}/hooks?type=${event_type}`
    const made = await webhooks.create({ ...wanted, url })
    const path = new URL(url).pathname + new URL(url).search
    receiver.answer(path, [200, 204, 301, 404, 500][i % 5] ?? 200)
    assert.deepEqual(await webhooks.test(made.id, { event_type }), {
      ...{ object: 'webhook_endpoint.test', webhook_endpoint_id: made.id, event_type },
      ...{ status_code: [200, 204, 301, 404, 500][i % 5], success: true },
    })
    const [sent, ...more] = await receiver.received(1, path)
    assert.ok(sent && more.length === 0)
    assert.match(String(sent.headers['webhook-id']), /^wh_/)
    assert.equal(sent.headers['content-type'], 'application/json')
    const event = await webhooks.unwrap(sent.body, sent.headers as Record<string, string>, made.signing_secret)
    assert.equal(event.type, event_type)
    assert.match(event.id, /^evt_/)
    const other = await webhooks.create(wanted)
    const wrong = webhooks.unwrap(sent.body, sent.headers as Record<string, string>, other.signing_secret)
    await assert.rejects(wrong, /does not match/)
    assert.deepEqual((await webhooks.retrieve(made.id)).updated_at, made.created_at)
    await webhooks.delete(other.id)
  }
})

test('after a rotation the new secret signs, and the old one for another day where that is asked for', async () => {
  await using receiver = await startReceiver()
  await using it = await startEcho({ env: allowed })
  const { webhooks } = it.client
  const made = await webhooks.create({ ...wanted, url: `${receiver.url}/r` })
  const believes = async (secrets: string[]) => {
    await webhooks.test(made.id, { event_type: 'batch.failed' })
    const { body, headers } = receiver.delivered.at(-1) ?? assert.fail('nothing was sent')
    const all = { ...headers } as Record<string, string>
    const tolerance = 7 * 86_400
    const by = (secret: string) =>
      webhooks.verifySignature(body, all, secret, tolerance).then(
        () => true,
        () => false,
      )
    return Promise.all(secrets.map(by))
  }
  const one = made.signing_secret
  const { signing_secret: two, signing_secret_hint } = await webhooks.rotateSecret(made.id, {
    keep_old_secret_active_for_24_hours: true,
  })
  assert.equal(signing_secret_hint, `whsec_...${two.slice(-4)}`)
  assert.deepEqual(await believes([one, two]), [true, true])
  it.app.advance(86_400)
  assert.deepEqual(await believes([one, two]), [false, true])
  const { signing_secret: three } = await webhooks.rotateSecret(made.id)
  assert.deepEqual(await believes([one, two, three]), [false, false, true])
})

test('a test that gets no answer says why, and one project has two at once', async () => {
  await using receiver = await startReceiver()
  await using it = await startEcho({ env: allowed })
  const { webhooks } = it.client
  const at = async (url: string) => (await webhooks.create({ ...wanted, url })).id
  const failing = async (url: string, reason: RegExp) => {
    const attempt = webhooks.test(await at(url), { event_type: 'batch.failed' })
    await assert.rejects(attempt, { status: 400, code: 'webhook_test_failed', message: reason })
  }
  await failing('https://127.0.0.1:9/', /the connection was refused/)
  await failing('https://nowhere.invalid/', /cannot be resolved/)
  await failing(receiver.named.replace('localhost', 'other.localhost'), /ERR_TLS_CERT_ALTNAME_INVALID/)
  receiver.answer('/cut', ({ socket }) => socket.destroy())
  await failing(`${receiver.url}/cut`, /closed before there was an answer/)
  // An answer that never ends is none of ours to read.
  receiver.answer('/endless', (_, response) => {
    response.writeHead(200)
    const more = setInterval(() => response.write('x'.repeat(1000)), 1).unref()
    response.once('close', () => clearInterval(more))
  })
  const endless = await webhooks.test(await at(`${receiver.url}/endless`), { event_type: 'batch.failed' })
  assert.equal(endless.status_code, 200)

  const held: (() => void)[] = []
  receiver.answer('/held', (_, response) => held.push(() => response.end()))
  const id = await at(`${receiver.url}/held`)
  const test = () => webhooks.test(id, { event_type: 'batch.failed' })
  const running = [test(), test()]
  await receiver.received(2, '/held')
  await assert.rejects(test(), { status: 429 })
  for (const end of held) end()
  assert.deepEqual(
    (await Promise.all(running)).map(({ status_code }) => status_code),
    [200, 200],
  )
})
