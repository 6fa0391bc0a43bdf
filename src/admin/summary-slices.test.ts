import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { databases } from '../../test/support/databases.ts'
import { openReported } from '../../test/support/report-db.ts'
import { type Figures, plain, type summaryOf, told } from '../../test/support/summaries.ts'
import { contract } from '../contract/index.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { recordUsage, total } from '../db/usage.ts'
import type { SummaryShape } from './summary-shape.ts'
import { amountView } from './usage.ts'
import { spent } from './usage-summaries.ts'
import { type Bounds, summary } from './usage-summary.ts'

const DAY = 86_400
/** A Monday, 00:00 UTC. */
const start = 1_790_553_600
const DAYS = 3
const MOST = 20
const BILLION = 1_000_000_000

const usage: SummaryShape = {
  ...{ route: contract.usageSummary.retrieve, object: 'x', of: 'usage', kinds: ['completions', 'embeddings'] },
  measures: ['input_tokens', 'num_model_requests'],
  select: { input_tokens: total('input_tokens'), num_model_requests: total('num_model_requests') },
  rank: {
    of: ['input_tokens', 'num_model_requests'],
    weight: ({ input_tokens = 0, num_model_requests = 0 }) => BigInt(input_tokens) + BigInt(num_model_requests),
  },
  view: (sums) => sums,
}
const costs: SummaryShape = { ...spent, route: contract.costsSummary.retrieve }

/** In the order of their bytes, which is not that of UTF-16: the last comes behind the one before it. */
const keys = [
  '',
  ...Array.from({ length: 45 }, (_, i) => `key_${String(i).padStart(2, '0')}`),
  'key_\ue000',
  'key_\u{1f600}',
]

const entry = fc.record({
  // Most of it in the first second of a day or the last one: slices begin and end there.
  at: fc.oneof(
    fc.constantFrom(...Array.from({ length: DAYS }, (_, i) => start + i * DAY)),
    fc.constantFrom(...Array.from({ length: DAYS }, (_, i) => start + (i + 1) * DAY - 1)),
    fc.integer({ min: start - DAY, max: start + DAYS * DAY + DAY }),
  ),
  kind: fc.constantFrom('completions', 'embeddings', 'costs'),
  api_key_id: fc.constantFrom(...keys),
  project_id: fc.constantFrom('proj_1', 'proj_2'),
  model: fc.constantFrom('m1', 'm2, large'),
  // Few amounts, so that many keys have as much as others; and one beyond what a number holds, added up.
  amount: fc.constantFrom(0, 1, 2, BILLION, Number.MAX_SAFE_INTEGER),
})
type Given = typeof entry extends fc.Arbitrary<infer T> ? T : never

const asked = fc.record({
  entries: fc.array(entry, { minLength: 1, maxLength: 150 }),
  of: fc.constantFrom('usage', 'costs'),
  group_by: fc.constantFrom('api_key_id', 'model', 'project_id'),
  width: fc.constantFrom(['1d', DAY] as const, ['1h', 3600] as const),
  project: fc.constantFrom(null, 'proj_1'),
  bounds: fc.record({
    whole: fc.constantFrom(0, 1000),
    slice: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 })),
    names: fc.integer({ min: 1, max: 60 }),
  }),
})

for (const database of databases) {
  describe(database, () => {
    let opened: Awaited<ReturnType<typeof openReported>>
    before(async () => {
      opened = await openReported(database)
    })
    after(() => opened[Symbol.asyncDispose]())

    test('a summary says the same however it is cut into slices, and however few names are held at once', async () => {
      let organizations = 0
      await fc.assert(
        fc.asyncProperty(asked, async ({ entries, of, group_by, width: [bucket_width, width], project, bounds }) => {
          const organization_id = `org-${database}-${organizations++}`
          await recordUsage(
            opened.db,
            entries.map((one) => entryOf(one, organization_id)),
          )
          const query = {
            ...{ bucket_width, group_by, start_time: start, end_time: start + DAYS * DAY },
            include_previous_period: true,
          }
          const call = { db: opened.reportDb, now: start + 9 * DAY, caller: { organizationId: organization_id }, query }
          const { period, previous_period } = await summed(call, of === 'usage' ? usage : costs, project, bounds)
          const expected = added(entries, of, group_by, project, width)
          const top = topOf(expected, start, start + DAYS * DAY)
          assert.deepEqual(
            period.groups.map(({ id }) => id ?? ''),
            top,
          )
          assert.deepEqual(sorted(told(period)), figures(expected, of, top, start, start + DAYS * DAY))
          assert.ok(previous_period)
          assert.deepEqual(
            previous_period.groups.map(({ id }) => id ?? ''),
            top,
          )
          assert.deepEqual(sorted(told(previous_period)), figures(expected, of, top, start - DAYS * DAY, start))
          for (const { total, buckets, groups, others } of [period, previous_period]) {
            const names = (at: (series: { total: Figures; buckets: Figures[] }) => Figures | undefined) =>
              [...groups, ...(others ? [others] : [])].map((series) => plain(at(series) ?? {}))
            if (of === 'costs') continue
            assert.deepEqual(plain(total), sum(names(({ total }) => total)))
            for (const [i, bucket] of buckets.entries())
              assert.deepEqual(plain(bucket), sum(names((one) => one.buckets[i])))
          }
        }),
        { numRuns: 40 },
      )
    })

    test('what has been left is read no further, wherever it is', async () => {
      const organization_id = `org-${database}-left`
      const entries = keys.map((api_key_id): Given => ({ ...one, api_key_id }))
      await recordUsage(
        opened.db,
        entries.map((one) => entryOf(one, organization_id)),
      )
      const query = { bucket_width: '1d', group_by: 'api_key_id', start_time: start, end_time: start + DAY } as const
      const call = { db: opened.reportDb, now: start, caller: { organizationId: organization_id } }
      const read = async (stays: number) => {
        let statements = 0
        const inTurn = <T>(work: () => Promise<T>) => {
          if (statements === stays) return Promise.reject(new Error('left'))
          statements++
          return work()
        }
        const parts = summary(
          { ...call, query: { ...query, include_previous_period: false }, inTurn },
          usage,
          null,
          small,
        )
        return {
          statements: await drained(parts).then(
            () => statements,
            () => null,
          ),
        }
      }
      const { statements: all } = await read(Number.POSITIVE_INFINITY)
      // Five slices of ten keys, each cut, looked through and added up; and the names of keys.
      assert.ok(all !== null && all > 15, `${all} statements`)
      for (let stays = 0; stays < all; stays++) assert.deepEqual(await read(stays), { statements: null })
    })
  })
}

