import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, makeKey } from '../gateway/gate.ts'
import { until } from '../process/gatehouse.ts'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { startSlowLine } from '../support/slow-line.ts'

const chat = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }

for (const workers of [1, 2]) {
  test(`with ${workers} threads, an outage in which a network forgets all connections leaves none in a pool that hangs`, async () => {
    await using database = await openTestDatabase('postgres')
    await using line = await startSlowLine(database.url)
    await using file = await modelsFile(['echo'], { database: { statement_timeout_ms: 20_000 } })
    await using app = await startTestApp({
      databaseUrl: line.over(database.url),
      env: { GATEHOUSE_CONFIG: file.path, GATEHOUSE_WORKERS: String(workers) },
    })
    const keys = await Promise.all(Array.from({ length: 24 }, () => makeKey(app)))
    const lists = () => Promise.all(Array.from({ length: 10 }, () => app.send('GET', '/v1/organization/projects')))
    const calls = (some: typeof keys) => Promise.all(some.map(({ key }) => app.send('POST', CHAT, { key, body: chat })))
    // Pools are full of connections that nobody uses.
    for (const { status } of [...(await lists()), ...(await calls(keys.slice(0, 12)))]) assert.equal(status, 200)

    await line.become({ kind: 'drop' })
    await until(
      async () => (await app.send('GET', '/readyz', { key: null })).body.database !== 'ok',
      'the database is known to be away',
    )
    await line.become({ kind: 'forget' })
    await line.become({ kind: 'pass' })
    await until(
      async () => (await app.send('GET', '/readyz', { key: null })).body.database === 'ok',
      'the database is there again',
    )
    // Nothing that was connected before is asked: each would be silent for 22 seconds.
    const replies = [...(await lists()), ...(await calls(keys.slice(12)))]
    for (const { status, text } of replies) assert.equal(status, 200, text)
  })
}
