import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs } from 'kysely'
import { blank } from '../../src/core/usage-entry.ts'
import type { OpenedDb } from '../../src/db/tables.ts'
import { until } from '../gateway/upstream.ts'
import { databases } from '../support/databases.ts'
import { ADMIN_KEY as adminKey, startTestApp } from '../support/harness.ts'

const DAY = 86_400
/** A Monday, 00:00 UTC. */
const start = 1_790_553_600
/** Ids of so many characters make a page of a report large with few rows. */
const LONG = 'k'.repeat(600)

/** What so many keys used on each of some days, as sums of the day alone. */
async function fill(db: OpenedDb, days: number, keys: number): Promise<void> {
  const { id } = await db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const of = { ...blank, organization_id: id, kind: 'completions' as const, grain: DAY as 86_400 }
  const rows = Array.from({ length: days * keys }, (_, i) => {
    const api_key_id = `${LONG}${String(i % keys).padStart(8, '0')}`
    const input_tokens = 1 + (i % 1000)
    return { ...of, time: start + Math.floor(i / keys) * DAY, api_key_id, input_tokens, num_model_requests: 1 }
  })
  await db.transaction().execute(async (tx) => {
    for (let i = 0; i < rows.length; i += 400) {
      await tx
        .insertInto('usage_rollup')
        .values(rows.slice(i, i + 400))
        .execute()
    }
  })
}

/** Shows a test each statement of a report, when the database has answered it and before the report hears of that. */
class Watched implements KyselyPlugin {
  readonly #reports = new WeakSet<object>()
  answered: () => Promise<void> = async () => {}

  transformQuery({ node, queryId }: PluginTransformQueryArgs) {
    if (node.kind === 'RawNode' && node.sqlFragments.join().includes('row_number()')) this.#reports.add(queryId)
    return node
  }

  async transformResult({ queryId, result }: PluginTransformResultArgs) {
    if (this.#reports.has(queryId)) await this.answered()
    return result
  }
}

const byKey = (days: number) =>
  `/v1/organization/usage/completions?start_time=${start}&end_time=${start + days * DAY}&limit=31&group_by[]=api_key_id`

for (const database of databases) {
  test(`${database}: a page has so many bytes at most, and its next pages have the rest, also of one bucket`, async () => {
    await using app = await startTestApp({ database })
    const [days, keys] = [2, 14_000]
    await fill(app.db, days, keys)
    const found = new Map<string, number>()
    const sizes: number[] = []
    for (let next: string | null = ''; next !== null; ) {
      const reply = await app.send('GET', byKey(days) + (next && `&page=${next}`))
      assert.equal(reply.status, 200)
      sizes.push(reply.text.length)
      for (const { start_time, results } of reply.body.data) {
        for (const { api_key_id, input_tokens } of results) {
          const name = `${start_time} ${api_key_id.slice(LONG.length)}`
          assert.ok(!found.has(name), `${name} comes twice`)
          found.set(name, input_tokens)
        }
      }
      assert.equal(reply.body.has_more, reply.body.next_page !== null)
      next = reply.body.next_page
    }
    assert.equal(found.size, days * keys)
    const expected = Array.from({ length: days * keys }, (_, i) => 1 + (i % 1000)).reduce((sum, one) => sum + one, 0)
    assert.equal(
      [...found.values()].reduce((sum, one) => sum + one, 0),
      expected,
    )
    const headers = { authorization: `Bearer ${adminKey}` }
    const head = await app.fetch(app.url + byKey(days), { method: 'HEAD', headers })
    assert.deepEqual([head.status, await head.text()], [200, ''])
    assert.ok(sizes.length >= 3, `${sizes.length} pages`)
    for (const size of sizes) assert.ok(size < 16.1 * 2 ** 20, `a page of ${size} bytes`)
  })

  test(`${database}: reports have turns, too many are 503, and those whose clients have gone are not made`, async () => {
    const watched = new Watched()
    const failures: string[] = []
    const log = (line: string) => {
      const { level, msg, err } = JSON.parse(line)
      if (level >= 50) failures.push(`${msg}: ${err?.message}`)
    }
    await using app = await startTestApp({ database, plugins: [watched], log })
    await fill(app.db, 1, 10)
    const released = Promise.withResolvers<void>()
    let answered = 0
    watched.answered = () => {
      answered++
      return released.promise
    }
    const headers = { authorization: `Bearer ${adminKey}` }
    const refused: string[] = []
    const asked = Array.from({ length: 26 }, () => {
      const leaving = new AbortController()
      let isOver = false
      const reply = app.fetch(app.url + byKey(1), { headers, signal: leaving.signal }).then(async (reply) => {
        isOver = true
        if (reply.status === 503) refused.push(`${reply.headers.get('retry-after')} ${await reply.text()}`)
        return reply
      })
      return { reply: reply.catch(() => null), leave: () => leaving.abort(), isOver: () => isOver }
    })
    await until(() => refused.length === 10, 'those that are too many')
    for (const text of refused) assert.match(text, /^1 .*"code":"service_unavailable"/)
    await until(() => answered === 2, 'the two whose turn it is')
    // What else the API does is not held up by them.
    assert.equal((await app.send('GET', '/v1/organization/projects')).status, 200)
    const underWay = asked.filter((one) => !one.isOver())
    for (const { leave } of underWay.slice(6)) leave()
    const isLeft = async () => (await app.metric('gatehouse_requests_in_flight')) === 6 + 1
    await until(isLeft, 'the end of those that leave')
    released.resolve()
    for (const { reply } of underWay.slice(0, 6)) {
      const page = (await (await reply)?.json()) as { data: { results: unknown[] }[] } | undefined
      assert.equal(page?.data[0]?.results.length, 10)
    }
    // The two that were read for may have been among those that left.
    assert.ok(answered >= 6 && answered <= 8, `${answered} statements`)
    assert.equal((await app.send('GET', byKey(1))).status, 200)
    // Who leaves is no failure of the server's.
    const tooMany = 'request failed: Too many reports are being made right now. Please try again shortly.'
    assert.deepEqual(failures, Array(10).fill(tooMany))
  })

  test(`${database}: a report that fails at its beginning is refused, and one that fails later is cut off and logged`, async () => {
    const watched = new Watched()
    let told = 0
    const log = (line: string) => {
      if (line.includes('reply broken off')) told++
    }
    await using app = await startTestApp({ database, plugins: [watched], log })
    await fill(app.db, 9, 300)
    let left = 0
    watched.answered = async () => {
      if (left-- === 0) throw Object.assign(new Error('the connection is lost'), { code: 'ECONNRESET' })
    }
    const refused = await app.send('GET', byKey(9))
    assert.deepEqual([refused.status, refused.body.error.code], [503, 'service_unavailable'])
    left = 3
    const headers = { authorization: `Bearer ${adminKey}` }
    const reply = await app.fetch(app.url + byKey(9), { headers })
    assert.equal(reply.status, 200)
    await assert.rejects(reply.text())
    await until(() => told === 1, 'the line in the log')
    left = -1
    const whole = await app.send('GET', byKey(9))
    assert.equal(whole.body.data.length, 9)
  })
}
