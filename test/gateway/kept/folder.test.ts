import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { toFile } from 'openai'
import { startTestApp } from '../../support/harness.ts'
import { makeKey } from '../gate.ts'
import { MB, placeOf, refused, startKept, text } from './kept.ts'

/*
 * The folder in which the gate keeps files, and what others may do to it.
 */

test('what is not in the folder of this node is said to be out of reach, and not to be gone', async () => {
  const lines: string[] = []
  await using it = await startKept({ log: (line) => lines.push(line) })
  const { files } = it.a.client
  const [kept, lost] = [
    await files.create({ file: await text('kept'), purpose: 'user_data' }),
    await files.create({ file: await text('lost'), purpose: 'user_data' }),
  ]
  const place = placeOf(it.folder, lost.id)
  await rename(place, `${it.folder.path}-away`)
  for (const ask of [() => files.retrieve(lost.id), () => files.content(lost.id), () => files.list()])
    await assert.rejects(ask, { status: 503, code: 'service_unavailable' })
  assert.ok(lines.some((line) => line.includes(lost.id) && line.includes('another folder')))
  assert.equal(await (await files.content(kept.id)).text(), 'kept')
  await rename(`${it.folder.path}-away`, place)
  assert.equal(await (await files.content(lost.id)).text(), 'lost')
  // Who wants to be rid of it can be.
  await rm(place, { recursive: true })
  assert.equal((await files.delete(lost.id)).deleted, true)
  await assert.rejects(files.retrieve(lost.id), refused(lost.id))
  assert.deepEqual(
    (await files.list()).data.map(({ id }) => id),
    [kept.id],
  )
})

test('a link in the folder leads nowhere', async () => {
  await using it = await startKept()
  const { files } = it.a.client
  const secret = `${it.folder.path}-secret`
  await mkdir(secret)
  await writeFile(join(secret, 'content'), 'a secret')
  await writeFile(join(secret, 'object.json'), '{}')
  for (const name of ['content', 'object.json', '']) {
    const { id } = await files.create({ file: await text('12345678'), purpose: 'user_data' })
    const place = join(placeOf(it.folder, id), name)
    await rm(place, { recursive: true })
    await symlink(join(secret, name), place)
    await assert.rejects(async () => (await files.content(id)).text(), { status: 503 }, name)
  }
  await rm(secret, { recursive: true })
})

test('a content that has lost bytes is cut, and not ended', async () => {
  await using it = await startKept()
  const { id } = await it.a.client.files.create({ file: await toFile(Buffer.alloc(MB), 'x'), purpose: 'user_data' })
  await truncate(join(placeOf(it.folder, id), 'content'), MB / 2)
  await assert.rejects(async () => (await it.a.client.files.content(id)).arrayBuffer())
})

test('without a folder there are no files, and one that cannot be written to stops the start', async () => {
  await using app = await startTestApp({ env: { GATEHOUSE_UPSTREAM_URL: 'http://127.0.0.1:9/v1' } })
  const { key } = await makeKey(app)
  assert.equal((await app.send('GET', '/v1/files', { key })).body.error.code, 'not_offered')
  // A file stands where the folder should.
  const path = join(import.meta.dirname, 'kept.ts', 'files')
  await assert.rejects(startTestApp({ env: { GATEHOUSE_FILES: path } }), /GATEHOUSE_FILES: .*kept\.ts/)
})
