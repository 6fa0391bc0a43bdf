import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { until } from '../../support/until.ts'
import { everywhere, keptStore, storeKinds } from './kept.ts'
import {
  answerChat,
  askedOf,
  chat,
  create,
  holdBehind,
  ids,
  jsonl,
  linesOf,
  looked,
  names,
  reach,
  startRunning,
  usedIn,
} from './running.ts'

for (const [database, kind] of everywhere) {
  test(`${database}, ${kind}: a batch of a model whose server has none is run line by line, and its project has the original's results`, async () => {
    await using store = await keptStore(kind)
    await using it = await startRunning({ database, store, model: { name_upstream: 'meta/m1' } })
    it.upstream.answer(async (call) => answerChat(call, (await askedOf(call)).id === 'b' ? 400 : 200))
    const { client } = it.a
    const output_expires_after = { anchor: 'created_at', seconds: 7200 }
    const made = await create(client, jsonl([chat('a'), chat('b'), chat('c')]), {
      ...{ metadata: { of: 'me' }, output_expires_after },
    })
    assert.equal(made.status, 'validating')
    const done = await reach(client, made.id, 'completed')
    assert.deepEqual(done.request_counts, { total: 3, completed: 2, failed: 1 })
    assert.deepEqual([done.model, done.metadata, done.errors], ['m1', { of: 'me' }, null])
    assert.deepEqual([done.usage?.input_tokens, done.usage?.output_tokens, done.usage?.total_tokens], [20, 10, 30])
    assert.ok(done.in_progress_at && done.completed_at && !done.expired_at)
    const [output, error] = [await linesOf(client, done.output_file_id), await linesOf(client, done.error_file_id)]
    assert.deepEqual([ids(output), ids(error)], [['a', 'c'], ['b']])
    const [first] = output
    assert.match(
      JSON.stringify(first),
      /^\{"id":"batch_req_[0-9a-f]{32}","custom_id":"a","response":\{"status_code":200,"request_id":"req_\w+","body":\{.*\}\},"error":null\}$/,
    )
    assert.equal(first?.response?.body.choices[0].message.content, 'to a')
    assert.equal(error[0]?.response?.status_code, 400)
    const asked = await Promise.all(it.upstream.calls.map(askedOf))
    assert.deepEqual([...new Set(asked.map(({ model }) => model))], ['meta/m1'])
    assert.equal(asked.length, 3)
    const files = (await client.files.list({ purpose: 'batch_output' })).data
    assert.deepEqual(files.map(({ id }) => id).sort(), [done.output_file_id, done.error_file_id].sort())
    for (const file of files) assert.equal(file.expires_at, file.created_at + 7200)
    assert.deepEqual(await usedIn(it.app.admin()), [2, 20, 10])
    // Whoever else there is has none of it.
    await assert.rejects(it.b.client.batches.retrieve(made.id), { status: 404 })
    await assert.rejects(it.b.client.files.content(done.output_file_id ?? ''), { status: 404 })
    await until(async () => (await it.store.drafts()).length === 0, 'nothing is left')
    await until(async () => (await it.store.contents()).length === 3, 'its input and its results are kept, and no copy')
  })
}

