import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, makeKey } from '../gateway/gate.ts'
import { settled } from '../gateway/upstream.ts'
import { until } from '../process/gatehouse.ts'
import { openTestDatabase } from '../support/databases.ts'
import { yesterday } from '../support/days.ts'
import { givenTime } from '../support/given-time.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { type LineMode, startSlowLine } from '../support/slow-line.ts'

/** What a database can be like that cannot be asked; slow is away. */
const outages: LineMode[] = [
  { kind: 'refuse' },
  { kind: 'reset' },
  { kind: 'drop' },
  { kind: 'delay', least: 3000, most: 6000 },
]
/** The longest that any answer may take: a known key waits a second, a look-up five, a change as long as its connection and its statement may. */
const MOST_MS = { known: 2000, unknown: 6000, changes: 16_000 }
/** When everything works again after the database is back. */
const BACK_MS = 5000

type Result = { num_model_requests: number }
type Bucket = { results: Result[] }

const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }
const gauge = (app: TestApp, name: string) => app.metric(`gatehouse_dependency_up{dependency="${name}"}`)

async function timed(app: TestApp, method: string, path: string, options: { key?: string | null; body?: unknown }) {
  const begun = givenTime()
  const reply = await app.send(method, path, options)
  return { ...reply, ms: Math.round(givenTime() - begun) }
}

for (const outage of outages) {
  test(`postgres: while its line will ${outage.kind}, known keys are served as long as is configured, all else is 503 in time`, async (t) => {
    await using database = await openTestDatabase('postgres')
    await using line = await startSlowLine(database.url)
    await using file = await modelsFile(['echo'], { serve_known_keys_seconds: 60 })
    const lines: string[] = []
    await using app = await startTestApp({
      databaseUrl: line.over(database.url),
      env: { GATEHOUSE_CONFIG: file.path },
      log: (text) => lines.push(text),
    })
    const [warm, cold, ended] = [await makeKey(app), await makeKey(app), await makeKey(app)]
    let answered = 0
    const chat = async (key: string) => {
      const reply = await timed(app, 'POST', CHAT, { key, body })
      if (reply.status === 200) answered++
      return reply
    }
    // What was changed so far is heard of, or it would still end what is known.
    await settled(() => app.metric('gatehouse_sql_statements_total'))
    assert.deepEqual([(await chat(ended.key)).status, (await chat(warm.key)).status], [200, 200])
    await app.admin().organization.projects.apiKeys.delete(ended.keyId, { project_id: ended.projectId })
    await settled(() => app.metric('gatehouse_sql_statements_total'))
    assert.equal((await chat(warm.key)).status, 200)
    const believedUntil = performance.now() + 5000

    await line.become(outage)
    const took = { known: [] as number[], unknown: [] as number[], changes: [] as number[] }
    const served = async () => {
      const { status, ms, text } = await chat(warm.key)
      assert.equal(status, 200, `a known key: ${text}`)
      took.known.push(ms)
    }
    const refused = async () => {
      for (const key of [cold.key, ended.key]) {
        const { status, ms, headers } = await chat(key)
        assert.deepEqual(
          [status, headers.get('retry-after')],
          [503, '1'],
          'a key that is unknown, or of which a change was heard',
        )
        took.unknown.push(ms)
      }
    }
    const changed = async () => {
      const { status, ms, headers } = await timed(app, 'POST', '/v1/organization/projects', { body: { name: 'no' } })
      assert.deepEqual([status, headers.get('retry-after')], [503, '1'], 'a change')
      took.changes.push(ms)
    }
    const crowd = () => Promise.all([served(), refused(), changed(), changed(), changed(), served(), refused()])
    while (performance.now() < believedUntil + 1000) await crowd()
    assert.equal(await gauge(app, 'database'), 0)
    await crowd()
    const ready = await timed(app, 'GET', '/readyz', { key: null })
    assert.deepEqual([ready.status, ready.body.status, ready.body.database], [200, 'degraded', 'degraded'])

    await line.become({ kind: 'pass' })
    const back = performance.now()
    await until(async () => (await chat(cold.key)).status === 200, 'unknown keys are served again', BACK_MS)
    await until(async () => (await app.send('GET', '/v1/organization/projects')).status === 200, 'admin', BACK_MS)
    const backMs = Math.round(performance.now() - back)
    await until(async () => (await app.send('GET', '/readyz', { key: null })).body.status === 'ready', 'all is well')
    // What was used meanwhile is in the database in the end.
    const report = '/v1/organization/usage/completions?bucket_width=1d&start_time='
    const counted = async () => {
      const { body } = await app.send('GET', report + yesterday())
      return body.data
        .flatMap((bucket: Bucket) => bucket.results)
        .reduce((sum: number, one: Result) => sum + one.num_model_requests, 0)
    }
    await until(async () => (await counted()) === answered, `all of the ${answered} calls are counted`)
    const longest = Object.entries(took).map(([what, all]) => [what, all.length, Math.max(...all)] as const)
    const figures = longest.map(([what, count, ms]) => `${what}: ${count} calls, the longest ${ms} ms`).join('; ')
    t.diagnostic(`${outage.kind}: ${figures}; back after ${backMs} ms`)
    for (const [what, , ms] of longest) assert.ok(ms < MOST_MS[what as keyof typeof MOST_MS], `${what}: ${ms} ms`)
    const told = (what: RegExp) => lines.filter((text) => what.test(text)).length
    assert.deepEqual([told(/the database cannot be asked/), told(/the database can be asked again/)], [1, 1])
    assert.equal(await app.metric('gatehouse_dependency_changes_total{dependency="database",to="away"}'), 1)
  })
}
