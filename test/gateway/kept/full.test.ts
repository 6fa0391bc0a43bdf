import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { toFile } from 'openai'
import { until } from '../../support/until.ts'
import { keptFolder } from './kept.ts'
import {
  askedOf,
  chat,
  create,
  holdBehind,
  ids,
  jsonl,
  linesOf,
  names,
  reach,
  startRunning,
  usedIn,
} from './running.ts'

/*
 * A file system of its own that is full: no more files can be made on it, though bytes are free.
 */

type Disk = NonNullable<Awaited<ReturnType<typeof smallDisk>>>

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

/** A batch of twelve lines that has stopped, since its first eight were answered when the disk was full. */
async function stoppedOn({ path, fill }: Disk) {
  await using stack = new AsyncDisposableStack()
  const log: string[] = []
  const it = stack.use(await startRunning({ folder: path, log: (line) => log.push(line) }))
  const { letGo } = holdBehind(it.upstream)
  const all = names(12)
  const { id } = await create(it.a.client, jsonl(all.map((name) => chat(name))))
  await until(() => it.upstream.calls.length === 8, 'as many lines as may are begun')
  await fill()
  letGo()
  const said = (what: string) => log.filter((line) => line.includes(what)).length
  await until(() => said('it is gone on with later') >= 1, 'it stops')
  const rest = stack.move()
  return {
    ...{ it, all, id, client: it.a.client },
    said,
    results: async () => (await readdir(path, { recursive: true })).filter((name) => name.endsWith('.added')),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** Files that this process has open, whose names end so. */
async function opened(end: string): Promise<string[]> {
  const all = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return all.filter((path) => path.endsWith(end))
}

test('no line of a batch is begun that there is no room for, and what was answered is kept and not asked for again', async (t) => {
  await using disk = await smallDisk()
  if (disk === null) return t.skip('nothing can be mounted here')
  await using full = await stoppedOn(disk)
  const { it, all, id, client } = full
  assert.equal(it.upstream.calls.length, 8)
  await until(() => full.said('it is gone on with later') >= 3, 'it is tried again')
  assert.deepEqual([(await full.results()).length, await opened('.added')], [1, []])
  await disk.empty()
  const done = await reach(client, id, 'completed')
  assert.deepEqual(ids(await linesOf(client, done.output_file_id)), all)
  const asked = (await Promise.all(it.upstream.calls.map(askedOf))).map((one) => one.id)
  assert.deepEqual(asked.sort(), all)
})

test('one that is over its time on a full disk has its results when there is room', async (t) => {
  await using disk = await smallDisk()
  if (disk === null) return t.skip('nothing can be mounted here')
  await using full = await stoppedOn(disk)
  const { it, all, id, client } = full
  it.app.advance(86_401)
  const before = full.said('it is gone on with later')
  await until(() => full.said('it is gone on with later') > before, 'its end is tried')
  await disk.empty()
  const done = await reach(client, id, 'expired')
  const [output, error] = [await linesOf(client, done.output_file_id), await linesOf(client, done.error_file_id)]
  assert.deepEqual([output.length, error.length], [8, 4])
  assert.deepEqual([...ids(output), ...ids(error)].sort(), all)
  assert.deepEqual(await usedIn(it.app.admin()), [8, 80, 40])
})

test('one whose results cannot be kept for a day behind its time ends as expired', async (t) => {
  await using disk = await smallDisk()
  if (disk === null) return t.skip('nothing can be mounted here')
  await using full = await stoppedOn(disk)
  const { it, id, client } = full
  it.app.advance(2 * 86_400 + 60)
  const done = await reach(client, id, 'expired')
  assert.deepEqual([done.output_file_id ?? null, done.error_file_id ?? null], [null, null])
  assert.deepEqual(done.request_counts, { total: 12, completed: 8, failed: 0 })
  assert.equal(full.said('results of a batch are lost'), 2)
  assert.equal(it.upstream.calls.length, 8)
})
