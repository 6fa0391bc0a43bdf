import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { toFile } from 'openai'
import { serve, until } from '../../process/gatehouse.ts'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { ADMIN_KEY } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { startAccount } from '../account/account.ts'
import { generated } from '../account/content.ts'
import { makeKey, startGate } from '../gate.ts'
import { json } from '../upstream.ts'
import { envOf, startShared } from './shared.ts'

const MB = 1_048_576
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
      key = await keyAt(server.url)
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

/** A project's key, made by the Administration API of a process. */
async function keyAt(url: string): Promise<string> {
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
    const reply = await fetch(`${url}/v1/organization/projects${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return (await reply.json()) as { id: string; api_key?: { value: string } }
  }
  const { id } = await post('', { name: 'p' })
  return (await post(`/${id}/service_accounts`, { name: 's' })).api_key?.value ?? ''
}

function formOf(fields: Record<string, string> = { purpose: 'user_data' }): FormData {
  const form = new FormData()
  form.append('file', new Blob(['x']), 'x.txt')
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
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

/** The head of a form, and what stands behind its file. */
const head = `--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="l.bin"\r\n\r\n`
const tail = '\r\n--b--\r\n'

/** A form that a test sends bit by bit. */
function openForm(url: string, key: string) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=b' }
  const call = request(`${url}/v1/files`, { method: 'POST', headers, agent: false })
  const reply = new Promise<number | null>((resolve) => {
    call.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    })
    call.once('error', () => resolve(null))
  })
  call.write(head)
  return { call, reply }
}

test('a file goes on while it comes; whoever leaves, or loses the right to send it meanwhile, has made none', async () => {
  await using it = await startShared()
  const { account, app, a } = it
  const some = Buffer.alloc(MB, 'x')
  const sent = () => account.requests.filter(({ method }) => method === 'POST')
  const comes = (number: number) =>
    until(() => (sent()[number]?.bytes ?? 0) > MB / 2, 'the account has what was sent so far')
  const isOver = (number: number) =>
    until(() => sent()[number]?.ended === true, 'the account hears that nobody goes on')
  const left = openForm(app.url, a.key)
  left.call.write(some)
  await comes(0)
  left.call.destroy()
  assert.equal(await left.reply, null)
  await isOver(0)
  const revoked = openForm(app.url, a.key)
  revoked.call.write(some)
  await comes(1)
  await app.admin().organization.projects.serviceAccounts.delete(a.accountId, { project_id: a.projectId })
  revoked.call.end(tail)
  assert.equal(await revoked.reply, 401)
  await isOver(1)
  assert.equal(account.files.size, 0)
})

test('files that are larger than any body go up and come down', async () => {
  await using it = await startShared()
  const { app, a } = it
  const bytes = 96 * MB
  const headers = { authorization: `Bearer ${a.key}`, 'content-type': 'multipart/form-data; boundary=b' }
  function* form() {
    yield Buffer.from(head)
    yield* generated(bytes, 7)
    yield Buffer.from(tail)
  }
  const body = ReadableStream.from(form())
  const reply = await fetch(`${app.url}/v1/files`, { method: 'POST', headers, body, duplex: 'half' })
  const file = (await reply.json()) as { id: string; bytes: number }
  assert.deepEqual([reply.status, file.bytes], [200, bytes])
  let came = 0
  for await (const chunk of (await fetch(`${app.url}/v1/files/${file.id}/content`, { headers })).body ?? [])
    came += chunk.length
  assert.equal(came, bytes)
  const announced = { ...headers, 'content-length': String(600 * MB) }
  const call = request(`${app.url}/v1/files`, { method: 'POST', headers: announced, agent: false })
  const status = new Promise((resolve) =>
    call.once('response', (response) => resolve(response.statusCode)).on('error', () => {}),
  )
  call.flushHeaders()
  assert.equal(await status, 413)
  call.destroy()
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

test('a file whose client leaves when all of it has come is the project’s', async () => {
  await using it = await startShared()
  const { account, app, a } = it
  using hold = account.hold('POST /v1/files', 'answer')
  const { call, reply } = openForm(app.url, a.key)
  call.end(`x${tail}`)
  await until(() => hold.reached === 1, 'the file is made')
  call.destroy()
  assert.equal(await reply, null)
  hold.release()
  await until(async () => (await app.db.selectFrom('owned').select('id').execute()).length === 1, 'its owner')
  const [file] = (await a.client.files.list()).data
  assert.equal(file?.id, account.files.values()[0]?.id)
})

test('a file for a model server that cannot be reached is a failure of that, and the next one goes up', async () => {
  const { url, key } = await (async () => {
    await using gone = await startAccount()
    return { url: gone.url, key: gone.key }
  })()
  await using it = await startShared({ env: { GATEHOUSE_UPSTREAM_URL: url, GATEHOUSE_UPSTREAM_KEY: key } })
  const headers = { authorization: `Bearer ${it.a.key}` }
  const reply = await fetch(`${it.app.url}/v1/files`, { method: 'POST', headers, body: formOf() })
  assert.equal(reply.status, 502)
  assert.equal(((await reply.json()) as { error: { code: string } }).error.code, 'upstream_unreachable')
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

test('files on their way hold no more than bodies may: beyond is 503, and it is given back', async () => {
  await using file = await modelsFile({}, { body_budget_mb: 64 })
  await using it = await startShared({ env: { GATEHOUSE_CONFIG: file.path } })
  const { account, app, a } = it
  // Half of the budget is one project's, and each of these waits with as much as is held of it at most.
  const room = Math.floor((32 * MB) / (262_144 + 65_536))
  using hold = account.hold('POST /v1/files')
  const forms = Array.from({ length: room + 5 }, () => openForm(app.url, a.key))
  const refusals: (number | null)[] = []
  for (const { reply } of forms) void reply.then((status) => refusals.push(status))
  await until(() => refusals.length === 5 && hold.reached === room, 'those beyond are refused')
  assert.deepEqual(refusals, [503, 503, 503, 503, 503])
  for (const { call } of forms) call.destroy()
  await until(async () => (await app.metric('gatehouse_body_bytes')) === 0, 'it is given back')
})

test('what the model server does not take yet the client keeps', async () => {
  await using it = await startShared()
  using hold = it.account.hold('POST /v1/files')
  const { call } = openForm(it.app.url, it.a.key)
  for (let i = 0; i < 64; i++) call.write(Buffer.alloc(MB, 'x'))
  await until(() => hold.reached === 1, 'it is on its way')
  const sent = () => (call.socket?.bytesWritten ?? 0) - (call.socket?.writableLength ?? 0)
  let last = -1
  await until(async () => {
    const before = last
    last = sent()
    if (last !== before) await sleep(300)
    return last === before
  }, 'nothing more is taken')
  // What the system holds between four ends of two connections, and little here.
  assert.ok(last < 32 * MB, `${last / MB} MB`)
  call.destroy()
})
