import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { databases } from '../../support/databases.ts'
import { ADMIN_KEY } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { CHAT, makeKey, question, replyTo, startGate } from '../gate.ts'
import { until } from '../upstream.ts'
import { checkChat, checkNamed, checkSent, told } from './checking.ts'

for (const database of databases) {
  test(`${database}: a request that may be made gets 200 and whose key it is, however a proxy names it`, async () => {
    await using gate = await startGate({ database })
    const { app, key, keyId, projectId } = gate
    const { data } = await app.admin().organization.projects.serviceAccounts.list(projectId)
    const forwarded = (uri: string) => ({ 'x-forwarded-method': 'POST', 'x-forwarded-uri': uri })
    const ways = [
      checkNamed(app, 'POST', CHAT, { key }),
      checkNamed(app, 'POST', `http://models.example:8080${CHAT}?x=1`, { key }),
      app.send('GET', '/check', { key, headers: forwarded(CHAT) }),
      app.send('PATCH', '/check/', { key, headers: forwarded(`https://models.example${CHAT}`) }),
      app.send('HEAD', '/check?any=1', { key, headers: forwarded(CHAT) }),
      checkSent(app, 'POST', CHAT, { key }),
      checkSent(app, 'POST', `${CHAT}?x=1`, { key, body: question }),
      checkNamed(app, 'POST', CHAT, { key, headers: forwarded(CHAT) }),
    ]
    for (const { status, text, headers } of await Promise.all(ways)) {
      assert.deepEqual([status, text], [200, ''])
      assert.equal(headers.get('x-gatehouse-project'), projectId)
      assert.equal(headers.get('x-gatehouse-key'), keyId)
      assert.equal(headers.get('x-gatehouse-user'), data[0]?.id)
      assert.match(headers.get('x-gatehouse-organization') ?? '', /^org-/)
      assert.match(headers.get('x-request-id') ?? '', /^req_/)
      assert.equal(headers.get('x-ratelimit-limit-requests'), '2147483647')
    }
    assert.equal(gate.upstream.calls.length, 0)
  })

  test(`${database}: a refusal has the gate's own status and body, from the next request on`, async () => {
    await using gate = await startGate({ database })
    const { app, key, keyId, projectId } = gate
    const same = async (method: string, path: string, asking: Parameters<typeof checkSent>[3] = {}) => {
      const direct = await app.send(method, path, { key, ...asking })
      const checked = await checkSent(app, method, path, { key, ...asking })
      assert.deepEqual([checked.status, checked.body], [direct.status, direct.body], path)
      assert.equal(checked.headers.get('www-authenticate'), direct.headers.get('www-authenticate'))
      return told(checked)
    }
    assert.equal(await same('PUT', CHAT), '405 null null')
    assert.equal(await same('POST', '/v1/files'), '404 not_offered null')
    assert.equal(await same('POST', '/v1//chat/completions'), '404 null null')
    assert.equal(await same('POST', '/v1/chat%2Fcompletions'), '404 null null')
    assert.equal(await same('GET', '/v1/models/..'), '404 null null')
    assert.equal(await same('POST', CHAT, { key: null }), '401 null null')
    assert.equal(await same('POST', CHAT, { key: `${key}x` }), '401 invalid_api_key null')
    assert.equal(await same('POST', CHAT, { key: ADMIN_KEY }), '401 null null')
    const elsewhere = { 'openai-project': 'proj_other' }
    assert.equal(await same('POST', CHAT, { headers: elsewhere }), '401 mismatched_project null')
    assert.equal(await same('GET', '/v1/responses/resp_1'), '404 not_found response_id')
    const other = await makeKey(app)
    const { projects } = app.admin().organization
    await projects.archive(other.projectId)
    assert.equal(await same('POST', CHAT, { key: other.key }), '401 not_authorized_invalid_project null')
    assert.equal(told(await checkChat(app, { key })), '200')
    await projects.apiKeys.delete(keyId, { project_id: projectId })
    assert.equal(await same('POST', CHAT), '401 invalid_api_key null')
    const failed = () => app.db.selectFrom('audit_log').select('id').where('type', '=', 'login.failed').execute()
    await until(async () => (await failed()).length > 0, 'the refusal of the archived project in the audit log')
    assert.equal(gate.upstream.calls.length, 0)
  })
}

