import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import { NEVER } from '../../../src/core/owned.ts'
import { databases } from '../../support/databases.ts'
import { startShared } from './shared.ts'

const text = (content: string, name: string) => toFile(Buffer.from(content), name)
const ids = (all: readonly { id: string }[]) => all.map(({ id }) => id)
const refused = (message: string, param: string | null = null) => ({
  status: 404,
  error: { message, type: 'invalid_request_error', param, code: null },
})

for (const database of databases) {
  test(`${database}: vector stores take files, alone and in batches that the client waits for, and are searched`, async () => {
    await using it = await startShared({ database })
    const { a, b } = it
    const { vectorStores } = a.client
    const store = await vectorStores.create({ name: 's', metadata: { file_id: 'of its own' } })
    const files = [await text('one', '1.txt'), await text('two', '2.txt')]
    const batch = await vectorStores.fileBatches.uploadAndPoll(store.id, { files })
    assert.deepEqual([batch.status, batch.file_counts.completed, batch.file_counts.total], ['completed', 2, 2])
    const alone = await vectorStores.files.uploadAndPoll(store.id, await text('three', '3.txt'))
    assert.equal(alone.status, 'completed')
    const within = { vector_store_id: store.id }
    const more = await a.client.files.create({ file: await text('four', '4.txt'), purpose: 'assistants' })
    const listed = [{ file_id: more.id, attributes: { file_id: 'x', n: 1 } }]
    assert.equal((await vectorStores.fileBatches.createAndPoll(store.id, { files: listed })).status, 'completed')
    const pages = vectorStores.fileBatches.listFiles(batch.id, { ...within, limit: 1 })
    assert.equal((await Array.fromAsync(pages)).length, 2)
    assert.equal((await vectorStores.files.list(store.id, { filter: 'completed', order: 'asc' })).data.length, 4)
    assert.deepEqual((await vectorStores.files.list(store.id, { filter: 'failed' })).data, [])
    const found = await Array.fromAsync(
      vectorStores.search(store.id, {
        query: ['what', 'else'],
        filters: { type: 'eq', key: 'file_id', value: 'x' },
        ranking_options: { ranker: 'auto' },
        rewrite_query: true,
      }),
    )
    assert.deepEqual(found.map(({ content }) => content[0]?.text).sort(), ['four', 'one', 'three', 'two'])
    assert.equal((await vectorStores.files.content(alone.id, within)).data[0]?.text, 'three')
    const attributes = { file_id: 'me' }
    assert.deepEqual((await vectorStores.files.update(alone.id, { ...within, attributes })).attributes, attributes)
    assert.equal((await vectorStores.update(store.id, { name: 't' })).name, 't')
    // A file that is deleted is in no store any more; one that is detached is still a file.
    await a.client.files.delete(alone.id)
    await assert.rejects(
      vectorStores.files.retrieve(alone.id, within),
      refused(`No such File object: ${alone.id}`, 'id'),
    )
    assert.equal((await vectorStores.files.delete(more.id, within)).deleted, true)
    assert.equal((await a.client.files.retrieve(more.id)).id, more.id)
    assert.equal((await vectorStores.files.list(store.id)).data.length, 2)
    const gone = refused(`Vector store with id '${store.id}' not found.`)
    await assert.rejects(b.client.vectorStores.search(store.id, { query: 'x' }), gone)
    assert.equal((await vectorStores.delete(store.id)).deleted, true)
    await assert.rejects(vectorStores.retrieve(store.id), gone)
    await assert.rejects(
      vectorStores.fileBatches.retrieve(batch.id, within),
      gone,
      'a batch is nothing without its store',
    )
  })

  test(`${database}: a list of stores goes both ways, and shows what is the project's alone`, async () => {
    await using it = await startShared({ database, nobody: { vectorStores: 10 } })
    const { vectorStores } = it.a.client
    const made: string[] = []
    for (let i = 0; i < 6; i++) {
      made.unshift((await vectorStores.create({ name: `${i}` })).id)
      await it.b.client.vectorStores.create({})
    }
    const at = (i: number) => made[i] ?? ''
    const page = async (query: object) => {
      const { data, has_more } = await vectorStores.list(query)
      return [ids(data), has_more]
    }
    assert.deepEqual(ids(await Array.fromAsync(vectorStores.list({ limit: 2 }))), made)
    assert.deepEqual(await page({ before: at(4), limit: 2 }), [made.slice(2, 4), true])
    assert.deepEqual(await page({ before: at(2), limit: 2 }), [made.slice(0, 2), false])
    assert.deepEqual(await page({ before: at(0) }), [[], false])
    assert.deepEqual(await page({ before: at(1), limit: 2, order: 'asc' }), [[at(3), at(2)], true])
    assert.deepEqual(await page({ after: at(0), before: at(4), limit: 2 }), [made.slice(1, 3), true])
    assert.deepEqual(await page({ after: at(0), before: at(3) }), [made.slice(1, 3), false])
    assert.deepEqual(await page({ after: at(3), before: at(0), order: 'asc' }), [[at(2), at(1)], false])
    // What is gone from the account leaves its place to the next, also backwards.
    it.account.vectorStores.delete(at(3))
    assert.deepEqual(await page({ before: at(4), limit: 2 }), [made.slice(1, 3), true])
    const [nobodys = ''] = it.account.fill({ vectorStores: 1 }).vectorStores
    for (const [query, param] of [
      [{ before: nobodys }, 'before'],
      [{ after: nobodys }, 'after'],
      [{ after: at(0), before: nobodys }, 'before'],
      [{ after: nobodys, before: at(0) }, 'after'],
      [{ before: 'no id' }, 'before'],
    ] as const) {
      const id = Object.values(query).find((one) => one !== at(0))
      await assert.rejects(vectorStores.list(query), refused(`Vector store with id '${id}' not found.`, param))
    }
  })
}