for (const kind of storeKinds) {
  test(`${kind}: one that is cancelled has what was done, and no other line is begun`, async () => {
    await using store = await keptStore(kind)
    await using it = await startRunning({ store })
    const { came, letGo } = holdBehind(it.upstream, 2)
    const { client } = it.a
    const { id } = await create(client, jsonl(names(40).map((name) => chat(name))))
    await until(() => came() >= 8, 'as many as run at once are on their way')
    const cancelling = await client.batches.cancel(id)
    assert.equal(cancelling.status, 'cancelling')
    await until(async () => (await it.store.besideBatches('cancelled.json')).length > 0, 'the runner hears of it')
    await looked(it.store)
    letGo()
    const done = await reach(client, id, 'cancelled')
    const lines = await linesOf(client, done.output_file_id)
    assert.ok(lines.length >= 2 && lines.length <= 12, `${lines.length}`)
    assert.equal(done.request_counts?.completed, lines.length)
    assert.equal(done.error_file_id, null)
    assert.equal(it.upstream.calls.length, lines.length)
  })

  test(`${kind}: one that nobody knows to be made, as after a crash, and that is cancelled, is settled all the same`, async () => {
    await using store = await keptStore(kind)
    await using it = await startRunning({ store })
    const { came, letGo } = holdBehind(it.upstream, 5)
    const { id } = await create(it.a.client, jsonl(names(40).map((name) => chat(name))))
    await until(() => came() >= 13, 'some are done, and others on their way')
    const crashed = { upstream_batch_id: null, status: 'cancelling' as const, cancelling_at: it.app.now(), due_at: 0 }
    await it.app.db.updateTable('batch').set(crashed).where('organization_id', '!=', '').where('id', '=', id).execute()
    await until(
      async () => (await it.store.besideBatches('cancelled.json')).length > 0,
      'it is found again, and its end asked for',
    )
    await looked(it.store)
    letGo()
    const done = await reach(it.a.client, id, 'cancelled')
    const completed = done.request_counts?.completed ?? 0
    assert.ok(completed >= 5)
    assert.equal((await linesOf(it.a.client, done.output_file_id)).length, completed)
    assert.deepEqual(await usedIn(it.app.admin()), [completed, 10 * completed, 5 * completed])
  })

  test(`${kind}: one that is not done in its time has what was done, and says of each other line that it expired`, async () => {
    await using store = await keptStore(kind)
    await using it = await startRunning({ store })
    const { came, letGo } = holdBehind(it.upstream, 3)
    const { client } = it.a
    const all = names(30)
    const { id } = await create(client, jsonl(all.map((name) => chat(name))))
    await until(() => came() >= 8, 'some are on their way')
    it.app.advance(86_401)
    await looked(it.store)
    letGo()
    const done = await reach(client, id, 'expired')
    const [output, error] = [await linesOf(client, done.output_file_id), await linesOf(client, done.error_file_id)]
    assert.deepEqual([...ids(output), ...ids(error)].sort(), all)
    assert.ok(output.length >= 3)
    for (const line of error) assert.deepEqual([line.response, line.error?.code], [null, 'batch_expired'])
  })
}

test('a line that fails on the way is tried again, and one that fails on and on is an error', async () => {
  await using it = await startRunning()
  const tried = new Map<string, number>()
  it.upstream.answer(async (call) => {
    const { id } = await askedOf(call)
    const tries = (tried.get(id) ?? 0) + 1
    tried.set(id, tries)
    if (id === 'busy' && tries <= 2) {
      call.response.writeHead(429, { 'retry-after': '1' })
      call.response.end('{}')
    } else if (id === 'cut' && tries === 1) call.response.destroy()
    else await answerChat(call, id === 'down' || (id === 'once' && tries === 1) ? 500 : 200)
  })
  const { client } = it.a
  const { id } = await create(client, jsonl(['busy', 'cut', 'down', 'once'].map((name) => chat(name))))
  const done = await reach(client, id, 'completed')
  const [output, error] = [await linesOf(client, done.output_file_id), await linesOf(client, done.error_file_id)]
  assert.deepEqual([ids(output), ids(error)], [['busy', 'cut', 'once'], ['down']])
  assert.equal(error[0]?.response?.status_code, 500)
  assert.deepEqual(Object.fromEntries(tried), { busy: 3, cut: 2, down: 3, once: 2 })
})

test('a number in a line is sent as it was written', async () => {
  await using it = await startRunning()
  const line = JSON.stringify(chat('a', { seed: 0, temperature: 1 }))
  const written = line.replace('"seed":0', '"seed":9007199254740993').replace('"temperature":1', '"temperature":1.0')
  const { id } = await create(it.a.client, jsonl([written]))
  await reach(it.a.client, id, 'completed')
  const sent = (await it.upstream.calls[0]?.whole)?.toString() ?? ''
  assert.match(sent, /"seed":9007199254740993,"temperature":1\.0/)
})

test('lines wait for room in the limits, and leave a part of them to live calls', async () => {
  await using it = await startRunning({ model: { organization_limits: { max_requests_per_1_minute: 60 } } })
  const { client } = it.a
  const { id } = await create(client, jsonl(names(54).map((name) => chat(name))))
  // Four fifths of the minute's are theirs at once; for the rest they wait.
  await until(() => it.upstream.calls.length >= 48, 'those for which there is room have run')
  for (let i = 0; i < 10; i++) {
    const reply = await it.app.send('POST', '/v1/chat/completions', { key: it.a.key, body: chat('live').body })
    assert.equal(reply.status, 200, reply.text)
  }
  assert.equal((await client.batches.retrieve(id)).status, 'in_progress')
  const done = await reach(client, id, 'completed')
  assert.deepEqual(done.request_counts, { total: 54, completed: 54, failed: 0 })
  assert.equal(it.upstream.calls.length, 64)
})

