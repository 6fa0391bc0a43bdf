import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, makeKey } from '../gateway/gate.ts'
import { until } from '../process/gatehouse.ts'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { startSlowLine } from '../support/slow-line.ts'

/** A connection's, a statement's and a lock's. */
const database = { connections: 4, connect_timeout_ms: 1000, statement_timeout_ms: 2000, lock_timeout_ms: 1000 }
/** A statement's time, what the driver waits beyond it, and a second until somebody notices. */
const GIVEN_UP_MS = 5000
const KEYS = 8

const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }

for (const workers of [1, 2]) {
  test(`postgres: no connection that an outage has silenced is kept, in whatever pool of ${workers} threads`, async (t) => {
    await using own = await openTestDatabase('postgres')
    await using line = await startSlowLine(own.url)
    await using file = await modelsFile(['echo'], { database })
    await using app = await startTestApp({
      databaseUrl: line.over(own.url),
      env: { GATEHOUSE_CONFIG: file.path, GATEHOUSE_WORKERS: String(workers), GATEHOUSE_REDIS_URL: '' },
    })
    const keys: string[] = []
    while (keys.length < KEYS) keys.push((await makeKey(app)).key)
    // Each over a connection of its own, so that every thread has some of them.
    const headers = { connection: 'close' }
    const chat = async (key: string) => (await app.send('POST', CHAT, { key, body, headers })).status
    const used = '/v1/organization/usage/completions?bucket_width=1h&start_time='
    const report = () => app.send('GET', used + (Math.floor(Date.now() / 1000) - 7200), { headers })
    const everything = () =>
      Promise.all([
        ...keys.map(chat),
        ...[report(), report(), app.send('GET', '/v1/organization/projects', { headers })].map(
          async (one) => (await one).status,
        ),
        ...[0, 1].map(async () => {
          const made = { body: { name: 'p' }, headers }
          return (await app.send('POST', '/v1/organization/projects', made)).status
        }),
      ])
    // Pools are full of connections that work.
    assert.deepEqual(new Set(await everything()), new Set([200]))
    // What is known of the keys is let go, so that each is looked up again.
    await app.admin().organization.projects.create({ name: 'another' })
    app.advance(10)

    await line.become({ kind: 'drop' })
    const meanwhile = everything()
    await until(() => line.hanging() > 0, 'something hangs')
    await until(async () => (await app.metric('gatehouse_dependency_up{dependency="database"}')) === 0, 'it is away')
    const most = line.hanging()
    await line.become({ kind: 'pass' })
    const since = performance.now()
    await until(() => line.hanging() === 0, 'nothing that hangs is kept', GIVEN_UP_MS)
    t.diagnostic(
      `${most} connections hung at the end; the last was given up ${Math.round(performance.now() - since)} ms after the line was well`,
    )
    for (const status of await meanwhile) assert.ok([200, 503].includes(status), `${status}`)
    await until(async () => (await everything()).every((status) => status === 200), 'all is answered', GIVEN_UP_MS)
    assert.equal(line.hanging(), 0)
  })
}
