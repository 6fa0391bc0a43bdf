import assert from 'node:assert/strict'
import type { TestApp } from './harness.ts'

/** Figures of a summary or of results: what is counted, and money in nano-dollars. */
export type Figures = Record<string, number>
type Period = {
  start_time: number
  end_time: number
  total: Figures
  buckets: Figures[]
  groups: { id: string | null; name: string | null; status: string; total: Figures; buckets: Figures[] }[]
  others: { total: Figures; buckets: Figures[] } | null
}
type Summary = { object: string; period: Period; previous_period: Period | null }

/** A summary as it is answered. */
export async function summaryOf(app: TestApp, path: string, query: string, key?: string): Promise<Summary> {
  const options = key === undefined ? {} : { key }
  const { status, body, text } = await app.send('GET', `/v1/organization/${path}/summary?${query}`, options)
  assert.equal(status, 200, text)
  return body
}

/** The reports that count requests to models. */
const counted = [
  'completions',
  'decisions',
  'embeddings',
  'moderations',
  'images',
  'audio_speeches',
  'audio_transcriptions',
]
const figures = ['input_tokens', 'input_cached_tokens', 'output_tokens', 'num_model_requests']

/** What reports say, added up: by the start of a bucket and what the results are grouped by. */
export async function reported(
  app: TestApp,
  of: 'usage' | 'costs',
  query: string,
  nameOf: (result: Record<string, string | null>) => string | null,
): Promise<Map<string, Figures>> {
  const sums = new Map<string, Figures>()
  const paths = of === 'costs' ? ['costs'] : counted.map((report) => `usage/${report}`)
  for (const path of paths) {
    for (let page: string | null = ''; page !== null; ) {
      const next = `/v1/organization/${path}?${query}${page && `&page=${page}`}`
      const { status, body, text } = await app.send('GET', next)
      assert.equal(status, 200, text)
      for (const { start_time, results } of body.data) {
        for (const result of results) {
          const name = nameOf(result)
          if (name === null) continue
          const place = `${start_time} ${name}`
          const known = sums.get(place) ?? {}
          sums.set(place, known)
          // An amount below nine million dollars is exact to the nano-dollar.
          if (of === 'costs') known.amount = (known.amount ?? 0) + Math.round(result.amount.value * 1e9)
          else for (const figure of figures) known[figure] = (known[figure] ?? 0) + (result[figure] ?? 0)
        }
      }
      page = body.next_page
    }
  }
  return sums
}

/** A period of a summary in the same form; of the others, who have no name of their own, as `others`. */
export function told({ start_time, end_time, groups, others }: Period): Map<string, Figures> {
  const sums = new Map<string, Figures>()
  const series = groups.map(({ id, buckets }) => ({ name: id ?? '', buckets }))
  if (others) series.push({ name: 'others', buckets: others.buckets })
  for (const { name, buckets } of series) {
    for (const [i, bucket] of buckets.entries()) {
      const width = (end_time - start_time) / buckets.length
      const flat = plain(bucket)
      if (Object.values(flat).some((amount) => amount !== 0)) sums.set(`${start_time + i * width} ${name}`, flat)
    }
  }
  return sums
}

/** Figures as numbers: money in nano-dollars. */
export function plain(bucket: Figures): Figures {
  const { amount, ...rest } = bucket as Record<string, unknown>
  if (amount === undefined) return rest as Figures
  return { amount: Math.round((amount as { value: number }).value * 1e9) }
}