test('a line that no limit has room for is an error, and holds the others up no longer', async () => {
  await using it = await startRunning({ model: { organization_limits: { max_tokens_per_1_minute: 2000 } } })
  const { client } = it.a
  const { id } = await create(client, jsonl([chat('a', { max_tokens: 5000 }), chat('b', { max_tokens: 100 })]))
  const done = await reach(client, id, 'completed')
  const [output, error] = [await linesOf(client, done.output_file_id), await linesOf(client, done.error_file_id)]
  assert.deepEqual([ids(output), ids(error), error[0]?.response?.status_code], [['b'], ['a'], 429])
})

test('a line is sent as the project’s rules have it when it runs, and not as they were when it was judged', async () => {
  await using it = await startRunning()
  const { letGo } = holdBehind(it.upstream)
  const { serviceTierSettings } = it.app.admin().organization.projects
  await serviceTierSettings.update(it.projectId, { default: 'standard' })
  const { id } = await create(it.a.client, jsonl(names(16).map((name) => chat(name))))
  await until(() => it.upstream.calls.length >= 8, 'some are on their way')
  await serviceTierSettings.update(it.projectId, { default: 'fast' })
  letGo()
  await reach(it.a.client, id, 'completed')
  const bodies = await Promise.all(it.upstream.calls.map(async (call) => JSON.parse((await call.whole).toString())))
  const tiers = bodies.map(({ service_tier }) => service_tier)
  assert.deepEqual([new Set(tiers.slice(0, 8)), new Set(tiers.slice(8))], [new Set(['default']), new Set(['priority'])])
})

/** What ends what a batch may do while it runs: the lines that are left end as errors, and none of them is sent. */
type Kept = Awaited<ReturnType<typeof startRunning>>
const changes: Record<string, { change: (it: Kept) => Promise<unknown>; status: number; body?: object }> = {
  'its key is deleted': {
    change: ({ app, a, projectId }) =>
      app
        .admin()
        .organization.projects.apiKeys.list(projectId)
        .then(async ({ data }) => {
          for (const { owner } of data)
            if (owner?.service_account?.id)
              await app
                .admin()
                .organization.projects.serviceAccounts.delete(owner.service_account.id, { project_id: a.projectId })
        }),
    status: 401,
  },
  'its project is archived': {
    change: ({ app, a }) => app.admin().organization.projects.archive(a.projectId),
    status: 401,
  },
  'its key is narrowed to other calls': {
    change: ({ app, keyId, projectId }) =>
      app.admin().organization.projects.apiKeys.update(keyId, { project_id: projectId, scopes: ['api.model.read'] }),
    status: 401,
  },
  'a tool of theirs is not allowed any more': {
    change: ({ app, projectId }) =>
      app.admin().organization.projects.hostedToolPermissions.update(projectId, { web_search: { enabled: false } }),
    status: 403,
    body: { web_search_options: {} },
  },
  'a tier of theirs is not enabled any more': {
    change: ({ app, projectId }) =>
      app.admin().organization.projects.serviceTierSettings.update(projectId, { enabled_tiers: ['fast'] }),
    status: 400,
    body: { service_tier: 'flex' },
  },
  'its model is not permitted any more': {
    change: ({ app, a }) =>
      app.send('POST', `/v1/organization/projects/${a.projectId}/model_permissions`, {
        body: { mode: 'deny_list', model_ids: ['m1'] },
      }),
    status: 403,
  },
}
for (const [what, { change, status, body = {} }] of Object.entries(changes)) {
  test(`lines that are left end as errors where ${what}`, async () => {
    await using it = await startRunning()
    const { letGo } = holdBehind(it.upstream)
    const all = names(30)
    const { id } = await create(it.a.client, jsonl(all.map((name) => chat(name, body))))
    await until(() => it.upstream.calls.length >= 8, 'some are on their way')
    const begun = it.upstream.calls.length
    await change(it)
    letGo()
    const row = () =>
      it.app.db
        .selectFrom('batch')
        .selectAll()
        .where('organization_id', '!=', '')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
    await until(async () => (await row()).status === 'completed', 'it has ended', 30_000)
    const done = await row()
    assert.deepEqual([done.request_completed, done.request_failed], [begun, 30 - begun])
    assert.equal(it.upstream.calls.length, begun)
    const path = (await it.folder.list('files')).find(
      (one) => one.endsWith('content') && one.includes(done.error_file_id ?? 'none'),
    )
    const text = await readFile(`${it.folder.path}/files/${path}`, 'utf8')
    for (const line of text.trim().split('\n')) assert.equal(JSON.parse(line).response.status_code, status, line)
  })
}
