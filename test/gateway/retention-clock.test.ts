import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { CHAT, makeKey } from './gate.ts'
import { until } from './upstream.ts'

const HOUR = 3600
const DAY = 86_400
const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }

/** Requests that a report has in buckets of a width, from a moment on. */
async function reported(app: TestApp, from: number, width: '1m' | '1h'): Promise<number> {
  const path = `/v1/organization/usage/completions?bucket_width=${width}&start_time=${from}&end_time=${from + HOUR}`
  const reply = await app.send('GET', path)
  const results = (reply.body.data as { results: { num_model_requests: number }[] }[]).flatMap((each) => each.results)
  return results.reduce((sum, { num_model_requests }) => sum + num_model_requests, 0)
}

for (const database of databases) {
  test(`${database}: a clock that jumps by a month deletes nothing for an hour, over a restart too, and the log says so`, async () => {
    await using own = await openTestDatabase(database)
    let doubts = 0
    const options = {
      databaseUrl: own.url,
      log: (line: string) => {
        if (line.includes('nothing that is too old is deleted for an hour')) doubts++
      },
    }
    const from = Math.floor(Date.now() / 1000 / HOUR) * HOUR
    let key = ''
    const used = async (app: TestApp) => {
      // Deletions come with the beats of what is used.
      assert.equal((await app.send('POST', CHAT, { key, body })).status, 200)
    }
    const ranAt = async (app: TestApp) =>
      (await app.db.selectFrom('meta').select('value').where('key', '=', 'retention_ran_at').executeTakeFirst())?.value
    {
      await using app = await startTestApp(options)
      key = (await makeKey(app)).key
      await used(app)
      app.advance(61)
      await used(app)
      await until(() => ranAt(app), 'a first run')
      app.advance(40 * DAY)
      await used(app)
      await until(() => doubts === 1, 'the doubt')
      assert.ok((await reported(app, from, '1m')) >= 1)
    }
    await using app = await startTestApp(options)
    app.advance(40 * DAY)
    const before = await ranAt(app)
    app.advance(61)
    await used(app)
    await until(() => doubts === 2, 'the doubt after the restart')
    assert.ok((await reported(app, from, '1m')) >= 1)
    assert.equal(await ranAt(app), before)
    app.advance(HOUR)
    await used(app)
    await until(async () => (await reported(app, from, '1m')) === 0, 'the deletion')
    assert.ok((await reported(app, from, '1h')) >= 1)
    await until(async () => (await ranAt(app)) !== before, 'the record of the run')
    assert.equal(doubts, 2)
  })

  test(`${database}: a start long after the last use waits an hour before it deletes, although no run was recorded`, async () => {
    await using own = await openTestDatabase(database)
    let doubts = 0
    const log = (line: string) => {
      if (line.includes('nothing that is too old is deleted for an hour')) doubts++
    }
    const from = Math.floor(Date.now() / 1000 / HOUR) * HOUR
    let key = ''
    {
      await using app = await startTestApp({ databaseUrl: own.url })
      key = (await makeKey(app)).key
      assert.equal((await app.send('POST', CHAT, { key, body })).status, 200)
    }
    // The second start is within the hour in which the first one has written usage of the later time.
    for (const doubt of [1, 2]) {
      await using app = await startTestApp({ databaseUrl: own.url, log })
      app.advance(40 * DAY)
      for (const seconds of [0, 61]) {
        app.advance(seconds)
        assert.equal((await app.send('POST', CHAT, { key, body })).status, 200)
      }
      await until(() => doubts === doubt, 'the doubt')
      assert.equal(await reported(app, from, '1m'), 1)
    }
  })
}
