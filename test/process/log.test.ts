import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { done } from '../cli/run.ts'
import { openTestDatabase } from '../support/databases.ts'
import { freePort } from '../support/ports.ts'
import { endsWithin, serve, until } from './gatehouse.ts'

test('the log is JSON, a line for each thing that happened, and holds no secret and nothing that was said to a model', async () => {
  await using database = await openTestDatabase('sqlite')
  const UPSTREAM_KEY = 'key-of-the-model-server-0123456789'
  const env = {
    GATEHOUSE_DATABASE_URL: database.url,
    GATEHOUSE_LOG_LEVEL: 'trace',
    // Nobody is there, so that calls fail and failures are logged with their cause.
    GATEHOUSE_UPSTREAM_URL: `http://127.0.0.1:${await freePort()}/v1`,
    GATEHOUSE_UPSTREAM_KEY: UPSTREAM_KEY,
  }
  await using server = await serve({ env })
  await until(() => server.stdout.includes('sk-admin-'), 'the first key is printed')
  const [firstKey = ''] = /sk-admin-[\w-]+/.exec(server.stdout) ?? []
  const client = (key: string) =>
    new OpenAI({ baseURL: `${server.url}/v1`, adminAPIKey: key, apiKey: key, maxRetries: 0 })
  const { projects, adminAPIKeys, invites } = client(firstKey).admin.organization

  const { id: project } = await projects.create({ name: 'quiet' })
  const account = await projects.serviceAccounts.create(project, { name: 'bot' })
  const key = account.api_key?.value ?? ''
  const adminKey = await adminAPIKeys.create({ name: 'second' })
  const invite = await invites.create({ email: 'guest@example.com', role: 'reader' })
  const { token } = await done({ databaseUrl: database.url }, 'invite', 'link', invite.id)
  const accept = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const url = `${server.url}/v1/organization/invites/accept`
  const accepted = await fetch(url, { ...accept, body: JSON.stringify({ token, name: 'Guest' }) })
  assert.equal(accepted.status, 200)

  const said = 'a-secret-that-is-told-to-a-model'
  const call = client(key).chat.completions.create({ model: 'm', messages: [{ role: 'user', content: said }] })
  const failure = await call.then(
    () => assert.fail('there is no model server'),
    (error: InstanceType<typeof OpenAI.APIError>) => error,
  )
  assert.equal(failure.status, 502)
  const strangersKey = `sk-admin-${'stranger'.repeat(6)}`
  await assert.rejects(client(strangersKey).admin.organization.projects.list(), { status: 401 })
  const inQuery = 'a-secret-in-a-query-string'
  const bearer = { headers: { authorization: `Bearer ${key}` } }
  assert.equal((await fetch(`${server.url}/v1/models?key=${inQuery}`, bearer)).status, 502)

  server.signal('SIGTERM')
  assert.equal((await endsWithin(server, 10_000)).code, 0)
  const lines = server.stderr.trimEnd().split('\n')
  for (const line of lines) {
    const { level, time, msg } = JSON.parse(line)
    assert.deepEqual([typeof level, typeof time, typeof msg], ['number', 'number', 'string'])
  }
  for (const secret of [firstKey, key, adminKey.value, token, UPSTREAM_KEY, said, strangersKey, inQuery]) {
    assert.ok(secret.length > 16)
    assert.ok(!server.stderr.includes(secret), `the log holds ${secret}`)
  }
  // Whoever reports a failure reports its request id: the log must have it.
  assert.ok(server.log.some((line) => line.request_id === failure.requestID))
  assert.ok(server.log.some((line) => line.operation === 'projects.create'))
})
