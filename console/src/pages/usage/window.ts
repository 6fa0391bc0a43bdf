import type { UsageView } from '../../router.tsx'

const HOUR = 3600
const DAY = 86_400
/** Of more days an hour is too thin a bar. */
const DAYS_IN_HOURS = 7

/** What is shown, with nothing left open: whole buckets from `start` (inclusive) until `end` (exclusive), all in seconds. */
export type Window = { start: number; end: number; width: number; bucket: '1h' | '1d' }

/** Whether the hours of a view can be shown: what was paid is kept by days alone. */
export const canHours = ({ measure, days = 7, from, until }: UsageView, now: number): boolean =>
  measure !== 'money' && (from === undefined ? days <= DAYS_IN_HOURS : (until ?? now) - from <= DAYS_IN_HOURS * DAY)

/** The stretch that a view shows. Buckets are of UTC, as the server sums them. */
export function windowOf(view: UsageView, now: number): Window {
  const { days = 7, from, until, bucket = days === 1 && from === undefined ? '1h' : '1d' } = view
  const isHours = bucket === '1h' && canHours(view, now)
  const width = isHours ? HOUR : DAY
  const last = (Math.floor(now / width) + 1) * width
  const end = until === undefined ? last : Math.min(last, Math.ceil(until / width) * width)
  const start = from === undefined ? end - days * DAY : Math.min(Math.floor(from / width) * width, end - width)
  return { start, end, width, bucket: isHours ? '1h' : '1d' }
}
