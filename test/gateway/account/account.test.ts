import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { test } from 'node:test'
import OpenAI, { NotFoundError, toFile } from 'openai'
import { until } from '../../support/until.ts'
import { type Account, startAccount } from './account.ts'

/*
 * That the account which the gate's tests share is one that the official client works with.
 */

const clientOf = ({ url, key }: Account) => new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 })
const text = (content: string, name = 'a.txt') => toFile(Buffer.from(content), name)
/** What the original says where it does not have something. */
const refused = (message: string, status = 404, param: string | null = null) => ({
  status,
  error: { message, type: 'invalid_request_error', param, code: null },
})

async function started(options?: Parameters<typeof startAccount>[0]) {
  const account = await startAccount(options)
  return { account, client: clientOf(account), [Symbol.asyncDispose]: () => account[Symbol.asyncDispose]() }
}

test('whoever does not have the key is refused', async () => {
  await using account = await startAccount()
  const stranger = new OpenAI({ baseURL: account.url, apiKey: 'sk-other', maxRetries: 0 })
  await assert.rejects(stranger.files.list(), { status: 401, code: 'invalid_api_key' })
})

test('files are made, read, listed by their cursors, filtered and deleted', async () => {
  await using it = await started()
  const { files } = it.client
  const made = []
  for (const name of ['1.txt', '2.txt', '3.txt'])
    made.push(await files.create({ file: await text(`in ${name}`, name), purpose: 'user_data' }))
  const batch = await files.create({ file: await text('{}', 'b.jsonl'), purpose: 'batch' })
  assert.equal(batch.expires_at, batch.created_at + 30 * 86_400)
  const { id, created_at, ...rest } = made[0] as OpenAI.FileObject
  const state = { status: 'processed', status_details: null, expires_at: null }
  assert.deepEqual(rest, { object: 'file', bytes: 8, filename: '1.txt', purpose: 'user_data', ...state })
  assert.ok(Math.abs(created_at - Date.now() / 1000) < 60)
  assert.deepEqual(await files.retrieve(id), made[0])
  assert.equal(await (await files.content(id)).text(), 'in 1.txt')
  const newestFirst = [batch, ...made.toReversed()].map((one) => one.id)
  for (const limit of [1, 2, 3, 4, 10_000])
    assert.deepEqual(
      (await Array.fromAsync(files.list({ limit }))).map((one) => one.id),
      newestFirst,
    )
  const asc = await Array.fromAsync(files.list({ limit: 2, order: 'asc' }))
  assert.deepEqual(
    asc.map((one) => one.id),
    newestFirst.toReversed(),
  )
  const [first] = (await files.list({ purpose: 'batch' })).data
  assert.equal(first?.id, batch.id)
  assert.deepEqual(await files.delete(id), { id, object: 'file', deleted: true })
  for (const gone of [() => files.retrieve(id), () => files.content(id), () => files.delete(id)])
    await assert.rejects(gone, refused(`No such File object: ${id}`, 404, 'id'))
})

test('a file expires when it is asked to', async () => {
  await using it = await started()
  const expires_after = { anchor: 'created_at', seconds: 7200 } as const
  const file = await it.client.files.create({ file: await text('x'), purpose: 'user_data', expires_after })
  assert.equal(file.expires_at, file.created_at + 7200)
  const late = { ...expires_after, seconds: 2_592_001 }
  await assert.rejects(
    async () => it.client.files.create({ file: await text('x'), purpose: 'user_data', expires_after: late }),
    { status: 400 },
  )
})

const formOf = (...parts: string[]) =>
  parts.map((part) => `--b\r\ncontent-disposition: form-data; ${part}\r\n`).join('')
const FILE = 'name="file"; filename="x.txt"\r\n\r\nx'
const PURPOSE = 'name="purpose"\r\n\r\nuser_data'

for (const [what, form] of Object.entries({
  'no purpose': `${formOf(FILE)}--b--\r\n`,
  'no file': `${formOf(PURPOSE)}--b--\r\n`,
  'a purpose that callers do not have': `${formOf(FILE, PURPOSE.replace('user_data', 'batch_output'))}--b--\r\n`,
  'no end': formOf(PURPOSE, FILE),
  nothing: '',
})) {
  test(`a form with ${what} makes no file`, async () => {
    await using it = await started()
    const headers = { authorization: `Bearer ${it.account.key}`, 'content-type': 'multipart/form-data; boundary=b' }
    const reply = await fetch(`${it.account.url}/files`, { method: 'POST', headers, body: form })
    assert.equal(reply.status, 400, await reply.text())
    assert.equal(it.account.files.size, 0)
  })
}