const one: Given = { at: start, kind: 'completions', api_key_id: '', project_id: 'proj_1', model: 'm1', amount: 1 }
const small: Bounds = { whole: 0, slice: 10, names: 1000 }

async function drained(parts: AsyncGenerator<string, void>): Promise<string> {
  let text = ''
  for await (const part of parts) text += part
  return text
}

type Summary = Awaited<ReturnType<typeof summaryOf>>
type Call = Omit<Parameters<typeof summary>[0], 'inTurn'>
const summed = async (call: Call, shape: SummaryShape, project: string | null, bounds: Bounds): Promise<Summary> =>
  JSON.parse(await drained(summary({ ...call, inTurn: (work) => work() }, shape, project, bounds)))

function entryOf({ amount, model, ...given }: Given, organization_id: string): UsageEntry {
  const of = { ...given, organization_id, kind: given.kind as UsageEntry['kind'] }
  if (given.kind === 'costs') return { ...of, line_item: `${model}, input_tokens`, amount_nano: amount }
  return { ...of, model, input_tokens: Math.min(amount, BILLION), num_model_requests: 1 }
}

/** What there is by bucket and name: the first figure, the requests, and what counts for the most. */
type Sums = Map<string, [first: bigint, requests: bigint, weight: bigint]>

function added(
  entries: readonly Given[],
  of: string,
  by: 'api_key_id' | 'model' | 'project_id',
  project: string | null,
  width: number,
) {
  const sums: Sums = new Map()
  for (const one of entries) {
    if ((one.kind === 'costs') !== (of === 'costs') || (project ?? one.project_id) !== one.project_id) continue
    const place = `${Math.floor(one.at / width) * width} ${one[by]}`
    const [first, requests, weight] = sums.get(place) ?? [0n, 0n, 0n]
    const amount = BigInt(of === 'costs' ? one.amount : Math.min(one.amount, BILLION))
    sums.set(place, [first + amount, requests + 1n, weight + amount + (of === 'costs' ? 0n : 1n)])
  }
  return sums
}

const placeOf = (place: string) => {
  const at = place.indexOf(' ')
  return { time: Number(place.slice(0, at)), name: place.slice(at + 1) }
}

/** The twenty with the most, those with as much in the order of their bytes. */
function topOf(sums: Sums, from: number, to: number): string[] {
  const weights = new Map<string, bigint>()
  for (const [place, [, , weight]] of sums) {
    const { time, name } = placeOf(place)
    if (time >= from && time < to) weights.set(name, (weights.get(name) ?? 0n) + weight)
  }
  const bytes = (text: string) => Buffer.from(text)
  return [...weights]
    .sort(([one, a], [other, b]) => (a === b ? Buffer.compare(bytes(one), bytes(other)) : a < b ? 1 : -1))
    .slice(0, MOST)
    .map(([name]) => name)
}

/** As a summary tells them: of the top by their names, of all others together. */
function figures(sums: Sums, of: string, top: readonly string[], from: number, to: number) {
  const all = new Map<string, [bigint, bigint]>()
  for (const [place, [first, requests]] of sums) {
    const { time, name } = placeOf(place)
    if (time < from || time >= to) continue
    const at = `${time} ${top.includes(name) ? name : 'others'}`
    const known = all.get(at) ?? [0n, 0n]
    all.set(at, [known[0] + first, known[1] + requests])
  }
  const figuresOf = ([first, requests]: [bigint, bigint]): Figures =>
    of === 'costs'
      ? plain({
          amount: amountView({ dollars: Number(first / 1_000_000_000n), nanos: Number(first % 1_000_000_000n) }),
        } as never)
      : { input_tokens: Number(first), num_model_requests: Number(requests) }
  const told = [...all].map(([at, sums]): [string, Figures] => [at, figuresOf(sums)])
  return sorted(new Map(told.filter(([, one]) => Object.values(one).some((amount) => amount !== 0))))
}

const sorted = (sums: Map<string, Figures>) => [...sums].sort(([a], [b]) => (a < b ? -1 : 1))

function sum(some: readonly Figures[]): Figures {
  const all: Figures = { input_tokens: 0, num_model_requests: 0 }
  for (const one of some) for (const name of Object.keys(all)) all[name] = (all[name] ?? 0) + (one[name] ?? 0)
  return all
}