test('a store is the project’s until it is deleted, whenever it says that it expires', async () => {
  await using it = await startShared()
  const { vectorStores } = it.a.client
  const made = await vectorStores.create({ expires_after: { anchor: 'last_active_at', days: 1 } })
  assert.ok(made.expires_at)
  const [row] = await it.app.db.selectFrom('owned').select('expires_at').where('id', '=', made.id).execute()
  assert.equal(row?.expires_at, NEVER)
})

test('what a store is told is what the original knows, and names nothing in any other way', async () => {
  await using it = await startShared()
  const { a, account, app } = it
  const { id } = await a.client.vectorStores.create({})
  const file = await a.client.files.create({ file: await text('x', 'x.txt'), purpose: 'user_data' })
  const [nobodys = ''] = account.fill({ files: 1 }).files
  const asked = account.requests.length
  const [stores, files] = ['/v1/vector_stores', `/v1/vector_stores/${id}/files`]
  const batches = `/v1/vector_stores/${id}/file_batches`
  const table: [path: string, body: object, code: string | null, param: string][] = [
    [stores, { model: 'm1' }, 'unknown_parameter', 'model'],
    [stores, { File_ids: [file.id] }, 'unknown_parameter', 'File_ids'],
    [stores, { fileIds: [file.id] }, 'unknown_parameter', 'fileIds'],
    [stores, { chunking_strategy: { type: 'auto', fileId: file.id } }, 'not_offered', 'chunking_strategy.fileId'],
    [stores, { chunking_strategy: { type: 'auto', file_id: nobodys } }, null, 'file_id'],
    [stores, { file_ids: [file.id, nobodys] }, null, 'file_ids'],
    [stores, { file_ids: nobodys }, null, 'file_ids'],
    [stores, { file_ids: [[file.id]] }, 'not_offered', 'file_ids'],
    [stores, { file_ids: [{ id: file.id }] }, 'not_offered', 'file_ids'],
    [stores, { name: { file_id: nobodys } }, null, 'file_id'],
    [stores, { Metadata: { a: 'x' } }, 'unknown_parameter', 'Metadata'],
    [files, { file_id: nobodys }, null, 'file_id'],
    [files, { file_id: [file.id, nobodys] }, null, 'file_id'],
    [files, { file_id: { id: nobodys } }, 'not_offered', 'file_id'],
    [files, { file_id: `${file.id}\n` }, null, 'file_id'],
    [files, { file_id: file.id, Attributes: {} }, 'unknown_parameter', 'Attributes'],
    [files, { file: nobodys }, 'unknown_parameter', 'file'],
    [batches, { files: [{ file_id: file.id }, { file_id: nobodys }] }, null, 'file_id'],
    [batches, { files: [{ fileId: nobodys }] }, 'not_offered', 'files[0].fileId'],
    [batches, { files: [{ id: nobodys }] }, 'not_offered', 'files[0].id'],
    [batches, { files: [nobodys] }, 'not_offered', 'files[0]'],
    [batches, { files: [{ file_id: file.id, Attributes: { file_id: nobodys } }] }, null, 'file_id'],
    [batches, { file_ids: [file.id], files: [{ file_id: nobodys }] }, null, 'file_id'],
    [`${stores}/${id}/search`, { query: 'x', vector_store_ids: [nobodys] }, 'unknown_parameter', 'vector_store_ids'],
    [`${stores}/${id}/search`, { query: { vector_store_id: nobodys } }, null, 'vector_store_id'],
    [`${stores}/${id}/search`, { query: 'x', filters: { fileId: nobodys } }, 'not_offered', 'filters.fileId'],
  ]
  for (const [path, body, code, param] of table) {
    const reply = await app.send('POST', path, { key: a.key, body })
    const { error } = reply.body
    assert.deepEqual([error?.code, error?.param], [code, param], `${JSON.stringify(body)}: ${reply.text}`)
    assert.equal(reply.status, code === null ? 404 : 400, reply.text)
  }
  assert.equal(account.requests.length, asked, 'the model server was asked')
})
