import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { toFile } from 'openai'
import { everywhere, keptStore, placeOf, startKept, storeKinds } from './kept.ts'

/*
 * Files that come in parts, where the gate keeps them itself.
 */

const data = (content: string) => toFile(Buffer.from(content), 'part')
const wanted = { bytes: 6, filename: 'u.txt', mime_type: 'text/plain', purpose: 'user_data' } as const

for (const [database, kind] of everywhere) {
  test(`${database}, ${kind}: an upload is made of its parts, in the order in which they are named, and is its project's alone`, async () => {
    await using store = await keptStore(kind)
    await using it = await startKept({ database, store })
    const { uploads, files } = it.a.client
    const upload = await uploads.create(wanted)
    assert.deepEqual([upload.object, upload.status, upload.expires_at - upload.created_at], ['upload', 'pending', 3600])
    const second = await uploads.parts.create(upload.id, { data: await data('def') })
    const first = await uploads.parts.create(upload.id, { data: await data('abc') })
    assert.deepEqual([first.object, first.upload_id], ['upload.part', upload.id])
    await assert.rejects(it.b.client.uploads.cancel(upload.id), { status: 404 })
    await assert.rejects(async () => it.b.client.uploads.parts.create(upload.id, { data: await data('x') }), {
      status: 404,
    })
    const part_ids = [first.id, second.id]
    for (const [what, body, status, param] of [
      ['too few', { part_ids: [first.id] }, 400, 'part_ids'],
      ['too many', { part_ids: [...part_ids, first.id] }, 400, 'part_ids'],
      ['none', { part_ids: [] }, 400, 'part_ids'],
      ['nobody’s', { part_ids: [first.id, 'part_x'] }, 404, 'part_ids'],
      ['another checksum', { part_ids, md5: '0' }, 400, 'md5'],
    ] as const)
      await assert.rejects(uploads.complete(upload.id, body as never), (error: { status: number; param: string }) => {
        assert.deepEqual([error.status, error.param?.split('[', 1)[0]], [status, param], what)
        return true
      })
    const md5 = createHash('md5').update('abcdef').digest('hex')
    const { status, file } = await uploads.complete(upload.id, { part_ids, md5 })
    assert.equal(status, 'completed')
    assert.deepEqual([file?.bytes, file?.filename, file?.purpose], [6, 'u.txt', 'user_data'])
    assert.equal(await (await files.content(file?.id ?? '')).text(), 'abcdef')
    await assert.rejects(it.b.client.files.content(file?.id ?? ''), { status: 404 })
    // Who did not hear of it and asks again is told the same, as long as the file is there.
    assert.deepEqual(await uploads.complete(upload.id, { part_ids, md5 }), { ...upload, status, file })
    // It has ended, and its parts are no bytes any more.
    for (const again of [
      () => uploads.complete(upload.id, { part_ids: part_ids.toReversed() }),
      () => uploads.complete(upload.id, { part_ids: [first.id] }),
      () => uploads.cancel(upload.id),
      async () => uploads.parts.create(upload.id, { data: await data('x') }),
    ])
      await assert.rejects(again, { status: 400 })
    assert.deepEqual(await store.parts(), [])
    await files.delete(file?.id ?? '')
    await assert.rejects(uploads.complete(upload.id, { part_ids }), { status: 400, message: /is completed/ })
    assert.deepEqual((await files.list()).data, [])
    const other = await uploads.create(wanted)
    await assert.rejects(uploads.complete(other.id, { part_ids }), { status: 404 })
    assert.equal((await uploads.cancel(other.id)).status, 'cancelled')
    await assert.rejects(async () => uploads.parts.create(other.id, { data: await data('abc') }), { status: 400 })
    assert.deepEqual(await store.drafts(), [])
    assert.equal(it.upstream.calls.length, 0)
  })
}

for (const [what, more, param] of [
  ['no size', { bytes: undefined }, 'bytes'],
  ['a size that is none', { bytes: 1.5 }, 'bytes'],
  ['more bytes than there can be', { bytes: 8 * 1024 ** 3 + 1 }, 'bytes'],
  ['no name', { filename: undefined }, 'filename'],
  ['a name that is none', { filename: 7 }, 'filename'],
  ['a purpose that callers do not have', { purpose: 'batch_output' }, 'purpose'],
  ['an expiry that is none', { expires_after: 'soon' }, 'expires_after'],
  [
    'an expiry that is too late',
    { expires_after: { anchor: 'created_at', seconds: 2_592_001 } },
    'expires_after[seconds]',
  ],
] as const) {
  test(`an upload with ${what} is refused`, async () => {
    await using it = await startKept()
    await assert.rejects(it.a.client.uploads.create({ ...wanted, ...more } as never), { status: 400, param })
    assert.deepEqual(await it.folder.list('uploads'), [])
  })
}

