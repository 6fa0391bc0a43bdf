import assert from 'node:assert/strict'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Folder } from './folder.ts'
import { type Free, freeOn, Room } from './room.ts'
import type { Draft } from './store.ts'

const MB = 1_048_576
const FULL = { status: 507, code: 'insufficient_storage' }

/** A file system that has this much free, and what is written to it. */
async function disk(mb: number) {
  const path = await mkdtemp(join(tmpdir(), 'gatehouse-room-'))
  const free: Free = { bytes: mb * MB, files: null }
  const room = new Room(async () => ({ ...free }))
  const folder = await Folder.open(join(path, 'files'), room)
  const drafts: Draft[] = []
  return {
    folder,
    room,
    free,
    async draft() {
      const draft = await folder.draft()
      drafts.push(draft)
      return draft
    },
    async write(draft: Draft, bytes: number) {
      await draft.write(Buffer.alloc(bytes))
      free.bytes -= bytes
    },
    async [Symbol.asyncDispose]() {
      for (const draft of drafts) await draft.discard()
      await rm(path, { recursive: true, force: true })
    },
  }
}

test('many who write at once do not count on the same room', async () => {
  await using it = await disk(512 + 5)
  const drafts = await Promise.all(Array.from({ length: 9 }, () => it.draft()))
  const written = await Promise.allSettled(drafts.map((draft) => it.write(draft, MB)))
  const refused = written.filter((one) => one.status === 'rejected')
  for (const { reason } of refused) assert.deepEqual([reason.status, reason.code], [507, 'insufficient_storage'])
  assert.ok(it.free.bytes >= 512 * MB, `${it.free.bytes / MB} MB are left`)
  assert.equal(refused.length, 8)
})

test('what is written step by step ends before less is free than has to be', async () => {
  await using it = await disk(512 + 30)
  const drafts = await Promise.all(Array.from({ length: 5 }, () => it.draft()))
  const all = drafts.map(async (draft) => {
    for (;;) await it.write(draft, 300_000)
  })
  for (const one of await Promise.allSettled(all)) assert.equal(one.status === 'rejected' && one.reason.status, 507)
  assert.ok(it.free.bytes >= 512 * MB, `${it.free.bytes / MB} MB are left`)
  assert.ok(it.free.bytes < 530 * MB, 'and is of use until then')
})

test('room is given back by what is kept and by what is not', async () => {
  await using it = await disk(512 + 5)
  for (let i = 0; i < 20; i++) {
    const draft = await it.draft()
    await draft.write(Buffer.from('x'))
    if (i % 2 === 0) await draft.discard()
    else await draft.place({}, 'files', `file-${String(i).padStart(32, '0')}`)
  }
  await it.room.take(5 * MB)
  await assert.rejects(it.room.take(1), FULL)
  it.room.giveBack(1)
  await it.room.take(1)
})

test('a file system that can make no more files is full, and one that does not count them is not', async () => {
  const of = (files: number | null) => new Room(async () => ({ bytes: 1024 * MB, files })).take(1)
  await assert.rejects(of(0), FULL)
  await assert.rejects(of(4095), FULL)
  await of(4096)
  await of(null)
  const [{ bytes, files }, said] = [await freeOn(tmpdir()), await statfs(tmpdir())]
  assert.ok(bytes > 0 && bytes % said.bsize === 0)
  assert.equal(files === null, said.files === 0)
})

test('a file system that does not answer is out of reach', async () => {
  await assert.rejects(new Room(() => Promise.reject(new Error('gone'))).take(1), { status: 503 })
})
