import { setImmediate as othersTurn } from 'node:timers/promises'
import type { RawBuilder } from 'kysely'
import { ApiError } from '../contract/error.ts'
import type { Route } from '../contract/route.ts'
import { bucketsOf, type Grain, type Interval, pageStart, pageToken, readsOf, type UsageKind } from '../core/usage.ts'
import { type Dimension, dimensions } from '../core/usage-entry.ts'
import type { Db } from '../db/tables.ts'
import { minutesBegin, sumUsage, type UsageFilter, type UsageGroup } from '../db/usage.ts'

/** Results on a page, at most: with more keys than that a page has fewer buckets than were asked for, and a next page. */
const MOST_RESULTS = 500_000

/** Seconds in a bucket of a width, and how many buckets a page of it has. */
const widths = {
  '1d': { width: 86_400, preset: 7, most: 31 },
  '1h': { width: 3600, preset: 24, most: 168 },
  '1m': { width: 60, preset: 60, most: 1440 },
} as const

/** Which column each filter is about. */
const columns = {
  project_ids: 'project_id',
  user_ids: 'user_id',
  api_key_ids: 'api_key_id',
  models: 'model',
  batch: 'batch',
  sizes: 'size',
  sources: 'source',
  context_levels: 'context_level',
  vector_store_ids: 'vector_store_id',
  line_items: 'line_item',
} as const satisfies Record<string, Dimension>

/** What all reports are asked with, whatever else one of them takes. */
type Query = {
  start_time: number
  end_time?: number | null
  bucket_width?: keyof typeof widths | null
  limit?: number | null
  page?: string | null
  group_by?: readonly string[] | null
} & { [F in keyof typeof columns]?: readonly string[] | boolean | null }

/** What a report needs of its call. */
export type ReportCall = { db: Db; now: number; caller: { organizationId: string }; query: Query }

/** What is summed up for a result, by the names its view knows it under. */
export type Select = Record<string, RawBuilder<unknown>>

/** What tells one report from another. */
export type Shape<Result extends { object: string }, S extends Select> = {
  route: Route
  kind: UsageKind
  object: Result['object']
  select: S
  /** All of a result but its dimensions. */
  view: (sums: UsageGroup<S>) => Omit<Result, Dimension | 'object'>
}

type Bucket<Result> = { object: 'bucket'; start_time: number; end_time: number; results: Result[] }
type Page<Result> = { object: 'page'; data: Bucket<Result>[]; has_more: boolean; next_page: string | null }

/** One page of a report: a bucket for every interval, with a result for every group that used something in it. */
export async function report<Result extends { object: string }, S extends Select>(
  { db, now, caller, query }: ReportCall,
  shape: Shape<Result, S>,
): Promise<Page<Result>> {
  const { kind, select } = shape
  const { groups, filterNames } = optionsOf(shape.route)
  const { width, limit } = sizeOf(kind, query)
  const window = windowOf(query, width, now)
  const from = query.page ? placeOf(query.page, window, width) : window.from
  const groupBy = groups.filter((name) => query.group_by?.includes(name))
  const filters = filterNames.flatMap((name) => filterOf(columns[name], query[name]))
  const of = { organizationId: caller.organizationId, kind, groupBy, filters, select }
  const resultOf = resultView(shape, groups, groupBy)

  const data: Bucket<Result>[] = []
  let results = 0
  const wanted = bucketsOf({ from, to: window.to }, width, limit)
  const cut = width !== 60 && [wanted.at(0)?.from, wanted.at(-1)?.to].some((end) => (end ?? 0) % 3600 !== 0)
  const minutesFrom = cut ? await minutesBegin(db, of.organizationId, kind) : 0
  for (const { buckets, ranges } of readsOf(wanted, width, minutesFrom)) {
    if (results > MOST_RESULTS) break
    const byTime = buckets.length > 1
    const rows = await sumUsage(db, { ...of, ranges, byTime })
    const made = buckets.map(emptyBucket<Result>)
    const start = made[0]?.start_time ?? 0
    for (const row of rows) made[byTime ? ((row.time ?? 0) - start) / width : 0]?.results.push(resultOf(row))
    data.push(...made)
    results += rows.length
    // A large report on SQLite keeps this process busy: between its parts others are served.
    await othersTurn()
  }
  const end = data.at(-1)?.end_time ?? window.to
  const has_more = end < window.to
  return { object: 'page', data, has_more, next_page: has_more ? pageToken(window.from, width, end) : null }
}

const emptyBucket = <Result>({ from, to }: Interval): Bucket<Result> => ({
  object: 'bucket',
  start_time: from,
  end_time: to,
  results: [],
})

/** A result has every dimension of its report, null where it is not grouped by it. */
function resultView<Result extends { object: string }, S extends Select>(
  { object, view }: Shape<Result, S>,
  groups: readonly Dimension[],
  groupBy: readonly Dimension[],
) {
  const ungrouped = Object.fromEntries(groups.map((name) => [name, null]))
  return (row: UsageGroup<S>): Result => {
    const result: Record<string, unknown> = { object, ...view(row), ...ungrouped }
    for (const name of groupBy) result[name] = dimensionView(name, row[name])
    // The view made all but the dimensions, and those are the ones that the route's own schema names.
    return result as Result
  }
}

/** What a report is grouped and filtered by is what its route takes; other query keys are ignored, like everywhere. */
function optionsOf(route: Route) {
  const { properties } = route.query as unknown as { properties: Record<string, { items?: { enum?: string[] } }> }
  const named = properties.group_by?.items?.enum ?? []
  return {
    groups: dimensions.filter((name) => named.includes(name)),
    filterNames: (Object.keys(columns) as (keyof typeof columns)[]).filter((name) => name in properties),
  }
}

function filterOf(dimension: Dimension, wanted: Query[keyof typeof columns]): UsageFilter[] {
  if (wanted == null) return []
  return [{ dimension, values: typeof wanted === 'boolean' ? [wanted ? 1 : 0] : wanted }]
}

/** The limit of costs is in their schema; those of the other reports depend on the width. */
function sizeOf(kind: UsageKind, { bucket_width, limit }: Query): { width: Grain; limit: number } {
  const { width, preset, most } = widths[bucket_width ?? '1d']
  if (limit == null) return { width, limit: preset }
  if (limit <= most || kind === 'costs') return { width, limit }
  const message = `Invalid 'limit': integer above maximum value. Expected a value <= ${most}, but got ${limit} instead.`
  throw new ApiError('integer_above_max_value', message, { param: 'limit' })
}

/** Without an end: up to the end of the bucket that is now. */
function windowOf({ start_time, end_time }: Query, width: number, now: number): Interval {
  if (end_time == null) return { from: start_time, to: (Math.floor(now / width) + 1) * width }
  if (end_time > start_time) return { from: start_time, to: end_time }
  const message = `Invalid 'end_time': it must be later than 'start_time' (${start_time}), but got ${end_time} instead.`
  throw new ApiError('invalid_value', message, { param: 'end_time' })
}

function placeOf(page: string, window: Interval, width: number): number {
  const place = pageStart(page, window, width)
  if (place !== null) return place
  const message = "Invalid 'page': it is not the 'next_page' of a page of this query."
  throw new ApiError('invalid_value', message, { param: 'page' })
}

/** Kept as empty text is what has no value; requests that no source was published for are called unlabeled. */
function dimensionView(name: Dimension, value: string | number | undefined): string | boolean | null {
  if (name === 'batch') return value === 1
  if (name === 'api_source') return value === '' ? 'unlabeled' : String(value)
  return value === '' || value === undefined ? null : String(value)
}
