import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, makeKey, openCall, question, replyTo } from '../gateway/gate.ts'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { startSlowLine } from '../support/slow-line.ts'

const CALLS = 40

test('a key that one thread knows is served by all of them while the database is away; one that nobody knows is a 503, and so is one of which a change was heard', async () => {
  await using database = await openTestDatabase('postgres')
  await using line = await startSlowLine(database.url)
  // Of a database that tells of no changes itself nothing is heard late, which would end what is known.
  const more = { serve_known_keys_seconds: 60, database: { distributed: true } }
  await using file = await modelsFile(['echo'], more)
  const env = { GATEHOUSE_CONFIG: file.path, GATEHOUSE_WORKERS: '2' }
  await using app = await startTestApp({ databaseUrl: line.over(database.url), env })
  const [known, ended, cold] = [await makeKey(app), await makeKey(app), await makeKey(app)]
  /** On a connection of its own, so that the system chooses its thread. */
  const status = async ({ key }: { key: string }) => {
    const call = openCall({ app, key }, CHAT)
    call.end(JSON.stringify({ ...question, model: 'echo' }))
    const { response, ended } = await replyTo(call)
    await ended
    return response.statusCode
  }
  const statuses = async (key: { key: string }) =>
    new Set(await Promise.all(Array.from({ length: CALLS }, () => status(key))))
  assert.deepEqual([await status(ended), await status(known)], [200, 200])
  await app.admin().organization.projects.apiKeys.delete(ended.keyId, { project_id: ended.projectId })
  assert.equal(await status(known), 200)

  await line.become({ kind: 'refuse' })
  assert.deepEqual(await statuses(known), new Set([200]))
  assert.deepEqual([await statuses(ended), await statuses(cold)], [new Set([503]), new Set([503])])
})