test('a form is read however it is cut', async () => {
  await using it = await started()
  const form = Buffer.from(
    `${formOf(PURPOSE, 'name="file"; filename="x.txt"\r\n\r\n\r\n--c\r\n--', 'name="z"\r\n\r\n')}--b--\r\n`,
  )
  const headers = { authorization: `Bearer ${it.account.key}`, 'content-type': 'multipart/form-data; boundary="b"' }
  for (const size of [1, 2, 3, 7, form.length]) {
    const chunks = Array.from({ length: Math.ceil(form.length / size) }, (_, n) =>
      form.subarray(n * size, (n + 1) * size),
    )
    const body = ReadableStream.from(chunks)
    const reply = await fetch(`${it.account.url}/files`, { method: 'POST', headers, body, duplex: 'half' })
    assert.equal(reply.status, 200, await reply.clone().text())
    const { id } = (await reply.json()) as OpenAI.FileObject
    assert.equal(await (await it.client.files.content(id)).text(), '\r\n--c\r\n--')
  }
})

test('a form whose connection breaks makes no file', async () => {
  await using it = await started()
  const headers = { authorization: `Bearer ${it.account.key}`, 'content-type': 'multipart/form-data; boundary=b' }
  const call = request(`${it.account.url}/files`, { method: 'POST', headers })
  call.on('error', () => {})
  call.write(formOf(PURPOSE, FILE))
  await until(() => (it.account.requests[0]?.bytes ?? 0) > 0, 'a form that has begun')
  call.destroy()
  await until(() => it.account.requests[0]?.ended, 'the end of it')
  assert.deepEqual([it.account.files.size, it.account.requests[0]?.status], [0, null])
})

test('an upload is made of its parts, in the order in which they are named', async () => {
  await using it = await started()
  const { uploads } = it.client
  const wanted = { bytes: 6, filename: 'u.txt', mime_type: 'text/plain', purpose: 'user_data' } as const
  const upload = await uploads.create(wanted)
  assert.equal(upload.status, 'pending')
  const second = await uploads.parts.create(upload.id, { data: await text('def') })
  const first = await uploads.parts.create(upload.id, { data: await text('abc') })
  assert.deepEqual([first.object, first.upload_id], ['upload.part', upload.id])
  await assert.rejects(uploads.complete(upload.id, { part_ids: [first.id] }), { status: 400 })
  await assert.rejects(uploads.complete(upload.id, { part_ids: [first.id, 'part_x'] }), { status: 404 })
  const part_ids = [first.id, second.id]
  await assert.rejects(uploads.complete(upload.id, { part_ids, md5: '0' }), { status: 400 })
  const md5 = createHash('md5').update('abcdef').digest('hex')
  const { status, file } = await uploads.complete(upload.id, { part_ids, md5 })
  assert.equal(status, 'completed')
  assert.equal(await (await it.client.files.content(file?.id ?? '')).text(), 'abcdef')
  const other = await uploads.create(wanted)
  await assert.rejects(uploads.complete(other.id, { part_ids }), { status: 404 })
  assert.equal((await uploads.cancel(other.id)).status, 'cancelled')
  await assert.rejects(async () => uploads.parts.create(other.id, { data: await text('abc') }), { status: 400 })
  await assert.rejects(uploads.cancel('upload_x'), { status: 404 })
})

test('vector stores take files, alone and in batches that the client waits for, and are searched', async () => {
  await using it = await started()
  const { client } = it
  const store = await client.vectorStores.create({ name: 's' })
  const files = await Promise.all([text('one', '1.txt'), text('two', '2.txt')])
  const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files })
  assert.deepEqual([batch.status, batch.file_counts.completed, batch.file_counts.total], ['completed', 2, 2])
  const alone = await client.vectorStores.files.uploadAndPoll(store.id, await text('three', '3.txt'))
  assert.equal(alone.status, 'completed')
  const listed = await Array.fromAsync(
    client.vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: store.id, limit: 1 }),
  )
  assert.equal(listed.length, 2)
  const counts = (await client.vectorStores.retrieve(store.id)).file_counts
  assert.deepEqual([counts.total, counts.in_progress], [3, 0])
  const found = await Array.fromAsync(client.vectorStores.search(store.id, { query: 'what' }))
  assert.deepEqual(found.map(({ content }) => content[0]?.text).sort(), ['one', 'three', 'two'])
  const [content] = (await client.vectorStores.files.content(alone.id, { vector_store_id: store.id })).data
  assert.equal(content?.text, 'three')
  const attributes = { of: 'me' }
  const changed = await client.vectorStores.files.update(alone.id, { vector_store_id: store.id, attributes })
  assert.deepEqual(changed.attributes, attributes)
  assert.equal((await client.vectorStores.update(store.id, { name: 't' })).name, 't')
  // A file that is deleted is in no store any more; one that is detached is still a file.
  await client.files.delete(alone.id)
  assert.equal((await Array.fromAsync(client.vectorStores.files.list(store.id))).length, 2)
  const [left] = listed as [OpenAI.VectorStores.VectorStoreFile]
  await client.vectorStores.files.delete(left.id, { vector_store_id: store.id })
  assert.equal((await client.files.retrieve(left.id)).id, left.id)
  await assert.rejects(
    client.vectorStores.files.retrieve(left.id, { vector_store_id: store.id }),
    refused(`No file found with id '${left.id}' in vector store '${store.id}'.`),
  )
  assert.equal((await client.vectorStores.delete(store.id)).deleted, true)
  await assert.rejects(client.vectorStores.retrieve(store.id), refused(`Vector store with id '${store.id}' not found.`))
})

