import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { toFile } from 'openai'
import { databases } from '../../support/databases.ts'
import { startShared } from './shared.ts'

const part = (content: string) => toFile(Buffer.from(content), 'part')

for (const database of databases) {
  test(`${database}: a file that comes in parts is its project's, and no other's parts make it up`, async () => {
    await using it = await startShared({ database })
    const { a, b } = it
    const wanted = { bytes: 6, filename: 'u.txt', mime_type: 'text/plain', purpose: 'user_data' } as const
    const { uploads } = a.client
    const upload = await uploads.create(wanted)
    const second = await uploads.parts.create(upload.id, { data: await part('def') })
    const first = await uploads.parts.create(upload.id, { data: await part('abc') })
    const theirs = await b.client.uploads.create(wanted)
    const foreign = await b.client.uploads.parts.create(theirs.id, { data: await part('xyz') })
    await assert.rejects(uploads.complete(upload.id, { part_ids: [first.id, foreign.id] }), {
      status: 404,
      error: {
        ...{ message: `No such Part object: ${foreign.id}`, type: 'invalid_request_error' },
        ...{ param: 'part_ids', code: null },
      },
    })
    await assert.rejects(uploads.complete(theirs.id, { part_ids: [first.id] }), { status: 404, param: 'id' })
    const md5 = createHash('md5').update('abcdef').digest('hex')
    const { status, file } = await uploads.complete(upload.id, { part_ids: [first.id, second.id], md5 })
    assert.equal(status, 'completed')
    assert.equal(await (await a.client.files.content(file?.id ?? '')).text(), 'abcdef')
    assert.deepEqual(
      (await a.client.files.list({ purpose: 'user_data' })).data.map(({ id }) => id),
      [file?.id],
    )
    await assert.rejects(b.client.files.retrieve(file?.id ?? ''), { status: 404 })
    assert.equal((await b.client.uploads.cancel(theirs.id)).status, 'cancelled')
    // What it was made of is over by itself.
    const kept = await it.app.db.selectFrom('owned').select(['kind', 'expires_at']).execute()
    const soon = Date.now() / 1000 + 90_000
    assert.deepEqual(
      kept.filter(({ expires_at }) => expires_at > soon).map(({ kind }) => kind),
      ['file'],
    )
  })
}

test('an upload says nothing that the original does not know', async () => {
  await using it = await startShared()
  const body = { bytes: 1, filename: 'x', mime_type: 'text/plain', purpose: 'user_data', model: 'm1' }
  const { status, body: reply } = await it.app.send('POST', '/v1/uploads', { key: it.a.key, body })
  assert.deepEqual([status, reply.error.code, reply.error.param], [400, 'unknown_parameter', 'model'])
  assert.equal(it.account.requests.filter(({ method }) => method === 'POST').length, 0)
})

test('a name that no file could have is refused, of an upload and of a file', async () => {
  await using it = await startShared()
  const [most, more] = ['é'.repeat(255), 'é'.repeat(256)]
  const wanted = { bytes: 6, mime_type: 'text/plain', purpose: 'user_data' } as const
  const tooLong = (param: string) => ({ status: 400, code: 'string_above_max_length', param })
  const { uploads, files } = it.a.client
  await assert.rejects(uploads.create({ ...wanted, filename: more }), tooLong('filename'))
  const file = async (name: string) => ({ file: await toFile(Buffer.from('x'), name), purpose: 'user_data' as const })
  await assert.rejects(files.create(await file(more)), tooLong('file'))
  assert.equal((await uploads.create({ ...wanted, filename: most })).filename, most)
  assert.equal((await files.create(await file(most))).filename, most)
})
