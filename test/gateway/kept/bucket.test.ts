import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatehouse } from '../../process/gatehouse.ts'
import { type Asked, BUCKET, type Fault, KEY_ID, SECRET, startBucket } from '../../support/bucket/bucket.ts'
import { openTestDatabase } from '../../support/databases.ts'
import { startTestApp } from '../../support/harness.ts'
import { until } from '../../support/until.ts'
import { formOf } from '../owned/forms.ts'
import { bucketStore, MB, startKept, text } from './kept.ts'
import { answerChat, askedOf, chat, create, ids, jsonl, linesOf, names, reach, startRunning } from './running.ts'

/*
 * A bucket in which the gate keeps things, where its server is slow, fails, is away, or is not what it has to be.
 */

const away = { status: 503, code: 'service_unavailable' }
const outcome = { SlowDown: 503, InternalError: 500, AccessDenied: 403 } as const
const failing = (code: keyof typeof outcome): Fault => ({ status: outcome[code], code })
const isOf =
  (...operations: string[]) =>
  ({ name }: Asked) =>
    operations.includes(name)

async function startInBucket(options: Parameters<typeof startBucket>[0] = {}) {
  await using stack = new AsyncDisposableStack()
  const bucket = stack.use(await startBucket(options))
  const log: string[] = []
  const it = stack.use(await startRunning({ store: bucketStore(bucket), log: (line) => log.push(line) }))
  const rest = stack.move()
  const keep = async (content: string | Buffer) =>
    (await it.a.client.files.create({ file: await text(content), purpose: 'user_data' })).id
  return { ...it, bucket, log, keep, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** Fails each call of these operations once. */
function failOnce(bucket: Awaited<ReturnType<typeof startBucket>>, fault: Fault, ...operations: string[]): Set<string> {
  const failed = new Set<string>()
  bucket.fail((asked) => {
    const call = `${asked.name} ${asked.key} ${asked.query.get('partNumber')}`
    if (!operations.includes(asked.name) || failed.has(call)) return undefined
    failed.add(call)
    return fault
  })
  return failed
}

for (const [what, fault] of [
  ['is told to slow down', failing('SlowDown')],
  ['fails', failing('InternalError')],
  ['does what it is asked, and the answer is lost', 'unheard'],
] as const) {
  test(`a server that ${what}, once at each call, is asked again, and nobody hears of it`, async () => {
    await using it = await startInBucket()
    const operations = ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'GetObject']
    const failed = failOnce(it.bucket, fault, ...operations)
    const large = Buffer.alloc(20 * MB, 'large')
    const [one, other] = [await it.keep('small'), await it.keep(large)]
    const { files } = it.a.client
    assert.equal(await (await files.content(one)).text(), 'small')
    assert.ok(Buffer.from(await (await files.content(other)).arrayBuffer()).equals(large))
    for (const operation of operations)
      assert.ok(
        [...failed].some((call) => call.startsWith(operation)),
        operation,
      )
    assert.deepEqual(
      (await files.list()).data.map(({ id }) => id),
      [other, one],
    )
    await files.delete(one)
    assert.deepEqual(it.bucket.objects.keys('gate/files/').length, 2)
  })
}

test('a content that breaks off on its way is read on, and what goes on breaking off is cut and not ended', async () => {
  await using it = await startInBucket()
  const content = Buffer.alloc(3 * MB, 'content')
  const id = await it.keep(content)
  const get = async () => Buffer.from(await (await it.a.client.files.content(id)).arrayBuffer())
  let gets = 0
  it.bucket.fail((asked) => (isOf('GetObject')(asked) && gets++ % 2 === 0 ? 'cut' : undefined))
  assert.ok((await get()).equals(content))
  gets = 0
  // The description, and the first piece.
  it.bucket.fail((asked) => (isOf('GetObject')(asked) && gets++ > 1 ? 'cut' : undefined))
  await assert.rejects(get)
})

test('what many pages of lists show is all there is', async () => {
  await using it = await startInBucket({ page: 2 })
  const { client } = it.a
  const all = names(20)
  const made = []
  for (let i = 0; i < 3; i++) made.push(await create(client, jsonl(all.map((name) => chat(name)))))
  for (const { id } of made) {
    const done = await reach(client, id, 'completed')
    assert.deepEqual(ids(await linesOf(client, done.output_file_id)), all)
  }
})

test('while the bucket is away clients are told so, and other calls go on; batches go on when it is back, and no line is done twice', async () => {
  await using it = await startInBucket()
  const { client } = it.a
  const kept = await it.keep('kept')
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  it.upstream.answer(async (call) => {
    if ((await askedOf(call)).id !== 'live') await held
    await answerChat(call)
  })
  const all = names(12)
  const { id } = await create(client, jsonl(all.map((name) => chat(name))))
  await until(() => it.upstream.calls.length === 8, 'as many lines as may are begun')
  await it.bucket.leave()
  letGo()
  await until(() => it.log.some((line) => line.includes('they are held and tried again')), 'their answers are there')
  await assert.rejects(it.keep('new'), away)
  for (const ask of [() => client.files.retrieve(kept), () => client.files.content(kept)])
    await assert.rejects(ask, away)
  const messages = [{ role: 'user' as const, content: 'live' }]
  assert.equal((await client.chat.completions.create({ model: 'm1', messages })).choices[0]?.message.content, 'to live')
  await it.bucket.comeBack()
  // Whoever asked how it stands while the bucket was away asks again a minute later.
  let looks = 0
  await until(
    async () => {
      if (++looks % 50 === 0) it.app.advance(61)
      return (await client.batches.retrieve(id)).status === 'completed'
    },
    'it is done',
    60_000,
  )
  const { output_file_id } = await client.batches.retrieve(id)
  assert.deepEqual(ids(await linesOf(client, output_file_id)), all)
  const asked = (await Promise.all(it.upstream.calls.map(askedOf))).map((one) => one.id)
  assert.deepEqual(asked.filter((one) => one !== 'live').sort(), all)
  assert.equal(await (await client.files.content(kept)).text(), 'kept')
})

for (const [what, fault, told] of [
  ['is full', { status: 507, code: 'XMinioStorageFull' }, { status: 507, code: 'insufficient_storage' }],
  [
    'has a quota that is used up',
    { status: 403, code: 'QuotaExceeded' },
    { status: 507, code: 'insufficient_storage' },
  ],
  ['may not be written to', { status: 403, code: 'AccessDenied' }, away],
] as const) {
  test(`of a bucket that ${what} that is said, nothing is kept, and what is there is served`, async () => {
    await using it = await startInBucket()
    const kept = await it.keep('kept')
    const isWritten = isOf('PutObject', 'CreateMultipartUpload', 'UploadPart')
    it.bucket.fail((asked) => (isWritten(asked) ? fault : undefined))
    for (const content of ['new', Buffer.alloc(9 * MB)]) await assert.rejects(it.keep(content), told)
    assert.equal(await (await it.a.client.files.content(kept)).text(), 'kept')
    assert.deepEqual(it.bucket.objects.keys('gate/files/'), [`gate/files/${kept}`])
    it.bucket.heal()
    assert.equal(await (await it.a.client.files.content(await it.keep('again'))).text(), 'again')
  })
}

test('what was begun in parts and not ended is taken away after a day, and what is deleted an hour later', async () => {
  await using bucket = await startBucket()
  const { objects } = bucket
  const [fresh, old] = [objects.begin('gate/files/fresh'), objects.begin('gate/files/old')]
  const upload = objects.uploads.get(old)
  if (upload) upload.at = Date.now() - 25 * 3_600_000
  let [deleted, gone, alive] = ['', '', '']
  {
    await using it = await startKept({ store: bucketStore(bucket) })
    const make = async () => (await it.a.client.files.create({ file: await text('x'), purpose: 'user_data' })).id
    ;[deleted, gone, alive] = [await make(), await make(), await make()]
    for (const id of [deleted, gone]) await it.a.client.files.delete(id)
  }
  objects.age(`gate/files/${gone}`, Date.now() - 2 * 3_600_000)
  await objects.put('gate/files/of somebody', 'x')
  objects.uploads.set(old, upload ?? { key: '', at: 0, parts: new Map() })
  await using _ = await startTestApp({ env: bucketStore(bucket).env })
  await until(() => !objects.all.has(`gate/files/${gone}`) && !objects.uploads.has(old), 'what is left is gone')
  assert.deepEqual(
    objects.keys('gate/files/'),
    [`gate/files/${deleted}`, `gate/files/${alive}`, 'gate/files/of somebody'].sort(),
  )
  assert.ok(objects.uploads.has(fresh))
})

test('an object that is not of ours, in the place of one, is out of reach and not served', async () => {
  await using it = await startInBucket()
  for (const content of ['{"by":"x"', 'no line', '\n']) {
    const id = await it.keep('mine')
    await it.bucket.objects.put(`gate/files/${id}`, content)
    await assert.rejects(it.a.client.files.content(id), away, content)
  }
  const id = await it.keep('mine')
  it.bucket.objects.remove(`gate/files/${id}`)
  await assert.rejects(it.a.client.files.content(id), away)
  assert.equal((await it.a.client.files.delete(id)).deleted, true)
})

/** Starts that fail: what is said of each. */
const wrong: Record<
  string,
  { place?: string; env?: object; fault?: (asked: Asked) => Fault | undefined; said: RegExp }
> = {
  'a key that nobody knows': {
    env: { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN' },
    said: /ListObjectsV2 .*403 InvalidAccessKeyId/,
  },
  'another secret': {
    fault: () => ({
      status: 403,
      code: 'SignatureDoesNotMatch',
      more: `<StringToSign>signed ${KEY_ID}</StringToSign>`,
    }),
    said: /403 SignatureDoesNotMatch/,
  },
  'a bucket that is not there': { place: 's3://nowhere', said: /s3:\/\/nowhere\/ .*404 NoSuchBucket/ },
  'no server': { env: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' }, said: /ECONNREFUSED/ },
  'no region': { env: { AWS_REGION: '' }, said: /Region/ },
  ...Object.fromEntries(
    ['ListObjectsV2', 'PutObject', 'CreateMultipartUpload', 'UploadPart', 'GetObject', 'DeleteObject'].map((name) => [
      `${name} forbidden`,
      {
        fault: (asked: Asked) => (asked.name === name ? failing('AccessDenied') : undefined),
        said: new RegExp(`${name} .*403 AccessDenied`),
      },
    ]),
  ),
}
for (const [what, { place, env = {}, fault, said }] of Object.entries(wrong)) {
  test(`a start with ${what} fails, and says why without a secret`, async () => {
    await using bucket = await startBucket()
    const store = bucketStore(bucket)
    if (fault) bucket.fail(fault)
    Object.assign(process.env, env)
    const given = { ...store.env, ...env, ...(place && { GATEHOUSE_FILES: place }) }
    await assert.rejects(startTestApp({ env: given }), ({ message, cause }: Error) => {
      assert.match(message, /GATEHOUSE_FILES: s3:\/\//)
      assert.match(message, said)
      for (const one of [message, JSON.stringify(cause), String((cause as Error).stack)])
        assert.ok(!one.includes(SECRET) && !one.includes(`signed ${KEY_ID}`), one)
      return true
    })
    assert.deepEqual(
      bucket.objects.keys('gate/checks/').filter(() => what !== 'DeleteObject forbidden'),
      [],
    )
  })
}

test('a server that does not heed conditions is not used: two nodes could write over each other’s files', async () => {
  await using bucket = await startBucket({ isHeedless: true })
  await assert.rejects(startTestApp({ env: bucketStore(bucket).env }), /does not heed If-None-Match/)
  assert.deepEqual(bucket.objects.keys(), [])
})

test('where its client is not installed a start says what to install', async () => {
  await using bucket = await startBucket()
  // Node finds no package of this name.
  const hook = `import { registerHooks } from 'node:module'
registerHooks({ resolve: (name, context, next) => next(name === '@aws-sdk/client-s3' ? 'not-installed' : name, context) })`
  const without = `--import=data:text/javascript,${encodeURIComponent(hook)}`
  const env = { ...bucketStore(bucket).env, NODE_OPTIONS: without, GATEHOUSE_PORT: '0' }
  await using own = await openTestDatabase('sqlite')
  const { code, stderr } = await gatehouse(['serve'], { env: { ...env, GATEHOUSE_DATABASE_URL: own.url } })
  assert.notEqual(code, 0)
  assert.match(stderr, /GATEHOUSE_FILES: s3:\/\/kept\/gate\/ .*npm install --no-save @aws-sdk\/client-s3@3/)
})

test('no secret is in the log, whatever goes wrong', async () => {
  await using it = await startInBucket()
  it.bucket.fail(() => ({
    status: 403,
    code: 'SignatureDoesNotMatch',
    more: `<StringToSign>signed ${KEY_ID}</StringToSign>`,
  }))
  await assert.rejects(it.keep('x'), away)
  const headers = { authorization: `Bearer ${it.a.key}` }
  const reply = await fetch(`${it.app.url}/v1/files`, { method: 'POST', headers, body: formOf() })
  const told = await reply.text()
  assert.ok(it.log.some((line) => line.includes('SignatureDoesNotMatch')))
  for (const line of [...it.log, told])
    assert.ok(![SECRET, KEY_ID, 'StringToSign'].some((one) => line.includes(one)), line)
  for (const word of [BUCKET, 'SignatureDoesNotMatch', '127.0.0.1']) assert.ok(!told.includes(word), told)
})
