import assert from 'node:assert/strict'
import { lstat, mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { toFile } from 'openai'
import { startTestApp } from '../../support/harness.ts'
import { until } from '../../support/until.ts'
import { startAccount } from '../account/account.ts'
import { generated } from '../account/content.ts'
import { formOf, head, tail } from '../owned/forms.ts'
import { envOf } from '../owned/shared.ts'
import { everywhere, keptFolder, keptStore, MB, placeOf, refused, startKept, storeKinds, text } from './kept.ts'

/*
 * Files that the gate keeps itself, for model servers that keep none.
 */

const ids = (files: readonly { id: string }[]) => files.map(({ id }) => id)

for (const [database, kind] of everywhere) {
  test(`${database}, ${kind}: a file is made, read, listed and deleted by its project alone, and no model server hears of it`, async () => {
    await using store = await keptStore(kind)
    await using it = await startKept({ database, store })
    const { files } = it.a.client
    const made = []
    for (const name of ['1.txt', '2.txt', '3.txt'])
      made.push(await files.create({ file: await text(`in ${name}`, name), purpose: 'user_data' }))
    const batch = await files.create({ file: await text('{}', 'b.jsonl'), purpose: 'batch' })
    assert.equal(batch.expires_at, batch.created_at + 30 * 86_400)
    const [first] = made
    assert.ok(first)
    const { id, created_at, ...rest } = first
    assert.match(id, /^file-[0-9a-f]{32}$/)
    assert.ok(Math.abs(created_at - it.app.now()) < 60)
    const state = { status: 'processed', status_details: null, expires_at: null }
    assert.deepEqual(rest, { object: 'file', bytes: 8, filename: '1.txt', purpose: 'user_data', ...state })
    assert.deepEqual(await files.retrieve(id), first)
    const content = await files.content(id)
    assert.equal(content.headers.get('content-type'), 'application/octet-stream')
    assert.equal(content.headers.get('content-disposition'), 'attachment; filename="1.txt"')
    assert.equal(await content.text(), 'in 1.txt')
    const newest = ids([batch, ...made.toReversed()])
    for (const limit of [1, 2, 3, 4, 5]) assert.deepEqual(ids(await Array.fromAsync(files.list({ limit }))), newest)
    assert.deepEqual(ids((await files.list({ purpose: 'batch' })).data), [batch.id])
    const theirs = it.b.client.files
    for (const ask of [() => theirs.retrieve(id), () => theirs.content(id), () => theirs.delete(id)])
      await assert.rejects(ask, refused(id))
    assert.deepEqual((await theirs.list()).data, [])
    assert.deepEqual(await files.delete(id), { id, object: 'file', deleted: true })
    for (const ask of [() => files.retrieve(id), () => files.content(id), () => files.delete(id)])
      await assert.rejects(ask, refused(id))
    assert.deepEqual(ids((await files.list()).data), newest.slice(0, -1))
    assert.equal(it.upstream.calls.length, 0)
    assert.deepEqual(await store.drafts(), [])
    // What is deleted is not there any more, as bytes either.
    assert.deepEqual((await store.contents()).sort(), ids([batch, ...made.slice(1)]).sort())
  })
}

test('what is kept is for this user alone, and of what was deleted it is known that it was there', async () => {
  await using it = await startKept()
  const { files } = it.a.client
  const [kept, gone] = [
    await files.create({ file: await text('x'), purpose: 'user_data' }),
    await files.create({ file: await text('x'), purpose: 'user_data' }),
  ]
  await files.delete(gone.id)
  const { mode } = await lstat(it.folder.path)
  assert.equal(mode & 0o777, 0o700)
  const place = placeOf(it.folder, kept.id)
  for (const name of ['content', 'object.json']) assert.equal((await lstat(join(place, name))).mode & 0o777, 0o600)
  const { id } = gone
  assert.deepEqual((await it.folder.list(`files/${id.slice(-2)}/${id}`)).sort(), ['deleted', 'object.json'])
})

/** What is wrong with a form: nothing is made of it, and nothing left. */
const wrong: Record<string, { fields: Record<string, string>; param: string; code?: string; name?: string }> = {
  'no purpose': { fields: {}, param: 'purpose', code: 'missing_required_parameter' },
  'a purpose that callers do not have': { fields: { purpose: 'batch_output' }, param: 'purpose' },
  'a purpose that nobody has': { fields: { purpose: "x' or 1" }, param: 'purpose' },
  'a batch that is no JSONL': { fields: { purpose: 'batch' }, param: 'file' },
  'an expiry without an anchor': {
    ...{ fields: { purpose: 'user_data', 'expires_after[seconds]': '3600' }, param: 'expires_after[anchor]' },
  },
  'an expiry that is too soon': {
    fields: { purpose: 'user_data', 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': '3599' },
    param: 'expires_after[seconds]',
  },
  'an expiry that is no number': {
    fields: { purpose: 'user_data', 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': '1e9' },
    param: 'expires_after[seconds]',
  },
  'a field that the original does not have': {
    ...{ fields: { purpose: 'user_data', model: 'm1' }, param: 'model', code: 'unknown_parameter' },
  },
}
for (const [what, { fields, param, code = 'invalid_value' }] of Object.entries(wrong)) {
  test(`a file with ${what} is refused, and nothing is kept`, async () => {
    await using it = await startKept()
    const headers = { authorization: `Bearer ${it.a.key}` }
    const reply = await fetch(`${it.app.url}/v1/files`, { method: 'POST', headers, body: formOf(fields) })
    const { error } = (await reply.json()) as { error: { param: string; code: string } }
    assert.deepEqual([reply.status, error.param, error.code], [400, param, code])
    assert.deepEqual([await it.folder.list('files'), await it.folder.list('drafts')], [[], []])
    assert.equal((await it.a.client.files.list()).data.length, 0)
  })
}

test('what a file is called is never a path', async () => {
  await using it = await startKept()
  const { files } = it.a.client
  const names = [
    '../../../../tmp/x',
    '..',
    '.',
    '/etc/passwd',
    'C:\\x\\y',
    'a"b.txt',
    'line\nbreak',
    'ü 漢字 😀.txt',
    '%00',
    '-',
    'x'.repeat(255),
  ]
  for (const name of names) {
    const file = await files.create({ file: await toFile(Buffer.from(name), name), purpose: 'user_data' })
    const reply = await files.content(file.id)
    assert.equal(await reply.text(), name)
    const disposition = reply.headers.get('content-disposition') ?? ''
    assert.match(disposition, /^attachment; filename="[\x20-\x7e]*"(; filename\*=UTF-8''[\w!#$&+.^`|~%-]*)?$/)
    assert.deepEqual(
      (await it.folder.list('files')).filter((path) => path.endsWith('content')).length,
      names.indexOf(name) + 1,
    )
  }
  const kept = await it.folder.list('files')
  assert.ok(
    kept.every((path) => /^[0-9a-f]{2}(\/file-[0-9a-f]{32}(\/(content|object\.json))?)?$/.test(path)),
    String(kept),
  )
})

test('a file is its project’s until it expires', async () => {
  await using it = await startKept()
  const { files } = it.a.client
  const expires_after = { anchor: 'created_at', seconds: 3600 } as const
  const file = await files.create({ file: await text('x'), purpose: 'user_data', expires_after })
  assert.equal(file.expires_at, file.created_at + 3600)
  it.app.advance(3601)
  await assert.rejects(files.retrieve(file.id), refused(file.id))
  assert.deepEqual((await files.list()).data, [])
})

for (const kind of storeKinds) {
  test(`${kind}: a large file goes up and comes down as it is`, async () => {
    await using store = await keptStore(kind)
    await using it = await startKept({ store })
    const bytes = 40 * MB
    const headers = { authorization: `Bearer ${it.a.key}`, 'content-type': 'multipart/form-data; boundary=b' }
    function* form() {
      yield Buffer.from(head)
      yield* generated(bytes, 7)
      yield Buffer.from(tail)
    }
    const reply = await fetch(`${it.app.url}/v1/files`, {
      method: 'POST',
      headers,
      body: ReadableStream.from(form()),
      duplex: 'half',
    })
    const file = (await reply.json()) as { id: string; bytes: number }
    assert.deepEqual([reply.status, file.bytes], [200, bytes])
    const sent = generated(bytes, 7)
    let rest = Buffer.alloc(0)
    let same = 0
    for await (const chunk of (await fetch(`${it.app.url}/v1/files/${file.id}/content`, { headers })).body ?? []) {
      while (rest.length < chunk.length) rest = Buffer.concat([rest, sent.next().value ?? Buffer.from('the end')])
      assert.ok(rest.subarray(0, chunk.length).equals(chunk), `from ${same} on`)
      same += chunk.length
      rest = rest.subarray(chunk.length)
    }
    assert.equal(same, bytes)
  })
}

test('who leaves in the middle of a file has made none, and nothing is left of it', async () => {
  await using it = await startKept()
  const headers = { authorization: `Bearer ${it.a.key}`, 'content-type': 'multipart/form-data; boundary=b' }
  const leaving = new AbortController()
  async function* form() {
    yield Buffer.from(head)
    yield Buffer.alloc(MB)
    await until(async () => (await it.folder.list('drafts')).length > 0, 'it is being written')
    leaving.abort()
  }
  const body = ReadableStream.from(form())
  const call = fetch(`${it.app.url}/v1/files`, {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
    signal: leaving.signal,
  })
  await assert.rejects(call)
  await until(async () => (await it.folder.list('drafts')).length === 0, 'nothing is left')
  assert.deepEqual((await it.a.client.files.list()).data, [])
})

test('what is left of a server that was killed, of files that have expired and of those that were deleted is swept away', async () => {
  await using folder = await keptFolder()
  const old = new Date(Date.now() - 2 * 3_600_000)
  const age = async (path: string) => {
    for (const one of [
      path,
      ...(await folder.list(path.slice(folder.path.length + 1))).map((name) => join(path, name)),
    ])
      await utimes(one, old, old)
  }
  const places: Record<string, string> = {}
  let alive = ''
  {
    await using it = await startKept({ folder: folder.path })
    const make = async (expires?: number) => {
      const asked = expires === undefined ? {} : { expires_after: { anchor: 'created_at' as const, seconds: expires } }
      return (await it.a.client.files.create({ file: await text('x'), purpose: 'user_data', ...asked })).id
    }
    const [deleted, expired] = [await make(), await make(3600)]
    alive = placeOf(folder, await make())
    await it.a.client.files.delete(deleted)
    Object.assign(places, { deleted: placeOf(folder, deleted), expired: placeOf(folder, expired) })
  }
  for (const name of ['left', 'fresh']) {
    places[name] = join(folder.path, 'drafts', name)
    await mkdir(places[name] ?? '')
    await writeFile(join(places[name] ?? '', 'content'), 'x')
  }
  await writeFile(join(folder.path, 'files', 'of somebody'), 'x')
  for (const name of ['left', 'deleted']) await age(places[name] ?? '')
  const object = JSON.parse(await readFile(join(places.expired ?? '', 'object.json'), 'utf8'))
  await writeFile(join(places.expired ?? '', 'object.json'), JSON.stringify({ ...object, expires_at: 1 }))
  await using _ = await startTestApp({ env: { GATEHOUSE_FILES: folder.path } })
  const isThere = async (path = '') => (await lstat(path).catch(() => null)) !== null
  await until(async () => !(await isThere(places.deleted)) && !(await isThere(places.left)), 'what is left is gone')
  await until(async () => !(await isThere(join(places.expired ?? '', 'content'))), 'what has expired is gone')
  for (const place of [places.fresh ?? '', alive, join(folder.path, 'files', 'of somebody')])
    assert.ok(await isThere(place), place)
})

for (const kind of storeKinds) {
  test(`${kind}: two servers that share it have the same files`, async () => {
    await using store = await keptStore(kind)
    await using it = await startKept({ database: 'postgres', store })
    await using next = await startTestApp({
      ...{
        databaseUrl: it.app.databaseUrl,
        env: { ...store.env, GATEHOUSE_UPSTREAM_URL: it.upstream.origin },
      },
    })
    const there = next.client(it.a.key)
    const { id } = await it.a.client.files.create({ file: await text('here'), purpose: 'user_data' })
    assert.equal(await (await there.files.content(id)).text(), 'here')
    assert.deepEqual(ids((await there.files.list()).data), [id])
    await there.files.delete(id)
    await assert.rejects(it.a.client.files.content(id), refused(id))
  })
}

test('where a model server keeps files new ones are its, and those that the gate has kept stay where they are', async () => {
  await using folder = await keptFolder()
  await using account = await startAccount()
  await using it = await startKept({ folder: folder.path })
  const before = (await it.a.client.files.create({ file: await text('before'), purpose: 'user_data' })).id
  await using next = await startTestApp({
    ...{ databaseUrl: it.app.databaseUrl, env: { ...envOf(account), GATEHOUSE_FILES: folder.path } },
  })
  const { files } = next.client(it.a.key)
  const after = (await files.create({ file: await text('after'), purpose: 'user_data' })).id
  assert.equal(account.files.has(after), true)
  assert.deepEqual(ids((await files.list()).data), [after, before])
  for (const [id, content] of [
    [after, 'after'],
    [before, 'before'],
  ] as const)
    assert.equal(await (await files.content(id)).text(), content)
  await files.delete(before)
  assert.deepEqual(ids((await files.list()).data), [after])
})

test('a file that the gate keeps is none that a model server could read: whoever names it to one is told so', async () => {
  await using it = await startKept()
  const { id } = await it.a.client.files.create({ file: await text('x'), purpose: 'user_data' })
  const body = { model: 'm1', messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: id } }] }] }
  const reply = await it.app.send('POST', '/v1/chat/completions', { key: it.a.key, body })
  assert.equal(reply.status, 404, reply.text)
  assert.equal(it.upstream.calls.length, 0)
})
