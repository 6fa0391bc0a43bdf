import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import { serve, until } from '../../process/gatehouse.ts'
import { DATABASE, databases, openTestDatabase } from '../../support/databases.ts'
import { ADMIN_KEY } from '../../support/harness.ts'
import { startAccount } from '../account/account.ts'
import { makeKey, startGate } from '../gate.ts'
import { json } from '../upstream.ts'
import { formOf, projectAt } from './forms.ts'
import { envOf, startShared } from './shared.ts'

const text = (content: string, name = 'a.txt') => toFile(Buffer.from(content), name)
const refused = (id: string, param: string | null = 'id') => ({
  status: 404,
  error: { message: `No such File object: ${id}`, type: 'invalid_request_error', param, code: null },
})
const ids = (files: readonly { id: string }[]) => files.map(({ id }) => id)

for (const database of databases) {
  test(`${database}: a file is made, read, listed and deleted by its project, as without a gate`, async () => {
    await using it = await startShared({ database, nobody: { files: 30 } })
    const { files } = it.a.client
    const made = []
    for (const name of ['1.txt', '2.txt', '3.txt'])
      made.push(await files.create({ file: await text(`in ${name}`, name), purpose: 'user_data' }))
    const batch = await files.create({ file: await text('{}', 'b.jsonl'), purpose: 'batch' })
    const [first] = made
    assert.ok(first)
    assert.deepEqual(await files.retrieve(first.id), first)
    assert.equal(await (await files.content(first.id)).text(), 'in 1.txt')
    const newest = ids([batch, ...made.toReversed()])
    for (const limit of [1, 2, 3, 4, 5, 10_000])
      assert.deepEqual(ids(await Array.fromAsync(files.list({ limit }))), newest)
    assert.deepEqual(ids(await Array.fromAsync(files.list({ order: 'asc', limit: 3 }))), newest.toReversed())
    assert.deepEqual(ids((await files.list({ purpose: 'batch' })).data), [batch.id])
    const page = await files.list({ limit: 2, after: newest[0] ?? '' })
    assert.deepEqual([ids(page.data), page.has_more], [newest.slice(1, 3), true])
    // What is gone can still be gone on after.
    assert.deepEqual(await files.delete(batch.id), { id: batch.id, object: 'file', deleted: true })
    await assert.rejects(files.retrieve(batch.id), refused(batch.id))
    assert.deepEqual(ids((await files.list({ after: batch.id })).data), newest.slice(1))
  })

  test(`${database}: a list costs its model server one small read for each that it shows, whatever else there is`, async () => {
    await using it = await startShared({ database, nobody: { files: 100_000 } })
    const { files } = it.a.client
    for (let i = 0; i < 30; i++) await files.create({ file: await text('x'), purpose: 'user_data' })
    const before = it.account.requests.length
    const { data, has_more } = await files.list({ limit: 20 })
    assert.deepEqual([data.length, has_more], [20, true])
    const asked = it.account.requests.slice(before)
    assert.deepEqual([asked.length, asked.every(({ method, bytes }) => method === 'GET' && bytes === 0)], [20, true])
    assert.deepEqual((await it.b.client.files.list()).data, [])
  })

  test(`${database}: what is gone from the account is in no list, whose pages are full all the same`, async () => {
    await using it = await startShared({ database })
    const { files } = it.a.client
    const made = []
    for (let i = 0; i < 9; i++) made.push(await files.create({ file: await text(`${i}`), purpose: 'user_data' }))
    const newest = ids(made.toReversed())
    const gone = newest.filter((_, i) => i % 2 === 0)
    for (const id of gone) it.account.files.delete(id)
    const page = await files.list({ limit: 3 })
    assert.deepEqual([ids(page.data), page.has_more], [newest.filter((_, i) => i % 2 === 1).slice(0, 3), true])
    await assert.rejects(files.retrieve(gone[0] ?? ''), refused(gone[0] ?? ''))
    assert.deepEqual(
      ids(await Array.fromAsync(files.list({ limit: 1 }))),
      newest.filter((_, i) => i % 2 === 1),
    )
    // All of them: an empty page, and no more.
    for (const id of newest.filter((one) => !gone.includes(one))) it.account.files.delete(id)
    const empty = await files.list({ limit: 2 })
    assert.deepEqual([empty.data, empty.has_more], [[], false])
  })

  test(`${database}: a file that nobody was told of is nobody's, and one that was told of is there after kill -9`, async () => {
    await using own = await openTestDatabase(database)
    await using account = await startAccount()
    const started = { env: { ...envOf(account), GATEHOUSE_DATABASE_URL: own.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY } }
    let [key, id] = ['', '']
    const ask = (url: string, path: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } })
    {
      await using server = await serve(started)
      key = (await projectAt(server.url, ADMIN_KEY)).key
      const reply = await ask(server.url, '/v1/files', { method: 'POST', body: formOf() })
      id = ((await reply.json()) as { id: string }).id
      server.signal('SIGKILL')
      await server.ended
    }
    {
      await using server = await serve(started)
      assert.equal((await ask(server.url, `/v1/files/${id}`)).status, 200)
      using hold = account.hold('POST /v1/files', 'answer')
      const untold = ask(server.url, '/v1/files', { method: 'POST', body: formOf() }).catch(() => null)
      await until(() => hold.reached === 1, 'the file is made')
      server.signal('SIGKILL')
      await server.ended
      hold.release()
      assert.equal(await untold, null)
    }
    await using server = await serve(started)
    const { data } = (await (await ask(server.url, '/v1/files')).json()) as { data: { id: string }[] }
    assert.deepEqual(ids(data), [id])
    assert.equal(account.files.size, 2)
  })
}

