import { ApiError } from '../contract/error.ts'
import { beginningOf } from '../core/id.ts'
import type { Grain, Range } from '../core/usage.ts'
import { type Grouping, modelOfItem, trueOrFalse } from '../db/usage-summary.ts'
import { refuseBackwards } from './report-query.ts'

/** Seconds in a bucket of a width, and how many of it a summary has at most. */
const widths = {
  '1d': { grain: 86_400, most: 366 },
  '1h': { grain: 3600, most: 744 },
  '1m': { grain: 60, most: 1440 },
} as const satisfies Record<string, { grain: Grain; most: number }>

/** What a summary is of. */
export type PeriodQuery = { start_time: number; end_time?: number; bucket_width: keyof typeof widths }

/**
 * The period that is asked for, in whole buckets: so it is the same beside the retention, which deletes what is finer.
 * @throws ApiError where it ends before it starts, or has too many
 */
export function periodOf(query: PeriodQuery, now: number): Range {
  refuseBackwards(query)
  const { start_time, end_time, bucket_width } = query
  const { grain, most } = widths[bucket_width]
  const from = Math.floor(start_time / grain) * grain
  const to = Math.max(Math.ceil((end_time ?? now + 1) / grain) * grain, from + grain)
  const count = (to - from) / grain
  if (count <= most) return { grain, from, to }
  const message = `Invalid 'start_time': from then on there are ${count} buckets of ${bucket_width}, and a summary has at most ${most}. Ask for a shorter time or for longer buckets.`
  throw new ApiError('invalid_value', message, { param: 'start_time' })
}

/** The period of the same length before; null where there is none. */
export function periodBefore({ grain, from, to }: Range): Range | null {
  const start = from - (to - from)
  return start < 0 ? null : { grain, from: start, to: from }
}

/** What usage can be grouped by. Costs name their model in what was paid for. */
export type GroupBy = 'model' | 'api_key_id' | 'user_id' | 'service_account_id' | 'project_id' | 'line_item' | 'batch'

export function groupingOf(groupBy: GroupBy, kind: 'usage' | 'costs'): Grouping {
  if (groupBy === 'model' && kind === 'costs') return { dimension: 'line_item', name: modelOfItem }
  if (groupBy === 'batch') return { dimension: 'batch', name: trueOrFalse }
  if (groupBy === 'service_account_id') return { dimension: 'user_id', begins: beginningOf('serviceAccount') }
  return groupBy === 'user_id' ? { dimension: 'user_id', begins: beginningOf('user') } : { dimension: groupBy }
}
