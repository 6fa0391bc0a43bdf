import type { UsageView } from '../../routes/views.ts'

const HOUR = 3600
const DAY = 86_400
const widths = { '1m': 60, '1h': HOUR, '1d': DAY } as const
export type Bucket = keyof typeof widths

/** What is shown, with nothing left open: whole buckets from `start` (inclusive) until `end` (exclusive), all in seconds. */
export type Window = { start: number; end: number; width: number; bucket: Bucket }

/** How much is shown, in seconds. */
const spanOf = ({ hours, days = 7, from, until }: UsageView, now: number): number =>
  from !== undefined ? (until ?? now) - from : hours !== undefined ? hours * HOUR : days * DAY

/** Whether a time can be shown in such buckets: of more of them each were too thin a bar, and less than a day is no day. */
export function canShow(bucket: Bucket, view: UsageView, now: number): boolean {
  const span = spanOf(view, now)
  return bucket === '1m' ? span <= 6 * HOUR : bucket === '1h' ? span <= 7 * DAY : span >= DAY || view.from !== undefined
}

function bucketOf(view: UsageView, now: number): Bucket {
  const { bucket, hours, days, from } = view
  if (bucket !== undefined && canShow(bucket, view, now)) return bucket
  if (from !== undefined) return '1d'
  return hours !== undefined ? '1m' : days === 1 ? '1h' : '1d'
}

/** The stretch that a view shows. Buckets are of UTC, as the server sums them. */
export function windowOf(view: UsageView, now: number): Window {
  const { from, until } = view
  const bucket = bucketOf(view, now)
  const width = widths[bucket]
  const last = (Math.floor(now / width) + 1) * width
  const end = until === undefined ? last : Math.min(last, Math.ceil(until / width) * width)
  const begins = from === undefined ? end - spanOf(view, now) : Math.floor(from / width) * width
  return { start: Math.min(begins, end - width), end, width, bucket }
}