/** What is wrong with a form is found also behind its file: then the account has made nothing. */
const wrong: Record<string, { fields: Record<string, string>; param: string | null; code: string | null }> = {
  'a field that the original does not have': {
    ...{ fields: { purpose: 'user_data', model: 'm1' }, param: 'model', code: 'unknown_parameter' },
  },
  'no purpose': { fields: {}, param: 'purpose', code: 'missing_required_parameter' },
  'a field in brackets that is none': {
    ...{
      fields: { purpose: 'user_data', 'expires_after[x]': '1' },
      param: 'expires_after[x]',
      code: 'unknown_parameter',
    },
  },
}
for (const [what, { fields, param, code }] of Object.entries(wrong)) {
  test(`a file with ${what} is refused, and nothing is made of it`, async () => {
    await using it = await startShared()
    const headers = { authorization: `Bearer ${it.a.key}` }
    const reply = await fetch(`${it.app.url}/v1/files`, { method: 'POST', headers, body: formOf(fields) })
    const { error } = (await reply.json()) as { error: { param: string; code: string } }
    assert.deepEqual([reply.status, error.param, error.code], [400, param, code])
    assert.equal(it.account.files.size, 0)
  })
}

test('an expiry is the original’s, and what has expired is nobody’s', async () => {
  await using it = await startShared()
  const { files } = it.a.client
  const expires_after = { anchor: 'created_at', seconds: 3600 } as const
  const file = await files.create({ file: await text('x'), purpose: 'user_data', expires_after })
  assert.equal(file.expires_at, file.created_at + 3600)
  const row = await it.app.db.selectFrom('owned').select(['expires_at', 'label']).executeTakeFirstOrThrow()
  assert.deepEqual(row, { expires_at: file.expires_at, label: 'user_data' })
})

test('an id that the account has given before is nobody else’s: the answer is not passed on', async () => {
  await using gate = await startGate({ env: { GATEHOUSE_UPSTREAM_OFFERS: 'files' } })
  const { app, upstream } = gate
  const stranger = await makeKey(app)
  upstream.answer(json({ id: 'file-1', object: 'file', purpose: 'user_data' }))
  const create = async (key: string) => {
    const headers = { authorization: `Bearer ${key}` }
    const reply = await fetch(`${app.url}/v1/files`, { method: 'POST', headers, body: formOf() })
    return { status: reply.status, text: await reply.text() }
  }
  assert.equal((await create(gate.key)).status, 200)
  // A server may answer the same request twice.
  assert.equal((await create(gate.key)).status, 200)
  const other = await create(stranger.key)
  assert.deepEqual([other.status, JSON.parse(other.text).error.code], [502, 'upstream_invalid_reply'])
  assert.doesNotMatch(other.text, /file-1/)
  for (const strange of [{ object: 'file' }, { id: 'a b' }, { id: 7 }, [], 'x', null]) {
    upstream.answer(json(strange as object))
    assert.equal((await create(gate.key)).status, 502, JSON.stringify(strange))
  }
})

