import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { Recorder } from '../../test/support/recorder.ts'
import { type Figures, plain, reported, summaryOf, told } from '../../test/support/summaries.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { recordUsage } from '../db/usage.ts'

const HOUR = 3600
const DAY = 86_400
/** A Monday, 00:00 UTC. */
const start = 1_790_553_600
const DAYS = 4
const MOST = 20

const groupings = ['model', 'api_key_id', 'user_id', 'service_account_id', 'project_id', 'line_item'] as const
type Grouping = (typeof groupings)[number]

/** What a result of a report is called in a summary by this; null: it is in none. */
const namedBy = (by: Grouping, of: 'usage' | 'costs') => (result: Record<string, string | null>) => {
  if (by === 'model' && of === 'costs') return (result.line_item ?? '').replace(/, [a-z_0-9]+$/, '')
  if (by === 'user_id') return result.user_id?.startsWith('user-') ? result.user_id : null
  if (by === 'service_account_id') return result.user_id?.startsWith('svc_acct_') ? result.user_id : null
  return result[by] ?? ''
}
const reportGroup = (by: Grouping, of: 'usage' | 'costs') =>
  by === 'service_account_id' ? 'user_id' : by === 'model' && of === 'costs' ? 'line_item' : by

for (const database of databases) {
  describe(database, () => {
    let app: TestApp
    let organization_id = ''
    const recorder = new Recorder(database)
    before(async () => {
      app = await startTestApp({ database, plugins: [recorder] })
      organization_id = (await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()).id
      await recordUsage(app.db, entriesOf(organization_id))
    })
    after(() => app[Symbol.asyncDispose]())

    test('it says what the reports say, added up: of the twenty with the most, of all others, and of all', async () => {
      const asked = fc.record({
        of: fc.constantFrom('usage', 'costs'),
        by: fc.constantFrom(...groupings),
        // The report of costs is by the day alone.
        width: fc.constantFrom(['1d', DAY] as const, ['1h', HOUR] as const),
        first: fc.nat({ max: DAYS - 1 }),
        days: fc.integer({ min: 1, max: DAYS }),
        filter: fc.constantFrom('', '&project_ids[]=proj_1&project_ids[]=proj_2', '&api_key_ids[]=key_07'),
        rank: fc.constantFrom('tokens', 'output_tokens', 'num_model_requests'),
      })
      await fc.assert(
        fc.asyncProperty(asked, async ({ of, by, width: [named, seconds], first, days, filter, rank }) => {
          fc.pre(!(of === 'usage' && by === 'line_item'))
          const [bucket_width, width] = of === 'costs' ? (['1d', DAY] as const) : [named, seconds]
          const from = start + first * DAY
          const window = `start_time=${from}&end_time=${from + days * DAY}&bucket_width=${bucket_width}${filter}`
          const expected = await reported(
            app,
            of,
            `${window}&limit=${of === 'costs' || bucket_width === '1d' ? 31 : 168}&group_by[]=${reportGroup(by, of)}`,
            namedBy(by, of),
          )
          const ranked = of === 'usage' ? `&rank_by=${rank}` : ''
          const { period } = await summaryOf(app, of, `${window}&group_by=${by}${ranked}`)
          assert.deepEqual([period.start_time, period.end_time], [from, from + days * DAY])
          assert.equal(period.buckets.length, (days * DAY) / width)
          const top = topOf(expected, of === 'costs' ? ['amount'] : rank === 'tokens' ? TOKENS : [rank])
          assert.deepEqual(
            period.groups.map(({ id }) => id ?? ''),
            top,
          )
          assert.deepEqual(sorted(told(period)), sorted(withOthers(expected, top)))
          // The sums of all are those of the parts, in each bucket and altogether.
          for (const [i, bucket] of period.buckets.entries()) {
            const at = `${from + i * width} `
            assert.deepEqual(plain(bucket), added(zero(of), ofBuckets(expected, at)))
          }
          assert.deepEqual(plain(period.total), added(zero(of), [...expected.values()]))
          for (const series of [...period.groups, ...(period.others ? [period.others] : [])]) {
            assert.deepEqual(plain(series.total), added(zero(of), series.buckets.map(plain)))
          }
        }),
        { numRuns: 60 },
      )
    })

    test('the period before is as long, and tells of the same groups', async () => {
      for (const by of ['api_key_id', 'model'] as const) {
        const query = (from: number) => `start_time=${from}&end_time=${from + 2 * DAY}&group_by=${by}`
        const both = await summaryOf(app, 'usage', `${query(start + 2 * DAY)}&include_previous_period=true`)
        const { period, previous_period: before } = both
        assert.deepEqual(period, (await summaryOf(app, 'usage', query(start + 2 * DAY))).period)
        assert.ok(before)
        assert.deepEqual([before.start_time, before.end_time], [start, start + 2 * DAY])
        const groups = period.groups.map(({ id, name, status }) => ({ id, name, status }))
        assert.deepEqual(
          before.groups.map(({ id, name, status }) => ({ id, name, status })),
          groups,
        )
        const window = `start_time=${start}&end_time=${start + 2 * DAY}&limit=31&group_by[]=${by}`
        const expected = await reported(app, 'usage', window, namedBy(by, 'usage'))
        const ids = groups.map(({ id }) => id ?? '')
        assert.deepEqual(sorted(told(before)), sorted(withOthers(expected, ids)))
      }
      const empty = `start_time=${start + 40 * DAY}&end_time=${start + 41 * DAY}&include_previous_period=true`
      const { period, previous_period } = await summaryOf(app, 'usage', empty)
      assert.deepEqual([period.groups, period.others, previous_period?.others], [[], null, null])
      const atTheBeginning = await summaryOf(app, 'usage', 'start_time=0&end_time=86400&include_previous_period=true')
      assert.equal(atTheBeginning.previous_period, null)
    })

    test('buckets of an hour and of a minute add up to the day, money too, and are whole where the window cuts them', async () => {
      const day = `start_time=${start + DAY}&end_time=${start + 2 * DAY}`
      for (const report of ['usage', 'costs'] as const) {
        const whole = await summaryOf(app, report, day)
        for (const width of ['1h', '1m']) {
          const { period } = await summaryOf(app, report, `${day}&bucket_width=${width}`)
          assert.deepEqual([period.total, period.groups.length], [whole.period.total, whole.period.groups.length])
        }
        const cut = `start_time=${start + DAY + 77}&end_time=${start + 2 * DAY - 77}`
        assert.deepEqual(await summaryOf(app, report, cut), whole)
      }
    })

    test('it is one statement for a period without so much usage, however many groups and buckets there are', async () => {
      const asked = async (query: string) => {
        const before = recorder.times('row_number()')
        await summaryOf(app, 'usage', query)
        return recorder.times('row_number()') - before
      }
      assert.equal(await asked(`start_time=${start}&end_time=${start + HOUR}&bucket_width=1h`), 1)
      const many = `start_time=${start}&end_time=${start + DAYS * DAY}&bucket_width=1h&group_by=api_key_id`
      assert.equal(await asked(many), 1)
      assert.equal(await asked(`${many}&include_previous_period=true`), 2)
    })

    test('money is exact to the nano-dollar beyond what a number holds, and rounded once', async () => {
      const at = start + 60 * DAY
      const most = Number.MAX_SAFE_INTEGER
      const amounts = Array.from({ length: 23 }, (_, i) => most - 7 * i)
      await recordUsage(
        app.db,
        amounts.map((amount_nano, i) => ({
          ...{ organization_id, at, kind: 'costs' as const, amount_nano, line_item: 'm1, input_tokens' },
          api_key_id: `key_${String(i).padStart(2, '0')}`,
        })),
      )
      const window = `start_time=${at}&end_time=${at + DAY}`
      const { period } = await summaryOf(app, 'costs', `${window}&group_by=api_key_id`)
      const report = await app.send('GET', `/v1/organization/costs?${window}`)
      assert.deepEqual(period.total, { amount: report.body.data[0].results[0].amount })
      const exact = amounts.reduce((sum, amount) => sum + BigInt(amount), 0n)
      const nano = String(exact).padStart(10, '0')
      assert.equal(
        (period.total.amount as unknown as { value: number }).value,
        Number(`${nano.slice(0, -9)}.${nano.slice(-9)}`),
      )
      assert.deepEqual(
        period.groups.map(({ id }) => id),
        amounts.slice(0, MOST).map((_, i) => `key_${String(i).padStart(2, '0')}`),
      )
    })
  })
}

