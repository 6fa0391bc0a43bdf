import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../support/until.ts'
import { makeKey } from '../gate.ts'
import { MB } from './kept.ts'
import { answerChat, askedOf, chat, create, ids, jsonl, linesOf, names, reach, startRunning } from './running.ts'

/*
 * Who is next where many batches wait, and what they hold meanwhile.
 */

const linesOf2 = (model: string, count = 2) => jsonl(names(count).map((name) => chat(name, { model })))

test('batches that wait for room in their limits hold up nobody else, however many they are', async () => {
  await using it = await startRunning({
    model: { organization_limits: { max_requests_per_1_minute: 1 } },
    models: { m2: { batches: 'gatehouse' } },
  })
  const made: { client: typeof it.a.client; id: string }[] = []
  for (let project = 0; project < 8; project++) {
    const client = it.app.client((await makeKey(it.app)).key)
    for (let i = 0; i < 4; i++) made.push({ client, id: (await create(client, linesOf2('m1'))).id })
  }
  await Promise.all(made.map(({ client, id }) => reach(client, id, 'in_progress')))
  await until(() => it.upstream.calls.length >= 1, 'the first has its turn')
  const { id } = await create(it.b.client, linesOf2('m2'))
  const done = await reach(it.b.client, id, 'completed')
  assert.equal(done.request_counts?.completed, 2)
  const waiting = await Promise.all(made.map(({ client, id }) => client.batches.retrieve(id)))
  assert.ok(waiting.every(({ status }) => status === 'in_progress'))
})

test('model servers that say nothing hold up nobody who asks another', async () => {
  const models = { m2: { batches: 'gatehouse' }, m3: { batches: 'gatehouse' } }
  await using it = await startRunning({ models })
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  it.upstream.answer(async (call) => {
    if ((await askedOf(call)).model !== 'm3') await held
    await answerChat(call)
  })
  const silent = [await create(it.a.client, linesOf2('m1', 10)), await create(it.a.client, linesOf2('m2', 10))]
  await until(() => it.upstream.calls.length === 16, 'as many as may are on their way')
  const { id } = await create(it.b.client, linesOf2('m3'))
  await reach(it.b.client, id, 'completed')
  letGo()
  for (const { id } of silent) await reach(it.a.client, id, 'completed')
})

test('a model server that is away is asked by one line, and not by all; when it is there all are done', async () => {
  await using it = await startRunning()
  let [isAway, refused] = [true, 0]
  it.upstream.answer(async (call) => {
    await call.whole
    if (!isAway) return answerChat(call)
    refused++
    call.response.writeHead(429)
    call.response.end('{}')
  })
  const all = names(30)
  const batches = [0, 1, 2].map(() => create(it.a.client, jsonl(all.map((name) => chat(name)))))
  // Eight at first, and then one each time: the fourth time is three and a half seconds behind.
  await until(() => refused >= 11, 'it is tried again')
  assert.ok(refused <= 13, `${refused}`)
  isAway = false
  for (const { id } of await Promise.all(batches)) {
    const done = await reach(it.a.client, id, 'completed')
    assert.deepEqual(ids(await linesOf(it.a.client, done.output_file_id)), all)
  }
})

test('no more lines are held than there is memory for, however long they are', async () => {
  // A quarter of it is for lines, each of which is held twice.
  await using it = await startRunning({ more: { body_budget_mb: 64 } })
  let [now, most] = [0, 0]
  it.upstream.answer(async (call) => {
    most = Math.max(most, ++now)
    await askedOf(call)
    await answerChat(call)
    now--
  })
  const text = 'x'.repeat(5 * MB)
  const all = names(6)
  const lines = all.map((name) => chat(name, { messages: [{ role: 'user', content: `${text} ${name}` }] }))
  const { id } = await create(it.a.client, jsonl(lines))
  const done = await reach(it.a.client, id, 'completed')
  assert.deepEqual(ids(await linesOf(it.a.client, done.output_file_id)), all)
  assert.equal(most, 1)
})

test('what stands in the folder beside the batches that are open is not looked at', async () => {
  await using it = await startRunning()
  const strange = join(it.folder.path, 'batches', 'ff', `batch_${'0'.repeat(30)}ff`)
  await mkdir(strange, { recursive: true })
  await writeFile(join(strange, 'object.json'), 'no object')
  const { id } = await create(it.a.client, linesOf2('m1'))
  await reach(it.a.client, id, 'completed')
})
