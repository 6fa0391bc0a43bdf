import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  PostgresQueryCompiler,
} from 'kysely'
import { announceMinutesGone } from '../../src/db/minutes-kept.ts'
import { recordRetention } from '../../src/db/retention-record.ts'
import { recordUsage } from '../../src/db/usage.ts'
import { Retention } from '../../src/ledger/retention.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { CHAT, makeKey } from './gate.ts'
import { until } from './upstream.ts'

const HOUR = 3600
const DAY = 86_400
const MINUTES = 30 * DAY
/** More than three deletions of a thousand rows, all in one hour. */
const KEYS = 3600
/** Ten minutes of sixty are before a window that begins then. */
const FROM = 600
const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }

type Statement = 'deletion' | 'announcement' | 'other'

/** Has a test do something when a statement was answered, before the server hears of it. */
class Between implements KyselyPlugin {
  readonly #compiler = new PostgresQueryCompiler()
  readonly #kinds = new WeakMap<object, Statement>()
  on: Partial<Record<Statement, () => Promise<void>>> = {}

  transformQuery({ node, queryId }: PluginTransformQueryArgs) {
    const { sql, parameters } = this.#compiler.compileQuery(node, queryId)
    if (sql.startsWith('delete from "usage_rollup"')) this.#kinds.set(queryId, 'deletion')
    if (sql.startsWith('select "value" from "meta"') && parameters.includes('usage_minutes_before'))
      this.#kinds.set(queryId, 'announcement')
    return node
  }

  async transformResult({ queryId, result }: PluginTransformResultArgs) {
    await this.on[this.#kinds.get(queryId) ?? 'other']?.()
    return result
  }
}

/** What each of many keys used in an hour, one in each second of it. */
async function useHour(app: TestApp, start: number) {
  const { id } = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const of = { organization_id: id, kind: 'completions' as const, num_model_requests: 1 }
  const entries = Array.from({ length: KEYS }, (_, i) => ({ ...of, at: start + i, api_key_id: `key-${i}` }))
  await recordUsage(app.db, entries)
}

/** Requests in a window that begins within the hour, as a report by the hour has them. */
async function reported(app: TestApp, start: number): Promise<number> {
  const window = `start_time=${start + FROM}&end_time=${start + HOUR}`
  const { status, body } = await app.send('GET', `/v1/organization/usage/completions?bucket_width=1h&${window}`)
  assert.equal(status, 200)
  return body.data[0].results[0]?.num_model_requests ?? 0
}

for (const database of databases) {
  test(`${database}: while the minutes of an hour are deleted, a report that begins in it is never short`, async () => {
    const between = new Between()
    await using app = await startTestApp({ database, plugins: [between] })
    const { key } = await makeKey(app)
    const start = Math.floor((Date.now() / 1000 - MINUTES - DAY) / DAY) * DAY
    await useHour(app, start)
    assert.equal(await reported(app, start), KEYS - FROM)
    // The clock is right, says an earlier run.
    await recordRetention(app.db, Date.now())
    const seen: number[] = []
    between.on.deletion = async () => void seen.push(await reported(app, start))
    app.advance(61)
    // Deletions come with the beats of what is used.
    assert.equal((await app.send('POST', CHAT, { key, body })).status, 200)
    await until(() => seen.length === 4, 'the last deletion')
    // The hour counts whole from then on.
    assert.deepEqual(seen, [KEYS, KEYS, KEYS, KEYS])
  })

  test(`${database}: nor is one that was being read when the deletion began`, async () => {
    const between = new Between()
    await using app = await startTestApp({ database, plugins: [between] })
    const start = Math.floor((Date.now() / 1000 - DAY) / DAY) * DAY
    await useHour(app, start)
    // It has just heard that all minutes are there.
    between.on.announcement = async () => {
      between.on = {}
      await announceMinutesGone(app.db, start + HOUR)
      const minutes = app.db.deleteFrom('usage_rollup').where('grain', '=', 60)
      await minutes.where('time', '<', start + HOUR / 2).execute()
    }
    assert.equal(await reported(app, start), KEYS)
    assert.deepEqual(between.on, {}, 'it was begun')
    assert.equal(await reported(app, start), KEYS)
  })

  test(`${database}: a clock that was far ahead when there was nothing to delete takes no minutes from reports`, async () => {
    await using app = await startTestApp({ database })
    const now = () => Date.now() + 3650 * DAY * 1000
    const log = { info() {}, warn() {} }
    const retention = new Retention({ db: app.db, log, now, responsesDays: 30, usageMinutesDays: 30, auditDays: null })
    await retention.run()
    await retention.close()
    const start = Math.floor((Date.now() / 1000 - DAY) / DAY) * DAY
    await useHour(app, start)
    assert.equal(await reported(app, start), KEYS - FROM)
  })
}
