import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mintKey } from '../../src/core/key.ts'
import { databases, openPostgres } from '../support/databases.ts'
import { ADMIN_KEY } from '../support/harness.ts'
import { startPostgres } from '../support/postgres.ts'
import { CHAT, makeKey, question, startGate } from './gate.ts'
import { until } from './upstream.ts'

for (const database of databases) {
  test(`${database}: an admin key opens nothing at the gate and learns which scope it would need`, async () => {
    await using gate = await startGate({ database })
    const wanted = {
      'api.model.request': () => gate.app.send('POST', CHAT, { body: question }),
      'api.responses.write': () => gate.app.send('POST', '/v1/responses', { body: question }),
      'api.model.read': () => gate.app.send('GET', '/v1/models'),
    }
    for (const [scope, ask] of Object.entries(wanted)) {
      const { status, body } = await ask()
      assert.equal(status, 401)
      assert.deepEqual([body.error.type, body.error.param, body.error.code], ['invalid_request_error', null, null])
      assert.equal(
        body.error.message,
        `You have insufficient permissions for this operation. Missing scopes: ${scope}. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`,
      )
    }
    assert.equal(gate.upstream.calls.length, 0)
  })

  test(`${database}: a key narrowed to reading models reads them and calls none`, async () => {
    await using gate = await startGate({ database, models: [{ id: 'm1' }] })
    const { apiKeys } = gate.app.admin().organization.projects
    const can = async () => [
      (await gate.app.send('GET', '/v1/models', { key: gate.key })).status,
      (await gate.app.send('POST', CHAT, { key: gate.key, body: question })).status,
      (await gate.app.send('POST', '/v1/responses', { key: gate.key, body: question })).status,
    ]
    const table: [string[], number[]][] = [
      [[], [200, 200, 200]],
      [['api.all.read'], [200, 401, 401]],
      [['api.model.read'], [200, 401, 401]],
      [['api.model.request'], [401, 200, 401]],
      [['model.request'], [401, 200, 401]],
      [['api.responses.write'], [401, 401, 200]],
      [
        ['api.model.read', 'api.responses.write'],
        [200, 401, 200],
      ],
    ]
    for (const [scopes, allowed] of table) {
      await apiKeys.update(gate.keyId, { project_id: gate.projectId, scopes })
      assert.deepEqual(await can(), allowed, scopes.join())
    }
  })

  test(`${database}: a client set up for another organization or project is told so and gets nothing`, async () => {
    await using gate = await startGate({ database, models: [{ id: 'm1' }] })
    const mine = await gate.app.send('GET', '/v1/models', { key: gate.key })
    const organization = mine.headers.get('openai-organization') ?? ''
    const other = await makeKey(gate.app)
    const send = (headers: Record<string, string>) => gate.app.send('GET', '/v1/models', { key: gate.key, headers })
    const right = [
      { 'openai-organization': organization, 'openai-project': gate.projectId },
      { 'openai-organization': '', 'openai-project': '' },
    ]
    for (const headers of right) assert.equal((await send(headers)).status, 200)
    const wrong = {
      mismatched_organization: { 'openai-organization': 'org-elsewhere' },
      mismatched_project: { 'openai-organization': organization, 'openai-project': other.projectId },
    }
    const sentences = {
      mismatched_organization: 'OpenAI-Organization header should match organization for API key',
      mismatched_project: 'OpenAI-Project header should match project for API key',
    }
    const reached = gate.upstream.calls.length
    for (const [code, headers] of Object.entries(wrong) as [keyof typeof sentences, Record<string, string>][]) {
      const { status, body } = await send(headers)
      assert.equal(status, 401)
      const message = sentences[code]
      assert.deepEqual(body.error, { message, type: 'invalid_request_error', param: null, code })
    }
    assert.equal(gate.upstream.calls.length, reached)
  })

  test(`${database}: a refused call of a known key is in the audit log, once a minute for each operation`, async () => {
    await using gate = await startGate({ database, models: [{ id: 'm1' }] })
    const refusals = () =>
      gate.app.db.selectFrom('audit_log').select(['payload', 'project_id']).where('type', '=', 'login.failed').execute()
    await gate.app.admin().organization.projects.archive(gate.projectId)
    // A minute has just begun.
    gate.app.advance(60 - (Math.floor(Date.now() / 1000) % 60))
    for (let i = 0; i < 10; i++) {
      assert.equal((await gate.app.send('GET', '/v1/models', { key: gate.key })).status, 401)
      assert.equal((await gate.app.send('POST', CHAT, { key: gate.key, body: question })).status, 401)
    }
    await until(async () => (await refusals()).length === 2, 'two rows')
    gate.app.advance(60)
    await gate.app.send('GET', '/v1/models', { key: gate.key })
    await until(async () => (await refusals()).length === 3, 'a third row')
    const [first] = await refusals()
    assert.equal(first?.project_id, gate.projectId)
    assert.equal(JSON.parse(first?.payload ?? '{}').id, gate.keyId)
  })
}

