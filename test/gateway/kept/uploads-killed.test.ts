import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { toFile } from 'openai'
import { DATABASE, databases } from '../../support/databases.ts'
import { until } from '../../support/until.ts'
import { openForm, partHead } from '../owned/forms.ts'
import { MB } from './kept.ts'
import { killAt, type StoreMoment, startKeptKillable } from './killable.ts'

/*
 * Uploads that the gate keeps itself, where it is killed at each step of one.
 */

const data = (content: Buffer | string) => toFile(Buffer.from(content), 'part')
const wanted = (bytes: number) => ({
  ...({ bytes, filename: 'u.bin', mime_type: 'application/octet-stream', purpose: 'user_data' } as const),
})
const isKilled = null

/** Each database and each store, once: a kill is at a step of a store, and what the database is told beside it is the same with both. */
const pairs = [
  [DATABASE, 'folder'],
  [databases.at(-1) ?? DATABASE, 'bucket'],
] as const

const [PART, END] = ['/part_[0-9a-f]+', '/end_[0-9a-f]+']
const partPlaced: StoreMoment = {
  ...{ folder: `rename .*/drafts/.* .*${PART}$`, bucket: ['PutObject', PART], moment: 'answer' },
}
const inPlace = {
  folder: 'rename .*/files/.*',
  bucket: ['CompleteMultipartUpload', '/files/'],
} satisfies Partial<StoreMoment>
const ended = { folder: `rename .*${END}$`, bucket: ['PutObject', END] } satisfies Partial<StoreMoment>

/** So large that a bucket is given it in parts, and the gate reads it in several pieces. */
const [FIRST, SECOND] = [Buffer.alloc(4 * MB, 'first '), Buffer.alloc(3 * MB, 'second ')]

/** What completing an upload does, in turn. */
const steps: { what: string; at: (last: string) => StoreMoment }[] = [
  {
    what: 'a part of it is joined, and the last is not',
    at: (last) => ({ folder: `open .*/${last}/content$`, bucket: ['UploadPart', '/files/'], moment: 'begin' }),
  },
  { what: 'it is joined, and its file has no place', at: () => ({ ...inPlace, moment: 'begin' }) },
  { what: 'its file has its place', at: () => ({ ...inPlace, moment: 'answer' }) },
  { what: 'its end is written', at: () => ({ ...ended, moment: 'answer' }) },
  {
    what: 'its parts are being taken away',
    at: () => ({ folder: `rename .*${PART} .*/drafts/`, bucket: ['DeleteObject', PART], moment: 'answer' }),
  },
]

for (const [database, kind] of pairs) {
  test(`${database}, ${kind}: wherever a server is killed that completes an upload, whoever completes it again has its file, once and whole`, async () => {
    await using it = await startKeptKillable(database, kind)
    const begin = async () => {
      const { uploads } = it.client()
      const { id } = await uploads.create(wanted(FIRST.length + SECOND.length))
      const second = (await uploads.parts.create(id, { data: await data(SECOND) })).id
      const first = (await uploads.parts.create(id, { data: await data(FIRST) })).id
      const md5 = createHash('md5').update(FIRST).update(SECOND).digest('hex')
      return { id, last: second, complete: () => it.client().uploads.complete(id, { part_ids: [first, second], md5 }) }
    }
    const made: string[] = []
    for (const { what, at } of steps) {
      const { last, complete } = await begin()
      assert.equal(await killAt(it, at(last), complete), isKilled, what)
      await it.startAgain()
      const { status, file } = await complete()
      assert.deepEqual(
        [status, file?.bytes, file?.filename],
        ['completed', FIRST.length + SECOND.length, 'u.bin'],
        what,
      )
      const id = file?.id ?? ''
      // Also for whoever has been told, and asks once more.
      assert.equal((await complete()).file?.id, id, what)
      const content = Buffer.from(await (await it.client().files.content(id)).arrayBuffer())
      assert.ok(content.equals(Buffer.concat([FIRST, SECOND])), what)
      await assert.rejects(it.stranger().files.retrieve(id), { status: 404 }, what)
      made.push(id)
      const listed = (await it.client().files.list()).data.map((one) => one.id)
      for (const all of [listed, await it.store.contents()]) assert.deepEqual(all.sort(), made.toSorted(), what)
    }
    await it.sweepLater()
    assert.deepEqual((await it.store.contents()).sort(), made.toSorted())
    for (const left of [await it.uploads(), await it.store.drafts()]) assert.deepEqual(left, [])
  })

  test(`${database}, ${kind}: a server that is killed while parts come has those that it has told of, and nothing of the others is in the file`, async () => {
    await using it = await startKeptKillable(database, kind)
    const { id } = await it.client().uploads.create(wanted(6))
    const add = async (content: string) => it.client().uploads.parts.create(id, { data: await data(content) })
    const first = await add('abc')
    await it.kill()
    await it.startAgain()
    const second = await add('def')
    const where = { path: `/v1/uploads/${id}/parts`, begin: partHead }
    const { call, reply } = openForm(it.url(), it.key, {}, where)
    call.write(Buffer.alloc(MB))
    // What is on its way to a bucket is a file without a name, of which nobody else sees anything.
    if (kind === 'folder') await until(async () => (await it.store.drafts()).length > 0, 'a part is being written')
    await it.kill()
    assert.equal(await reply, isKilled)
    assert.equal((await it.store.parts()).length > 0, true)
    await it.startAgain()
    assert.equal(await killAt(it, partPlaced, () => add('xyz')), isKilled)
    await it.startAgain()
    const complete = (...part_ids: string[]) => it.client().uploads.complete(id, { part_ids })
    // The one that is there and nobody was told of is nobody's, whoever names it.
    const untold = (await it.store.parts()).map((path) => /part_[0-9a-f]+/.exec(path)?.[0] ?? '')
    const [strange = '', ...more] = [...new Set(untold)].filter((part) => part !== first.id && part !== second.id)
    assert.deepEqual([strange.startsWith('part_'), more], [true, []])
    await assert.rejects(complete(strange, second.id), { status: 404, param: 'part_ids' })
    const { file } = await complete(first.id, second.id)
    assert.equal(await (await it.client().files.content(file?.id ?? '')).text(), 'abcdef')
    assert.deepEqual(await it.store.parts(), [])
    assert.deepEqual(await it.store.contents(), [file?.id])
    await it.sweepLater()
    for (const left of [await it.uploads(), await it.store.drafts()]) assert.deepEqual(left, [])
    assert.deepEqual(await it.store.contents(), [file?.id])
  })

  test(`${database}, ${kind}: a server that is killed while it cancels an upload has cancelled it, or not begun`, async () => {
    await using it = await startKeptKillable(database, kind)
    for (const moment of ['begin', 'answer'] as const) {
      const { uploads } = it.client()
      const { id } = await uploads.create(wanted(3))
      const part = await uploads.parts.create(id, { data: await data('abc') })
      assert.equal(await killAt(it, { ...ended, moment }, () => it.client().uploads.cancel(id)), isKilled, moment)
      await it.startAgain()
      const complete = it.client().uploads.complete(id, { part_ids: [part.id] })
      if (moment === 'begin') assert.equal((await complete).status, 'completed')
      else await assert.rejects(complete, { status: 400, message: /is cancelled/ })
    }
    assert.equal((await it.client().files.list()).data.length, 1)
    await it.sweepLater()
    assert.deepEqual([await it.uploads(), (await it.store.contents()).length], [[], 1])
  })
}