const TOKENS = ['input_tokens', 'output_tokens']

/** Usage of every kind: by more keys and users than are told by themselves, and by none. */
function entriesOf(organization_id: string): UsageEntry[] {
  let state = 5
  const chance = (below: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
  const kinds = ['completions', 'completions', 'embeddings', 'decisions', 'images', 'web_search_calls'] as const
  return Array.from({ length: 500 }, (_, i): UsageEntry[] => {
    const [key, model] = [chance(33), ['m1', 'm2', 'A "Model", v2', ''][chance(4)] ?? '']
    const user_id = key % 3 === 0 ? `svc_acct_${key}` : key === 32 ? '' : `user-${key}`
    const by = {
      ...{ organization_id, at: start + chance(DAYS * DAY), project_id: `proj_${chance(4)}`, user_id },
      api_key_id: `key_${String(key).padStart(2, '0')}`,
    }
    const tokens = { input_tokens: chance(1000), output_tokens: chance(90), input_cached_tokens: chance(9) }
    const kind = kinds[i % kinds.length] ?? 'completions'
    const { input_tokens } = tokens
    const isOther = kind === 'images' || kind === 'web_search_calls'
    const counts = isOther ? { units: 3 } : kind === 'embeddings' ? { input_tokens } : tokens
    return [
      { ...by, kind, model, ...counts, num_model_requests: 1 + chance(3) },
      ...['input_tokens', 'output_tokens'].map(
        (item): UsageEntry => ({
          ...{ ...by, kind: 'costs', line_item: `${model}, ${item}`, quantity_unit: 'tokens', units: 5 },
          amount_nano: chance(2_000_000_000),
        }),
      ),
    ]
  }).flat()
}

const nameIn = (place: string) => place.slice(place.indexOf(' ') + 1)
const zero = (of: 'usage' | 'costs'): Figures =>
  of === 'costs' ? { amount: 0 } : { input_tokens: 0, input_cached_tokens: 0, output_tokens: 0, num_model_requests: 0 }

function added(into: Figures, some: Iterable<Figures>): Figures {
  const sums = { ...into }
  for (const one of some) for (const name of Object.keys(sums)) sums[name] = (sums[name] ?? 0) + (one[name] ?? 0)
  return sums
}

const ofBuckets = (all: Map<string, Figures>, at: string) =>
  [...all].filter(([place]) => place.startsWith(at)).map(([, one]) => one)

/** The twenty with the most of some figures together. */
function topOf(all: Map<string, Figures>, of: readonly string[]): string[] {
  const weights = new Map<string, number>()
  for (const [place, figures] of all) {
    const weight = of.reduce((sum, name) => sum + (figures[name] ?? 0), 0)
    weights.set(nameIn(place), (weights.get(nameIn(place)) ?? 0) + weight)
  }
  const ranked = [...weights].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
  return ranked.slice(0, MOST).map(([name]) => name)
}

/** With those that are not among these as one. */
function withOthers(all: Map<string, Figures>, top: readonly string[]): Map<string, Figures> {
  const sums = new Map<string, Figures>()
  for (const [place, figures] of all) {
    const [at = ''] = place.split(' ', 1)
    const name = top.includes(nameIn(place)) ? nameIn(place) : 'others'
    const known = sums.get(`${at} ${name}`)
    sums.set(`${at} ${name}`, known ? added(known, [figures]) : figures)
  }
  return sums
}

/** What is 0 everywhere is left out: a summary has it in every bucket, a report in none. */
const sorted = (sums: Map<string, Figures>) =>
  [...sums].filter(([, one]) => Object.values(one).some((amount) => amount !== 0)).sort(([a], [b]) => (a < b ? -1 : 1))
