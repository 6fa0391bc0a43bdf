import { ApiError } from '../contract/error.ts'
import type { Route } from '../contract/route.ts'
import type { Grain, Interval, UsageKind } from '../core/usage.ts'
import { type Dimension, dimensions } from '../core/usage-entry.ts'
import { type Place, placeOf } from '../core/usage-place.ts'
import type { UsageFilter } from '../db/usage.ts'

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

/** What filters narrow, by their names. */
export type Filters = { [F in keyof typeof columns]?: readonly string[] | boolean | null }

/** What all reports are asked with, whatever else one of them takes. */
export type ReportQuery = {
  start_time: number
  end_time?: number | null
  bucket_width?: keyof typeof widths | null
  limit?: number | null
  page?: string | null
  group_by?: readonly string[] | null
} & Filters

/** What a query asks for: a window in buckets of a width (seconds), so many on a page, from a place on. */
export type Asked = {
  window: Interval
  width: Grain
  limit: number
  place: Place
  /** What the report can be grouped by, and what it is. */
  groups: Dimension[]
  groupBy: Dimension[]
  filters: UsageFilter[]
}

/** What a report is grouped and filtered by is what its route takes; other query keys are ignored, like everywhere. */
export function askedFor(route: Route, kind: UsageKind, query: ReportQuery, now: number): Asked {
  const { properties } = route.query as unknown as { properties: Record<string, { items?: { enum?: string[] } }> }
  const named = properties.group_by?.items?.enum ?? []
  const groups = dimensions.filter((name) => named.includes(name))
  const groupBy = groups.filter((name) => query.group_by?.includes(name))
  const filters = filtersOf(route, query)
  const { width, limit } = sizeOf(kind, query)
  const window = windowOf(query, width, now)
  const place = query.page ? placeIn(query.page, window, width, groupBy) : { from: window.from, after: null }
  return { window, width, limit, place, groups, groupBy, filters }
}

/** What a query asks to be left of what was used: as far as its route takes such a filter. */
export function filtersOf({ query: schema }: Route, query: Filters): UsageFilter[] {
  const { properties } = schema as unknown as { properties: object }
  const names = (Object.keys(columns) as (keyof typeof columns)[]).filter((name) => name in properties)
  return names.flatMap((name) => filterOf(columns[name], query[name]))
}

function filterOf(dimension: Dimension, wanted: Filters[keyof Filters]): UsageFilter[] {
  if (wanted == null) return []
  return [{ dimension, values: typeof wanted === 'boolean' ? [wanted ? 1 : 0] : wanted }]
}

/** The limit of costs is in their schema; those of the other reports depend on the width. */
function sizeOf(kind: UsageKind, { bucket_width, limit }: ReportQuery): { width: Grain; limit: number } {
  const { width, preset, most } = widths[bucket_width ?? '1d']
  if (limit == null) return { width, limit: preset }
  if (limit <= most || kind === 'costs') return { width, limit }
  const message = `Invalid 'limit': integer above maximum value. Expected a value <= ${most}, but got ${limit} instead.`
  throw new ApiError('integer_above_max_value', message, { param: 'limit' })
}

/** Without an end: up to the end of the bucket that is now. */
function windowOf(query: ReportQuery, width: number, now: number): Interval {
  refuseBackwards(query)
  const { start_time, end_time } = query
  return { from: start_time, to: end_time ?? (Math.floor(now / width) + 1) * width }
}

/** @throws ApiError where a time ends before it starts */
export function refuseBackwards({ start_time, end_time }: Pick<ReportQuery, 'start_time' | 'end_time'>): void {
  if (end_time == null || end_time > start_time) return
  const message = `Invalid 'end_time': it must be later than 'start_time' (${start_time}), but got ${end_time} instead.`
  throw new ApiError('invalid_value', message, { param: 'end_time' })
}

function placeIn(page: string, window: Interval, width: number, groupBy: readonly Dimension[]): Place {
  const place = placeOf(page, window, width, groupBy)
  if (place !== null) return place
  const message = "Invalid 'page': it is not the 'next_page' of a page of this query."
  throw new ApiError('invalid_value', message, { param: 'page' })
}
