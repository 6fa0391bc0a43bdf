import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { makeCertificate } from '../../support/certificates.ts'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { startTestApp } from '../../support/harness.ts'
import { until } from '../../support/until.ts'
import { envOf } from '../owned/shared.ts'
import { CHAT, chat, create, jsonl, type Stage, startStage, upload } from './stage.ts'

const three = jsonl([chat('a'), chat('b'), chat('c')])

/** Requests of batches that the account was asked, besides lists. */
const asked = ({ account }: Stage, method = 'GET') =>
  account.requests.filter((one) => one.method === method && /^\/v1\/batches\/[^/]+/.test(one.path)).length

const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id)

for (const database of databases) {
  test(`${database}: a batch is its project's alone, on every node and after a restart`, async () => {
    await using own = await openTestDatabase(database)
    await using it = await startStage({ databaseUrl: own.url, nobody: { batches: 30 } })
    const { a, b } = it
    const made = await create(a.client, three)
    const { id: theirs } = await it.sent(made.id)
    const never = `batch_${'0'.repeat(32)}`
    const isNobodys = async (url: string, key: string, id: string) => {
      for (const [method, path] of [
        ['GET', `/v1/batches/${id}`],
        ['POST', `/v1/batches/${id}/cancel`],
        ['GET', `/v1/batches?after=${id}`],
      ] as const) {
        const [one, other] = await Promise.all(
          [id, never].map(async (name) => {
            const reply = await fetch(url + path.replace(id, name), {
              method,
              headers: { authorization: `Bearer ${key}` },
            })
            return [reply.status, (await reply.text()).replaceAll(name, 'ID')]
          }),
        )
        assert.equal(one?.[0], 404, `${method} ${path}`)
        assert.deepEqual(one, other)
      }
    }
    await using next = await startTestApp({ databaseUrl: own.url, env: envOf(it.account) })
    for (const { url } of [it.app, next]) {
      const client = (apiKey: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
      assert.deepEqual(ids(await client(a.key).batches.list()), [made.id])
      assert.equal((await client(a.key).batches.retrieve(made.id)).id, made.id)
      const none = await client(b.key).batches.list()
      assert.deepEqual([none.data, none.has_more], [[], false])
      await isNobodys(url, b.key, made.id)
      // By the account's own id it is nobody's, as what the account has of nobody.
      for (const key of [a.key, b.key]) await isNobodys(url, key, theirs)
    }
    it.account.move(theirs, 'completed')
    const done = await it.reach(a.client, made.id, 'completed')
    await assert.rejects(b.client.files.retrieve(done.output_file_id ?? ''), { status: 404 })
    await assert.rejects(b.client.files.content(done.output_file_id ?? ''), { status: 404 })
    assert.ok(await a.client.files.retrieve(done.output_file_id ?? ''))
    // The copy of its lines was never the project's, and is gone.
    await until(() => it.account.files.size === 2, 'the judged copy to be deleted')
    assert.equal((await a.client.files.list()).data.length, 2)
  })
}

test('a list has the newest first, by pages, and says that there is more only where there is', async () => {
  await using it = await startStage({ nobody: { batches: 30 } })
  const { client } = it.a
  const made: string[] = []
  for (let i = 0; i < 5; i++) made.unshift((await create(client, three)).id)
  await create(it.b.client, three)
  const first = await client.batches.list({ limit: 3 })
  assert.deepEqual([ids(first), first.has_more], [made.slice(0, 3), true])
  const second = await client.batches.list({ limit: 2, after: made[2] ?? '' })
  assert.deepEqual([ids(second), second.has_more], [made.slice(3), false])
  const last = await client.batches.list({ after: made[4] ?? '' })
  assert.deepEqual([last.data, last.has_more], [[], false])
  assert.deepEqual(ids({ data: await Array.fromAsync(client.batches.list({ limit: 1 })) }), made)
  // What the gate asks of its own accord meanwhile is no list.
  const lists = () =>
    it.account.requests.filter(({ method, path }) => method === 'GET' && path === '/v1/batches').length
  const before = lists()
  for (const limit of ['0', '101', '-1', 'x', '1.5', ''])
    assert.equal((await it.app.send('GET', `/v1/batches?limit=${limit}`, { key: it.a.key })).status, 400, limit)
  assert.equal(lists(), before)
})

test('one is cancelled in each state in which it can be, and in no other', async () => {
  await using it = await startStage()
  const { client } = it.a
  // While its file is judged: nothing is ever sent.
  using hold = it.account.hold('GET /v1/files/*/content')
  const early = await create(client, three)
  await until(() => hold.reached === 1, 'its file to be asked for')
  const cancelling = await client.batches.cancel(early.id)
  assert.equal(cancelling.status, 'cancelling')
  assert.ok(cancelling.cancelling_at)
  assert.equal((await client.batches.cancel(early.id)).status, 'cancelling')
  hold.release()
  const cancelled = await it.reach(client, early.id, 'cancelled')
  assert.ok(cancelled.cancelled_at)
  assert.equal(asked(it, 'POST'), 0)
  // While it runs: the upstream ends it, and what was done is there.
  const running = await create(client, three)
  const { id } = await it.sent(running.id)
  it.account.move(id, 'in_progress')
  await it.reach(client, running.id, 'in_progress')
  assert.equal((await client.batches.cancel(running.id)).status, 'cancelling')
  await until(() => it.account.batches.get(id).status === 'cancelling', 'the upstream to be asked for its end')
  it.account.move(id, 'cancelled', { done: 1 })
  const ended = await it.reach(client, running.id, 'cancelled')
  assert.deepEqual(ended.request_counts, { total: 3, completed: 1, failed: 0 })
  assert.equal((await (await client.files.content(ended.output_file_id ?? '')).text()).trim().split('\n').length, 1)
  // When it has ended, it has.
  const over = {
    status: 400,
    error: {
      message: "Cannot cancel a batch with status 'cancelled'.",
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  }
  for (const one of [early, running]) await assert.rejects(client.batches.cancel(one.id), over)
})

test('what its upstream says becomes what it is: it expires, fails with reasons, and is asked about once a minute', async () => {
  await using it = await startStage()
  const { client } = it.a
  const [expires, fails] = [await create(client, three), await create(client, three)]
  const [one, two] = [(await it.sent(expires.id)).id, (await it.sent(fails.id)).id]
  it.account.move(one, 'in_progress')
  await it.reach(client, expires.id, 'in_progress')
  const before = asked(it)
  for (let i = 0; i < 20; i++) await client.batches.retrieve(expires.id)
  await client.batches.list()
  assert.equal(asked(it), before)
  it.account.move(one, 'expired', { done: 1 })
  const copy = it.account.batches.get(two).input_file_id
  it.account.move(two, 'failed', {
    errors: [{ code: 'invalid_request', line: 2, message: `No file ${copy} for ${two}.`, param: 'body' }],
  })
  const expired = await it.reach(client, expires.id, 'expired')
  assert.deepEqual([expired.request_counts?.completed, typeof expired.expired_at], [1, 'number'])
  assert.ok(expired.output_file_id && expired.error_file_id)
  const failed = await it.reach(client, fails.id, 'failed')
  assert.deepEqual(failed.errors?.data, [
    { code: 'invalid_request', line: 2, message: `No file ${fails.input_file_id} for ${fails.id}.`, param: 'body' },
  ])
})

test('an upstream that is away is asked again, one that lies about counts and files is believed no further than it can be', async () => {
  await using it = await startStage()
  const { client } = it.a
  const other = await it.b.client.files.create({ file: new File(['x'], 'x.txt'), purpose: 'user_data' })
  const end = it.account.fail('* /v1/batches*', 503)
  const made = await create(client, three)
  await until(
    () => it.account.requests.some(({ path, ended }) => path === '/v1/batches' && ended),
    'the upstream to be asked',
  )
  assert.equal((await client.batches.retrieve(made.id)).status, 'validating')
  end()
  for (let i = 0; i < 3; i++) it.later()
  const { id } = await it.sent(made.id)
  it.account.move(id, 'completed')
  const theirs = it.account.batches.get(id)
  const real = theirs.output_file_id
  Object.assign(theirs, { output_file_id: other.id, error_file_id: theirs.input_file_id })
  theirs.request_counts = { total: 1, completed: 1e9, failed: -5 }
  const done = await it.reach(client, made.id, 'completed')
  assert.deepEqual(done.request_counts, { total: 3, completed: 3, failed: 0 })
  assert.deepEqual([done.output_file_id, done.error_file_id], [null, null])
  assert.notEqual(real, null)
  assert.ok(await it.b.client.files.retrieve(other.id))
  await assert.rejects(client.files.retrieve(other.id), { status: 404 })
})

test('what may not be any more when its file is judged fails: its key, its project, its file', async () => {
  await using it = await startStage()
  const { client, projectId, keyId } = it.a
  const organization = it.app.admin().organization
  using hold = it.account.hold('GET /v1/files/*/content')
  const first = await create(client, three)
  await until(() => hold.reached === 1, 'the first to be judged')
  // Judged behind it, when all of this is so.
  const ofFile = await create(client, three)
  const ofKey = await create(it.b.client, three)
  const ofRole = await create(it.b.client, three)
  await client.files.delete(ofFile.input_file_id)
  await organization.projects.apiKeys.update(it.b.keyId, {
    project_id: it.b.projectId,
    scopes: ['api.batch.write', 'api.batch.read'],
  })
  hold.release()
  await it.sent(first.id)
  const codes = async (who: OpenAI, id: string) =>
    (await it.reach(who, id, 'failed')).errors?.data?.map(({ code, line, param }) => [code, line, param])
  assert.deepEqual(await codes(client, ofFile.id), [['file_not_found', null, 'input_file_id']])
  for (const one of [ofKey, ofRole])
    assert.deepEqual(await codes(it.b.client, one.id), [['insufficient_permissions', null, null]])
  using again = it.account.hold('GET /v1/files/*/content')
  const reader = await it.clientOf(
    (await organization.projects.serviceAccounts.create(projectId, { name: 'r' })).api_key?.value ?? '',
  )
  const [busy, revoked] = [await create(it.a.client, three), await create(it.a.client, three)]
  await until(() => again.reached >= 1, 'one to be judged')
  await organization.projects.apiKeys.delete(keyId, { project_id: projectId })
  again.release()
  const status = async (id: string) => (await reader.batches.retrieve(id)).status
  // Also the one whose file was being read.
  for (const { id } of [busy, revoked]) {
    await until(async () => (await status(id)) === 'failed', 'those of a deleted key to fail')
    assert.deepEqual((await reader.batches.retrieve(id)).errors?.data?.[0]?.code, 'invalid_api_key')
  }
  assert.equal(it.account.batches.size, 1)
})

test('of what was made before, nothing is sent of a project that was archived; a client certificate is asked of who makes one', async () => {
  await using it = await startStage()
  const { certificates, projects } = it.app.admin().organization
  using hold = it.account.hold('GET /v1/files/*/content')
  const first = await create(it.a.client, three)
  await until(() => hold.reached === 1, 'the first to be judged')
  const { id: bound } = await create(it.a.client, three)
  const gone = await create(it.b.client, three)
  const { pem: certificate } = await makeCertificate('authority')
  const { id: authority } = await certificates.create({ certificate, name: 'authority' })
  await projects.certificates.activate(it.a.projectId, { certificate_ids: [authority] })
  await assert.rejects(create(it.a.client, three), { status: 401, code: 'client_certificate_required' })
  await projects.archive(it.b.projectId)
  hold.release()
  await it.sent(first.id)
  await it.sent(bound)
  const row = it.app.db.selectFrom('batch').selectAll().where('organization_id', '!=', '').where('id', '=', gone.id)
  await until(async () => (await row.executeTakeFirstOrThrow()).status === 'failed', 'the other to fail')
  const { errors } = await row.executeTakeFirstOrThrow()
  assert.equal(JSON.parse(errors ?? '[]')[0].code, 'not_authorized_invalid_project')
  assert.equal(it.account.batches.size, 2)
})

test('a copy of which nobody hears that it is there is found by its name, and used or deleted; a file of somebody that is called like it is not', async () => {
  await using it = await startStage({ nobody: { files: 150 } })
  const { account, app } = it
  const { client } = it.a
  const uploads = () => account.requests.filter(({ method, path }) => method === 'POST' && path === '/v1/files').length
  const lost = async () => {
    const input_file_id = await upload(client, three)
    const before = uploads()
    account.fail('POST /v1/files', 0, { moment: 'answer', times: 1 })
    const batch = await client.batches.create({ input_file_id, endpoint: CHAT, completion_window: '24h' })
    await until(() => uploads() > before, 'its copy to be uploaded')
    const row = app.db.selectFrom('batch').selectAll().where('organization_id', '!=', '').where('id', '=', batch.id)
    // It is tried again a minute later: when that is noted, the break is.
    const dueAt = async () => Number((await row.executeTakeFirstOrThrow()).due_at)
    await until(async () => (await dueAt()) > (app.now() + 1) * 1000, 'the break to be heard of')
    return batch
  }
  const files = () => account.files.values().map(({ filename }) => filename)
  const used = await lost()
  const [copy] = files().filter((name) => name.startsWith(used.id))
  for (const filename of [`${used.id}.jsonl`, copy?.replace(/-\w+/, '') ?? ''])
    await client.files.create({ file: new File([jsonl([chat('x')])], filename), purpose: 'batch' })
  account.fill({ files: 150 })
  const before = uploads()
  it.later()
  const { lines } = await it.sent(used.id)
  assert.deepEqual([lines(), uploads()], [three, before])
  const cancelled = await lost()
  assert.equal(files().filter((name) => name.startsWith(`${cancelled.id}-`)).length, 1)
  await client.batches.cancel(cancelled.id)
  await it.reach(client, cancelled.id, 'cancelled')
  await it.passing(() => !files().some((name) => name.startsWith(`${cancelled.id}-`)), 'its copy to be deleted')
})

test('an upstream that says nothing of one batch holds up nobody whose file is to be judged', async () => {
  await using it = await startStage()
  const first = await create(it.a.client, three)
  const { id } = await it.sent(first.id)
  using silent = it.account.hold(`GET /v1/batches/${id}`)
  await it.passing(() => silent.reached > 0, 'the upstream to be asked')
  const second = await create(it.b.client, jsonl(['no line']))
  assert.equal((await it.reach(it.b.client, second.id, 'failed')).errors?.data?.[0]?.line, 1)
  // Who has many waiting stands before nobody's.
  const many = await Promise.all(Array.from({ length: 8 }, () => create(it.a.client, jsonl(['no line']))))
  for (const { id: one } of many) await it.reach(it.a.client, one, 'failed')
})

test('a batch of which its upstream says no end has one, two days behind its window', async () => {
  await using it = await startStage()
  const made = await create(it.a.client, three)
  const { id } = await it.sent(made.id)
  it.account.move(id, 'in_progress')
  await it.reach(it.a.client, made.id, 'in_progress')
  it.app.advance(3 * 86_400 - 120)
  await it.later()
  assert.equal((await it.a.client.batches.retrieve(made.id)).status, 'in_progress')
  it.app.advance(240)
  await it.reach(it.a.client, made.id, 'expired')
})

test('what a query says with U+0000 is refused, on every database', async () => {
  for (const database of databases) {
    await using own = await openTestDatabase(database)
    await using it = await startStage({ databaseUrl: own.url })
    for (const path of [
      'batches?after=%00',
      'files?purpose=%00',
      'files?after=a%00',
      'batches?after=batch_%F0%9F%98%80',
    ]) {
      const reply = await fetch(`${it.app.url}/v1/${path}`, { headers: { authorization: `Bearer ${it.a.key}` } })
      assert.equal(reply.status, path.includes('%00') ? 400 : 404, `${database} ${path}`)
    }
  }
})