test('a list goes backwards from where `before` says', async () => {
  await using it = await started({ nobody: { vectorStores: 5 } })
  const all = (await it.client.vectorStores.list()).data.map(({ id }) => id)
  const page = await it.client.vectorStores.list({ before: all[3] ?? '', limit: 2 })
  assert.deepEqual([page.data.map(({ id }) => id), page.has_more], [all.slice(1, 3), true])
})

test('conversations have items, which the client reads page by page', async () => {
  await using it = await started()
  const { conversations } = it.client
  const say = (content: string) => ({ role: 'user' as const, content })
  const { id } = await conversations.create({ items: [say('one')], metadata: { of: 'me' } })
  const { data } = await conversations.items.create(id, { items: [say('two'), say('three')] })
  assert.equal(data.length, 2)
  const listed = await Array.fromAsync(conversations.items.list(id, { limit: 1, order: 'asc' }))
  assert.deepEqual(
    listed.map((item) => item.type === 'message' && item.content[0]?.type === 'input_text' && item.content[0].text),
    ['one', 'two', 'three'],
  )
  const item = data[0]?.id ?? ''
  assert.equal((await conversations.items.retrieve(item, { conversation_id: id })).id, item)
  assert.equal((await conversations.items.delete(item, { conversation_id: id })).id, id)
  await assert.rejects(conversations.items.retrieve(item, { conversation_id: id }), NotFoundError)
  assert.deepEqual((await conversations.update(id, { metadata: { of: 'you' } })).metadata, { of: 'you' })
  assert.equal((await conversations.delete(id)).object, 'conversation.deleted')
  await assert.rejects(conversations.retrieve(id), refused(`Conversation with id '${id}' not found.`))
  await assert.rejects(conversations.items.list(id), refused(`Conversation with id '${id}' not found.`))
})

test('containers have files, of their own and of the account', async () => {
  await using it = await started()
  const { client } = it
  const file = await client.files.create({ file: await text('given', 'g.txt'), purpose: 'user_data' })
  const { id } = await client.containers.create({ name: 'c', file_ids: [file.id] })
  const own = await client.containers.files.create(id, { file: await text('own', 'o.txt') })
  const copy = await client.containers.files.create(id, { file_id: file.id })
  const listed = await Array.fromAsync(client.containers.files.list(id, { limit: 2 }))
  assert.deepEqual(
    listed.map(({ path }) => path),
    ['/mnt/data/g.txt', '/mnt/data/o.txt', '/mnt/data/g.txt'],
  )
  for (const [one, content] of [
    [own, 'own'],
    [copy, 'given'],
  ] as const)
    assert.equal(await (await client.containers.files.content.retrieve(one.id, { container_id: id })).text(), content)
  await client.containers.files.delete(own.id, { container_id: id })
  await assert.rejects(client.containers.files.retrieve(own.id, { container_id: id }), NotFoundError)
  await client.containers.create({ name: 'd' })
  assert.deepEqual(
    (await client.containers.list({ name: 'c' })).data.map((one) => one.id),
    [id],
  )
  await client.containers.delete(id)
  await assert.rejects(client.containers.retrieve(id), refused(`Container with id '${id}' not found.`))
  await assert.rejects(client.containers.create({ name: 'e', file_ids: ['file-x'] }), NotFoundError)
})

test('100,000 files of nobody are made at once, and listed 10,000 at a time', async () => {
  await using it = await started({ nobody: { files: 100_000 } })
  assert.equal(it.account.files.size, 100_000)
  const page = await it.client.files.list({ limit: 10_000 })
  assert.deepEqual([page.data.length, page.has_more], [10_000, true])
  await assert.rejects(it.client.files.list({ limit: 10_001 }), { status: 400, code: 'integer_above_max_value' })
})

test('requests are held before they are done or before they are answered, and fail as the test says', async () => {
  await using it = await started()
  const { account, client } = it
  const create = async () => client.files.create({ file: await text('x'), purpose: 'user_data' })
  for (const [moment, there] of [
    ['begin', 0],
    ['answer', 1],
  ] as const) {
    const before = account.files.size
    using hold = account.hold('POST /v1/files', moment)
    const creating = create()
    await until(() => hold.reached === 1, 'a request that is held')
    assert.equal(account.files.size - before, there)
    hold.release()
    assert.ok((await creating).id)
  }
  const { size } = account.files
  account.fail('GET /v1/files/*', 503, { times: 1 })
  await assert.rejects(client.files.retrieve('file-x'), { status: 503 })
  await assert.rejects(client.files.retrieve('file-x'), { status: 404 })
  const end = account.fail('POST /v1/files', 0, { moment: 'answer' })
  await assert.rejects(create(), OpenAI.APIConnectionError)
  assert.equal(account.files.size, size + 1)
  end()
  await create()
  const last = account.requests.at(-1)
  assert.deepEqual([last?.method, last?.path, last?.status], ['POST', '/v1/files', 200])
  assert.ok((last?.bytes ?? 0) > 1)
})