test('an id that another upstream has given before is not taken for that, not even by the same project', async () => {
  await using own = await openTestDatabase(DATABASE)
  const env = { GATEHOUSE_UPSTREAM_OFFERS: 'files' }
  const create = async (url: string, key: string) => {
    const headers = { authorization: `Bearer ${key}` }
    return (await fetch(`${url}/v1/files`, { method: 'POST', headers, body: formOf() })).status
  }
  let key = ''
  {
    await using gate = await startGate({ databaseUrl: own.url, env })
    gate.upstream.answer(json({ id: 'file-1', object: 'file', purpose: 'user_data' }))
    key = gate.key
    assert.equal(await create(gate.app.url, key), 200)
    await gate.app.db.updateTable('owned').set({ upstream: 'another' }).where('id', '=', 'file-1').execute()
  }
  await using gate = await startGate({ databaseUrl: own.url, env })
  gate.upstream.answer(json({ id: 'file-1', object: 'file', purpose: 'user_data' }))
  assert.equal(await create(gate.app.url, key), 502)
  gate.upstream.answer(json({ id: 'file-2', object: 'file', purpose: 'user_data' }))
  assert.equal(await create(gate.app.url, key), 200)
})

test('what cannot be written is told to nobody: the database is away', async () => {
  await using it = await startShared()
  const { a, app } = it
  await app.db.schema.alterTable('owned').renameTo('elsewhere').execute()
  const reply = await fetch(`${app.url}/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${a.key}` },
    body: formOf(),
  })
  assert.ok(reply.status >= 500)
  assert.doesNotMatch(await reply.text(), /file-/)
  await app.db.schema.alterTable('elsewhere').renameTo('owned').execute()
})

test('a model server that is not itself for a moment ends nobody’s files', async () => {
  await using it = await startShared()
  const { files } = it.a.client
  const made = []
  for (let i = 0; i < 5; i++) made.push((await files.create({ file: await text('x'), purpose: 'user_data' })).id)
  const end = it.account.fail('GET /v1/files/*', 404)
  // In the account's shape, and not about this file.
  assert.deepEqual((await files.list({ limit: 2 })).data, [])
  end()
  assert.deepEqual(ids(await Array.fromAsync(files.list({ limit: 2 }))), made.toReversed())
  for (const id of made) assert.equal((await files.retrieve(id)).id, id)
  const broken = it.account.fail('GET /v1/files/*', 0)
  await assert.rejects(files.list(), { status: 502 })
  broken()
  assert.equal((await files.list()).data.length, 5)
})

test('of a project four lists are read at once by a thread, and of another one others beside them', async () => {
  await using it = await startShared()
  const { account, a, b } = it
  for (const { client } of [a, b]) await client.files.create({ file: await text('x'), purpose: 'user_data' })
  using hold = account.hold('GET /v1/files/*')
  const most = 4 * Number(process.env.GATEHOUSE_TEST_WORKERS || 1)
  const refused: number[] = []
  const list = () =>
    a.client.files.list().then(
      () => {},
      ({ status }) => void refused.push(status),
    )
  const lists = Array.from({ length: most + 1 }, list)
  await until(() => refused.length > 0 && hold.reached + refused.length === most + 1, 'those beyond are refused')
  const read = hold.reached
  const other = b.client.files.list()
  await until(() => hold.reached === read + 1, 'and that of another project is read')
  hold.release()
  await Promise.all(lists)
  assert.deepEqual(new Set(refused), new Set([503]))
  assert.equal((await other).data.length, 1)
})