test('no key, a mistyped one, an unknown one: 401, the key never echoed, the model server never asked', async () => {
  await using gate = await startGate()
  const unknown = [mintKey('user'), mintKey('service_account'), mintKey('admin')].map(({ value }) => value)
  const mistyped = [
    `${gate.key.slice(0, -1)}${gate.key.endsWith('A') ? 'B' : 'A'}`,
    gate.key.slice(0, -1),
    `${gate.key}x`,
  ]
  const foreign = [
    'sk-1234567890abcdef1234567890',
    'sk-admin-short',
    'x',
    '-',
    `sk-${'y'.repeat(4000)}`,
    '%00',
    '"key"',
  ]
  for (const key of [...unknown, ...mistyped, ...foreign]) {
    const { status, body, text, headers } = await gate.app.send('POST', CHAT, { key, body: question })
    assert.equal(status, 401, key)
    assert.deepEqual([body.error.code, body.error.type], ['invalid_api_key', 'invalid_request_error'])
    assert.match(headers.get('www-authenticate') ?? '', /^Bearer/)
    if (key.length > 12) assert.ok(!text.includes(key), 'the whole key was echoed')
    assert.ok(text.length < 1000)
  }
  const none = await gate.app.send('POST', CHAT, { key: null, body: question })
  assert.deepEqual(
    [none.status, none.body.error.message, none.body.error.code],
    [401, 'Missing bearer authentication in header', null],
  )
  assert.match(none.headers.get('www-authenticate') ?? '', /^Bearer/)
  assert.equal(gate.upstream.calls.length, 0)
})

test('the first admin key, which an operator chose, is known at the gate for what it is', async () => {
  await using gate = await startGate()
  const { body } = await gate.app.send('GET', '/v1/models', { key: ADMIN_KEY })
  assert.match(body.error.message, /Missing scopes: api\.model\.read/)
})

const skip = process.env.TEST_POSTGRES_URL ? 'a PostgreSQL that is not ours cannot be stopped' : false

test('a database outage is 503 for a key that must be looked up, never 401, and ends by itself', { skip }, async () => {
  await using server = await startPostgres()
  await using database = await openPostgres(server)
  await using gate = await startGate({ databaseUrl: database.url })
  // The harness's own connection is not made for outages.
  await gate.app.db.destroy()
  const other = mintKey('user').value
  const ask = (key: string) => gate.app.send('POST', CHAT, { key, body: question })
  assert.equal((await ask(gate.key)).status, 200)
  await server.stop()
  try {
    await until(async () => (await ask(gate.key)).status !== 200, 'the end of what is remembered')
    for (const key of [gate.key, other]) {
      const { status, body, headers } = await ask(key)
      assert.deepEqual([status, body.error.code, body.error.type], [503, 'service_unavailable', 'server_error'])
      assert.ok(Number(headers.get('retry-after')) > 0)
      assert.equal(headers.get('x-gatehouse-error-source'), 'gateway')
    }
    assert.equal((await ask('sk-proj-mistyped')).status, 401)
  } finally {
    await server.start()
  }
  await until(async () => (await ask(gate.key)).status === 200, 'the recovery')
  assert.equal((await ask(other)).status, 401)
})
