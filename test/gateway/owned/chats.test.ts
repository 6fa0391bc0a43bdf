import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { startTestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { addChat, newChat } from '../account/chats.ts'
import { makeKey } from '../gate.ts'
import { until } from '../upstream.ts'
import { envOf, startShared } from './shared.ts'

const messages = [{ role: 'user' as const, content: 'hello' }]
const stored = { model: 'm1', messages, store: true } as const

for (const database of databases) {
  test(`${database}: stored chats are listed, read, changed and deleted through the official client`, async () => {
    await using own = await openTestDatabase(database)
    await using it = await startShared({ databaseUrl: own.url, nobody: { chats: 5 } })
    const { a, b, account } = it
    const { completions } = a.client.chat
    const ids: string[] = []
    for (const n of ['0', '1', '2'])
      ids.push((await completions.create({ ...stored, metadata: { n, odd: String(n === '1') } })).id)
    const streamed = await completions.create({ ...stored, stream: true, metadata: { n: '3' } })
    for await (const { id } of streamed) if (ids.at(-1) !== id) ids.push(id)
    assert.equal(ids.length, 4)
    // What is not to be stored is nobody's, and so is what the account's others have.
    const { id: unstored } = await completions.create({ model: 'm1', messages })
    await assert.rejects(completions.retrieve(unstored), { status: 404, code: 'not_found' })
    await b.client.chat.completions.create({ ...stored, metadata: { n: '1' } })

    const listed = async (query: object) => (await Array.fromAsync(completions.list(query))).map(({ id }) => id)
    assert.deepEqual(await listed({}), ids)
    assert.deepEqual(await listed({ limit: 1, order: 'desc' }), ids.toReversed())
    assert.deepEqual(await listed({ metadata: { n: '1' } }), [ids[1]])
    assert.deepEqual(await listed({ metadata: { n: '1', odd: 'false' } }), [])
    assert.deepEqual(await listed({ model: 'm1', metadata: { odd: 'false' }, limit: 1 }), [ids[0], ids[2]])
    assert.deepEqual(await listed({ model: 'gpt-4o-mini' }), [])
    const none = await it.app.send('GET', '/v1/chat/completions?metadata[__proto__]=x', { key: a.key })
    assert.deepEqual([none.body.data, none.body.has_more], [[], false])

    const [first = '', second = ''] = ids
    assert.deepEqual((await completions.retrieve(first)).choices, account.chats.get(first).choices)
    const changed = await completions.update(first, { metadata: { n: 'changed' } })
    assert.deepEqual(changed.metadata, { n: 'changed' })
    assert.deepEqual(await listed({ metadata: { n: 'changed' } }), [first])
    const said = await Array.fromAsync(completions.messages.list(first, { limit: 1 }))
    assert.deepEqual(
      said.map(({ content }) => content),
      ['hello'],
    )
    await assert.rejects(b.client.chat.completions.messages.list(first), { status: 404 })
    const more = await it.app.send('POST', `/v1/chat/completions/${first}`, { key: a.key, body: { model: 'm1' } })
    assert.deepEqual([more.status, more.body.error.param], [400, 'model'])

    assert.equal((await completions.delete(second)).deleted, true)
    await assert.rejects(completions.retrieve(second), { status: 404 })
    assert.deepEqual(
      await listed({}),
      ids.filter((id) => id !== second),
    )
    await using next = await startTestApp({ databaseUrl: own.url, env: envOf(account) })
    const elsewhere = a.client.withOptions({ baseURL: `${next.url}/v1` })
    await until(
      async () => (await elsewhere.chat.completions.list()).data.length === 3,
      'the other server lists what is left',
    )
  })
}

test('a list that asks for what is rare reads a thousand, and says where to go on', async () => {
  await using it = await startShared()
  const { a, app, account } = it
  const organization = await app.db
    .selectFrom('project')
    .select('organization_id')
    .where('id', '=', a.projectId)
    .executeTakeFirstOrThrow()
  const made = Array.from(
    { length: 1010 },
    (_, n) => addChat(account.chats, newChat('m1', 'x', { n: String(n) }), []).id,
  )
  const owner = {
    kind: 'chat' as const,
    ...organization,
    project_id: a.projectId,
    upstream: 'default',
    expires_at: 2_000_000_000,
  }
  for (let at = 0; at < made.length; at += 100) {
    const rows = made.slice(at, at + 100).map((id, i) => ({ ...owner, id, made_at: at + i }))
    await app.db.insertInto('owned').values(rows).execute()
  }
  const { completions } = a.client.chat
  const last = { metadata: { n: '1005' } }
  const before = account.requests.length
  await assert.rejects(completions.list(last), {
    status: 400,
    message: new RegExp(`none of the next 1000 is such a one.*'${made[999]}'`),
  })
  assert.equal(account.requests.length - before, 1000)
  assert.deepEqual(
    (await completions.list({ ...last, after: made[999] ?? '' })).data.map(({ id }) => id),
    [made[1005]],
  )
})

test('where no upstream keeps chats, store is sent on as it is and gives no owner; nor where another one answers', async () => {
  await using it = await startShared({ env: { GATEHOUSE_UPSTREAM_OFFERS: 'files' } })
  const { id } = await it.a.client.chat.completions.create(stored)
  assert.ok(it.account.chats.has(id))
  for (const [method, path] of [
    ['GET', ''],
    ['GET', `/${id}`],
    ['POST', `/${id}`],
    ['DELETE', `/${id}`],
    ['GET', `/${id}/messages`],
  ] as const) {
    const reply = await it.app.send(method, `/v1/chat/completions${path}`, {
      key: it.a.key,
      ...(method === 'POST' && { body: {} }),
    })
    assert.deepEqual([reply.status, reply.body.error.code], [404, 'not_offered'], `${method} ${path}`)
  }
  assert.deepEqual(await it.app.db.selectFrom('owned').selectAll().execute(), [])
  // Of two that are one account here, the one that keeps chats does not have the model.
  const { url, key } = it.account
  const upstreams = { a: { url, key, offers: ['chats'] }, b: { url, key } }
  await using file = await modelsFile({ m1: { upstreams: ['b'] } }, { upstreams })
  await using app = await startTestApp({ env: { GATEHOUSE_CONFIG: file.path } })
  const made = await makeKey(app)
  const reply = await app.send('POST', '/v1/chat/completions', { key: made.key, body: stored })
  assert.ok(it.account.chats.has(reply.body.id), reply.text)
  const list = await app.send('GET', '/v1/chat/completions', { key: made.key })
  assert.deepEqual([list.status, list.body.data], [200, []], list.text)
})
