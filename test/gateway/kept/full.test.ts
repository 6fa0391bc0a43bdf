import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { toFile } from 'openai'
import { until } from '../../support/until.ts'
import { keptFolder } from './kept.ts'
import { answerChat, askedOf, chat, create, ids, jsonl, linesOf, names, reach, startRunning } from './running.ts'

/*
 * A file system of its own that is full: no more files can be made on it, though bytes are free.
 */

/** @returns null where this process may mount none */
async function smallDisk() {
  const folder = await keptFolder()
  const [disk, filling] = [join(folder.path, 'disk'), join(folder.path, 'disk', 'filling')]
  await mkdir(disk, { recursive: true })
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1g,nr_inodes=5000', 'tmpfs', disk])
  if (mounted.status !== 0) {
    await folder[Symbol.asyncDispose]()
    return null
  }
  return {
    path: join(disk, 'files'),
    async fill() {
      await mkdir(filling)
      for (let i = 0; i < 1000; i++) await writeFile(join(filling, String(i)), '')
    },
    empty: () => rm(filling, { recursive: true }),
    async [Symbol.asyncDispose]() {
      spawnSync('umount', ['-l', disk])
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('where no more files can be made none is kept, and an upload can still be cancelled', async (t) => {
  await using disk = await smallDisk()
  if (disk === null) return t.skip('nothing can be mounted here')
  await using it = await startRunning({ folder: disk.path })
  const { files, uploads } = it.a.client
  const about = { bytes: 3, filename: 'u.txt', mime_type: 'text/plain', purpose: 'user_data' } as const
  const upload = await uploads.create(about)
  await disk.fill()
  const file = async () => files.create({ file: await toFile(Buffer.from('abc'), 'a.txt'), purpose: 'user_data' })
  const full = { status: 507, code: 'insufficient_storage' }
  await assert.rejects(file, full)
  await assert.rejects(uploads.create(about), full)
  assert.equal((await uploads.cancel(upload.id)).status, 'cancelled')
  await disk.empty()
  assert.equal((await file()).bytes, 3)
})

test('no line of a batch is begun that there is no room for, and what was answered is kept and not asked for again', async (t) => {
  await using disk = await smallDisk()
  if (disk === null) return t.skip('nothing can be mounted here')
  const log: string[] = []
  await using it = await startRunning({ folder: disk.path, log: (line) => log.push(line) })
  const { client } = it.a
  const { promise: isFull, resolve: filled } = Promise.withResolvers<void>()
  it.upstream.answer(async (call) => {
    await isFull
    await answerChat(call)
  })
  const all = names(12)
  const { id } = await create(client, jsonl(all.map((name) => chat(name))))
  await until(() => it.upstream.calls.length === 8, 'as many lines as may are begun')
  await disk.fill()
  filled()
  await until(() => log.some((line) => line.includes('it is gone on with later')), 'it stops')
  assert.equal(it.upstream.calls.length, 8)
  await disk.empty()
  const done = await reach(client, id, 'completed')
  assert.deepEqual(ids(await linesOf(client, done.output_file_id)), all)
  const asked = (await Promise.all(it.upstream.calls.map(askedOf))).map((one) => one.id)
  assert.deepEqual(asked.sort(), all)
})
