import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { openDb } from '../../../src/db/open.ts'
import { serve, until } from '../../process/gatehouse.ts'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { ADMIN_KEY } from '../../support/harness.ts'
import { startAccount } from '../account/account.ts'
import { projectAt } from '../owned/forms.ts'
import { envOf } from '../owned/shared.ts'
import { CHAT, chat, jsonl, upload } from './stage.ts'

/*
 * A server is killed at each step of a batch's life, and another goes on: the batch is made once, and its results are there.
 */

type Step = { what: string; at: string; moment: 'begin' | 'answer'; isDone: boolean }
const early = { isDone: false } as const
const late = { isDone: true } as const
const CONTENT = 'GET /v1/files/*/content'
const steps: Step[] = [
  { what: 'its file is read', at: CONTENT, moment: 'begin', ...early },
  { what: 'its copy is uploaded', at: 'POST /v1/files', moment: 'begin', ...early },
  { what: 'its copy is there, and nobody has heard of it', at: 'POST /v1/files', moment: 'answer', ...early },
  { what: 'its upstream is asked to make it', at: 'POST /v1/batches', moment: 'begin', ...early },
  { what: 'it is made, and nobody has heard of it', at: 'POST /v1/batches', moment: 'answer', ...early },
  { what: 'its upstream is asked how it stands', at: 'GET /v1/batches/*', moment: 'answer', ...late },
  { what: 'its results are read', at: CONTENT, moment: 'begin', ...late },
  { what: 'its copy is deleted', at: 'DELETE /v1/files/*', moment: 'begin', ...late },
  { what: 'its copy is deleted, and nobody has heard of it', at: 'DELETE /v1/files/*', moment: 'answer', ...late },
]

/** Lets the time pass after which another takes over, and asks. */
async function pass(url: string): Promise<void> {
  const db = await openDb(url, { connections: 1 })
  await db.updateTable('lease').set({ until_ms: 0 }).execute()
  const due = db.updateTable('batch').set({ due_at: 0 }).where('due_at', 'is not', null)
  await due.where('organization_id', '!=', '').execute()
  await db.destroy()
}

for (const database of databases) {
  test(`${database}: wherever a server is killed, a batch is made once, and its results are its project's`, async () => {
    await using own = await openTestDatabase(database)
    await using account = await startAccount()
    const started = { env: { ...envOf(account), GATEHOUSE_DATABASE_URL: own.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY } }
    let server = await serve(started)
    await using _ = { [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
    const { key: apiKey } = await projectAt(server.url, ADMIN_KEY)
    const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 })
    for (const [i, { what, at, moment, isDone }] of steps.entries()) {
      const input_file_id = await upload(client(), jsonl([chat('a'), chat('b')]))
      const make = () => client().batches.create({ input_file_id, endpoint: CHAT, completion_window: '24h' })
      const isMade = () => until(() => account.batches.size === i + 1, `${what}: the batch to be made`)
      const end = () => account.move(account.batches.values().at(-1)?.id ?? '', 'completed')
      let id = ''
      if (isDone) {
        id = (await make()).id
        await isMade()
        end()
      }
      using hold = account.hold(at, moment)
      if (!isDone) id = (await make()).id
      const hasCome = async () => {
        // Again and again: the server may not have noted yet what it has just done.
        if (isDone && hold.reached === 0) await pass(own.url)
        return hold.reached > 0
      }
      await until(hasCome, `${what}: the moment to come`)
      server.signal('SIGKILL')
      await server.ended
      hold.release()
      await pass(own.url)
      server = await serve(started)
      await isMade()
      if (!isDone) end()
      let now = await client().batches.retrieve(id)
      const isOver = async () => {
        now = await client().batches.retrieve(id)
        if (now.status !== 'completed') await pass(own.url)
        return now.status === 'completed'
      }
      await until(isOver, `${what}: the batch to be completed, and not ${now.status}`)
      assert.deepEqual(now.request_counts, { total: 2, completed: 2, failed: 0 }, what)
      const output = await (await client().files.content(now.output_file_id ?? '')).text()
      assert.equal(output.trim().split('\n').length, 2, what)
      await until(() => account.files.size === 2 * (i + 1), `${what}: its input and its output alone to be left`)
    }
    assert.equal(account.batches.size, steps.length)
  })
}