test('what does not say clearly which request is meant is refused', async () => {
  await using gate = await startGate()
  const { app, key } = gate
  const [method, uri] = ['x-original-method', 'x-original-uri']
  const headers: Record<string, string | string[]>[] = [
    {},
    { [method]: 'POST' },
    { [uri]: CHAT },
    { [method]: 'POST', [uri]: '' },
    { [method]: '', [uri]: CHAT },
    { [method]: ['POST', 'GET'], [uri]: CHAT },
    { [method]: 'POST', [uri]: [CHAT, '/v1/models'] },
    { 'x-forwarded-method': 'POST' },
    { 'x-forwarded-method': 'POST', 'x-forwarded-uri': [CHAT, CHAT] },
    { [method]: 'POST', [uri]: CHAT, 'x-forwarded-method': 'POST' },
    // What a client has slipped in does not count for the request that the proxy will send on.
    { [method]: 'GET', [uri]: '/v1/models', 'x-forwarded-method': 'POST', 'x-forwarded-uri': CHAT },
    { [method]: 'POST', [uri]: CHAT, 'x-gatehouse-model': ['m1', 'm2'] },
  ]
  const ask = async (path: string, given: Record<string, string | string[]>) => {
    const call = request(app.url + path, { headers: { authorization: `Bearer ${key}`, ...given } })
    call.end()
    const { response, chunks, ended } = await replyTo(call)
    await ended
    return [response.statusCode, JSON.parse(Buffer.concat(chunks).toString()).error.code]
  }
  for (const given of headers) {
    assert.deepEqual(await ask('/check', given), [400, 'malformed_check'], JSON.stringify(given))
  }
  const slipped = { [method]: 'GET', [uri]: '/v1/models' }
  assert.deepEqual(await ask(`/check${CHAT}`, slipped), [400, 'malformed_check'])
  assert.equal(told(await checkNamed(app, 'POST', 'http://host', { key })), '404 null null')
  assert.equal(told(await checkSent(app, 'POST', '/check', { key })), '404 null null')
})

test('a request is taken for each yes, of the model that is named or of the default, and never a token', async () => {
  await using file = await modelsFile(['m1'])
  await using gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  const { app, key, projectId } = gate
  const { rateLimits } = app.admin().organization.projects
  const limits = { project_id: projectId, max_requests_per_1_minute: 2, max_tokens_per_1_minute: 1000 }
  await rateLimits.updateRateLimit('rl-m1', limits)
  await rateLimits.updateRateLimit('rl-*default', { project_id: projectId, max_requests_per_1_minute: 1 })
  const named = { 'x-gatehouse-model': 'm1' }
  const first = await checkChat(app, { key, headers: named })
  assert.equal(first.headers.get('x-ratelimit-remaining-requests'), '1')
  const second = await checkChat(app, { key, body: { ...question, max_tokens: 900 } })
  assert.deepEqual([told(second), second.headers.get('x-ratelimit-remaining-project-tokens')], ['200', '1000'])
  const third = await checkChat(app, { key, headers: named })
  assert.deepEqual(
    [third.status, third.body.error.code, third.body.error.type],
    [429, 'rate_limit_exceeded', 'requests'],
  )
  assert.match(third.body.error.message, /^Rate limit reached for project .* Limit 2, Used 2, Requested 1\. Please try/)
  assert.ok(Number(third.headers.get('retry-after')) > 0)
  // The gate counts the same bucket.
  assert.equal((await app.send('POST', CHAT, { key, body: question })).status, 429)
  assert.equal(told(await checkChat(app, { key })), '200')
  assert.match((await checkChat(app, { key })).body.error.message, /Limit 1, Used 1, Requested 1/)
})

test('a proxy that has refused, and asks again for what to say, is never told yes', async () => {
  await using gate = await startGate()
  const { app, key } = gate
  const headers = { 'x-gatehouse-refused': '1' }
  const late = await checkChat(app, { key, headers })
  assert.deepEqual([late.status, late.headers.get('retry-after')], [503, '1'])
  assert.equal(told(await checkChat(app, { key: 'sk-proj-wrong', headers })), '401 invalid_api_key null')
})

test('a check of a body that is never read leaves the connection usable', async () => {
  await using gate = await startGate()
  const { app, key } = gate
  for (let i = 0; i < 20; i++) {
    const body = { text: 'x'.repeat(300_000) }
    const refused = await app.send('GET', '/check', { key, headers: { 'x-original-method': 'POST' } })
    assert.equal(refused.status, 400)
    assert.equal(
      told(await checkSent(app, 'POST', '/v1/responses/resp_1/cancel', { key, body })),
      '404 not_found response_id',
    )
  }
})

test('the door can be served alone, and is not there where it is not served', async () => {
  await using gate = await startGate()
  await using alone = await startGate({ only: 'check,admin' })
  assert.equal(told(await checkChat(alone.app, { key: alone.key })), '200')
  assert.equal((await alone.app.send('POST', CHAT, { key: alone.key, body: question })).status, 404)
  await using without = await startGate({ only: 'gateway,admin' })
  assert.equal(told(await checkChat(without.app, { key: without.key })), '404 null null')
  await checkChat(gate.app, { key: gate.key })
  const { text } = await gate.app.send('GET', '/metrics', { key: null })
  assert.match(text, /gatehouse_requests_total\{door="check",status="200"\} 1/)
})