for (const kind of storeKinds) {
  test(`${kind}: of many who complete an upload at the same time, or cancel it, one ends it, and there is one file`, async () => {
    await using store = await keptStore(kind)
    await using it = await startKept({ store })
    const { uploads, files } = it.a.client
    for (let round = 0; round < 5; round++) {
      const upload = await uploads.create(wanted)
      const part = await uploads.parts.create(upload.id, { data: await data('abcdef') })
      const complete = () => uploads.complete(upload.id, { part_ids: [part.id] })
      const ends = await Promise.allSettled([complete(), complete(), uploads.cancel(upload.id), complete()])
      const statuses = new Set(ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value.status] : [])))
      assert.equal(statuses.size, 1)
      for (const end of ends)
        if (end.status === 'rejected') assert.ok([400, 503].includes(end.reason.status), end.reason)
      const kept = (await files.list()).data.length
      assert.equal(kept, statuses.has('completed') ? 1 : 0)
      for (const { id } of (await files.list()).data) await files.delete(id)
    }
  })
}

test('an upload that was completed by a server that was killed before it said so is completed again, with the same file', async () => {
  await using it = await startKept()
  const { uploads, files } = it.a.client
  const upload = await uploads.create(wanted)
  const parts = [
    await uploads.parts.create(upload.id, { data: await data('abc') }),
    await uploads.parts.create(upload.id, { data: await data('def') }),
  ]
  const complete = () => uploads.complete(upload.id, { part_ids: parts.map(({ id }) => id) })
  // The end cannot be written: something stands there.
  const end = join(placeOf(it.folder, upload.id), upload.id.replace('upload_', 'end_'))
  await mkdir(join(end, 'x'), { recursive: true })
  await assert.rejects(complete(), (error: { status: number }) => error.status >= 500)
  await rm(end, { recursive: true })
  const { file } = await complete()
  assert.deepEqual(
    (await files.list()).data.map(({ id }) => id),
    [file?.id],
  )
  const kept = (await it.folder.list('files')).filter((path) => path.endsWith('content'))
  assert.equal(kept.length, 1)
})

test('a part is named once, and nothing is read of parts that do not make the upload', async () => {
  await using it = await startKept()
  const { uploads } = it.a.client
  const upload = await uploads.create(wanted)
  const part = await uploads.parts.create(upload.id, { data: await data('abc') })
  const twice = { status: 400, param: 'part_ids', message: /named more than once/ }
  await assert.rejects(uploads.complete(upload.id, { part_ids: [part.id, part.id] }), twice)
  // Whoever opened it would find nothing that can be read.
  const content = join(placeOf(it.folder, upload.id), part.id, 'content')
  await rm(content)
  await symlink('nowhere', content)
  const other = { status: 400, param: 'part_ids', message: /announced with 6 bytes/ }
  await assert.rejects(uploads.complete(upload.id, { part_ids: [part.id] }), other)
  assert.deepEqual(await it.folder.list('drafts'), [])
})

test('an upload that is completed many times at once is joined by one of them at a time', async () => {
  await using it = await startKept()
  const { uploads } = it.a.client
  const bytes = 24 * 1_048_576
  const upload = await uploads.create({ ...wanted, bytes })
  const part = await uploads.parts.create(upload.id, { data: await toFile(Buffer.alloc(bytes), 'part') })
  let most = 0
  const over = new AbortController()
  const looking = (async () => {
    while (!over.signal.aborted) {
      most = Math.max(most, (await it.folder.list('drafts')).filter((path) => path.endsWith('content')).length)
      await setImmediate()
    }
  })()
  const complete = () => uploads.complete(upload.id, { part_ids: [part.id], md5: 'of another' })
  const ends = await Promise.allSettled(Array.from({ length: 8 }, complete))
  over.abort()
  await looking
  for (const end of ends) assert.equal(end.status === 'rejected' && end.reason.param, 'md5')
  assert.equal(most, 1)
})

test('an upload that has expired is nobody’s, and its bytes are taken away', async () => {
  await using it = await startKept()
  const { uploads } = it.a.client
  const upload = await uploads.create(wanted)
  it.app.advance(3601)
  await assert.rejects(async () => uploads.parts.create(upload.id, { data: await data('x') }), { status: 404 })
})
