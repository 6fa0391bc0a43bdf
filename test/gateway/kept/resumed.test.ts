import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { serve } from '../../process/gatehouse.ts'
import { openTestDatabase } from '../../support/databases.ts'
import { ADMIN_KEY, startTestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { until } from '../../support/until.ts'
import { makeKey } from '../gate.ts'
import { projectAt } from '../owned/forms.ts'
import { startUpstream } from '../upstream.ts'
import { everywhere, keptStore, storeKinds } from './kept.ts'
import { answerChat, askedOf, chat, create, ids, jsonl, linesOf, names, reach, usedIn } from './running.ts'

/*
 * Batches that the gate runs, where whoever runs them is stopped or killed in the middle.
 */

/** A model server that holds lines back beyond a number of them, until it is let go. */
async function startHolding(most: number) {
  const upstream = await startUpstream()
  const answered: string[] = []
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  let left = most
  upstream.answer(async (call) => {
    const { id } = await askedOf(call)
    if (left-- <= 0) await held
    if (call.response.destroyed) return
    await answerChat(call)
    answered.push(id)
  })
  return {
    upstream,
    answered,
    letGo: () => letGo(),
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  }
}

/** How often each line was sent. */
async function sentOf({ upstream }: Awaited<ReturnType<typeof startHolding>>): Promise<Map<string, number>> {
  const sent = new Map<string, number>()
  for (const call of upstream.calls) {
    const { id } = await askedOf(call)
    sent.set(id, (sent.get(id) ?? 0) + 1)
  }
  return sent
}

const all = names(30)
const DONE = 10

for (const [database, kind] of everywhere) {
  test(`${database}, ${kind}: a batch whose server is killed is gone on with, and no line is done twice that was done`, async () => {
    await using own = await openTestDatabase(database)
    await using store = await keptStore(kind)
    await using model = await startHolding(DONE)
    await using file = await modelsFile({ m1: { batches: 'gatehouse' } })
    const env = {
      ...{ GATEHOUSE_DATABASE_URL: own.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY, ...store.env },
      ...{ GATEHOUSE_UPSTREAM_URL: `${model.upstream.origin}/v1`, GATEHOUSE_CONFIG: file.path, GATEHOUSE_WORKERS: '2' },
    }
    let [key, id] = ['', '']
    const clientAt = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
    const done: string[] = []
    {
      await using server = await serve({ env })
      key = (await projectAt(server.url, ADMIN_KEY)).key
      const client = clientAt(server.url)
      id = (await create(client, jsonl(all.map((name) => chat(name))))).id
      await until(() => model.upstream.calls.length >= DONE + 8, 'some are done, and others on their way')
      await until(
        async () => ((await client.batches.retrieve(id)).request_counts?.completed ?? 0) >= DONE,
        'what is done is told',
      )
      server.signal('SIGKILL')
      await server.ended
      done.push(...model.answered)
    }
    model.letGo()
    await using server = await serve({ env })
    const client = clientAt(server.url)
    // Whoever was killed has its lease for half a minute.
    await until(async () => (await client.batches.retrieve(id)).status === 'completed', 'it is done', 90_000)
    const { request_counts, output_file_id, error_file_id } = await client.batches.retrieve(id)
    assert.deepEqual([request_counts, error_file_id], [{ total: 30, completed: 30, failed: 0 }, null])
    assert.deepEqual(ids(await linesOf(client, output_file_id)), all)
    const admin = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: '', adminAPIKey: ADMIN_KEY }).admin
    assert.deepEqual(await usedIn(admin), [30, 300, 150])
    const sent = await sentOf(model)
    for (const name of done) assert.equal(sent.get(name), 1, name)
    assert.ok([...sent.values()].every((times) => times <= 2))
  })
}

for (const kind of storeKinds) {
  test(`${kind}: of two servers one runs a batch, and the other goes on with it where that one stops`, async () => {
    await using store = await keptStore(kind)
    await using own = await openTestDatabase('postgres')
    await using model = await startHolding(DONE)
    await using file = await modelsFile({ m1: { batches: 'gatehouse' } })
    const env = {
      ...{ ...store.env, GATEHOUSE_UPSTREAM_URL: `${model.upstream.origin}/v1` },
      GATEHOUSE_CONFIG: file.path,
    }
    const first = await startTestApp({ databaseUrl: own.url, env })
    await using stack = new AsyncDisposableStack()
    const stopFirst = stack.adopt(first, (app) => app[Symbol.asyncDispose]())
    await using second = await startTestApp({ databaseUrl: own.url, env })
    const { key } = await makeKey(stopFirst)
    const client = second.client(key)
    const { id } = await create(client, jsonl(all.map((name) => chat(name))))
    await until(() => model.upstream.calls.length >= DONE + 8, 'some are done, and others on their way')
    const done = [...model.answered]
    await stack.disposeAsync()
    model.letGo()
    await until(async () => (await client.batches.retrieve(id)).status === 'completed', 'it is done', 90_000)
    const { output_file_id } = await reach(client, id, 'completed')
    assert.deepEqual(ids(await linesOf(client, output_file_id)), all)
    const sent = await sentOf(model)
    for (const name of done) assert.equal(sent.get(name), 1, name)
  })
}
