/** What is metered: one kind for each usage report, and `costs`. */
const usageKinds = [
  'completions',
  'decisions',
  'embeddings',
  'moderations',
  'images',
  'audio_speeches',
  'audio_transcriptions',
  'vector_stores',
  'code_interpreter_sessions',
  'file_search_calls',
  'web_search_calls',
  'costs',
] as const
export type UsageKind = (typeof usageKinds)[number]

/** Seconds from `from` until, and without, `to`. */
export type Interval = { from: number; to: number }

/** What sums are kept of, in seconds, coarsest first: each begins at a multiple of itself, so on a UTC boundary. */
export const grains = [86_400, 3600, 60] as const
export type Grain = (typeof grains)[number]

/** Rows of one grain that begin in the interval. */
export type Range = Interval & { grain: Grain }

const floor = (time: number, width: number) => Math.floor(time / width) * width
const ceil = (time: number, width: number) => Math.ceil(time / width) * width

/**
 * The fewest rows that sum an interval up: days where whole days fit, hours at their ends, minutes at the ends of those. A
 * minute is the least there is, so one that the interval touches counts whole.
 */
export function cover({ from, to }: Interval, [grain, ...finer]: readonly Grain[] = grains): Range[] {
  if (grain === undefined || from >= to) return []
  if (finer.length === 0) return [{ grain, from: floor(from, grain), to }]
  const first = ceil(from, grain)
  const last = floor(to, grain)
  if (first >= last) return cover({ from, to }, finer)
  return [...cover({ from, to: first }, finer), { grain, from: first, to: last }, ...cover({ from: last, to }, finer)]
}

/**
 * An interval whose ends lie where the sums by the minute are deleted already, widened to whole hours: those are the least
 * there is then, as the minute is otherwise.
 * @param minutesFrom when the oldest minutes that are kept begin, at the beginning of an hour
 */
export function widened({ from, to }: Interval, minutesFrom: number): Interval {
  const hour = 3600
  return { from: from < minutesFrom ? floor(from, hour) : from, to: to < minutesFrom ? ceil(to, hour) : to }
}

/**
 * The buckets of a window, empty ones too: the first and the last clipped to it, the edges between them on UTC boundaries.
 * @param width of a bucket, in seconds
 * @param most how many at most, from the window's start
 */
export function bucketsOf({ from, to }: Interval, width: number, most: number): Interval[] {
  const buckets: Interval[] = []
  for (let start = from; start < to && buckets.length < most; ) {
    const end = Math.min(floor(start, width) + width, to)
    buckets.push({ from: start, to: end })
    start = end
  }
  return buckets
}

/** One query's worth of a report: several whole buckets of one range, each a row's own time, or one put together from ranges. */
export type Read = { buckets: Interval[]; ranges: Range[] }

/**
 * Few enough that a report costs few queries, and enough that one over many keys is not held in memory twice, nor holds up
 * everything else for its whole length.
 */
const READS = 8

/**
 * Splits a page's buckets into reads, in order.
 * @param minutesFrom when the oldest minutes that are kept begin: what a report by the minute does not find there is gone,
 * others count the hours that they touch
 */
export function readsOf(buckets: readonly Interval[], width: Grain, minutesFrom = Number.NEGATIVE_INFINITY): Read[] {
  const together = Math.ceil(buckets.length / READS)
  const isWhole = (bucket: Interval | undefined) => bucket !== undefined && bucket.to - bucket.from === width
  const reads: Read[] = []
  for (const bucket of buckets) {
    const last = reads.at(-1)
    const range = last?.ranges[0]
    if (last && range && isWhole(bucket) && isWhole(last.buckets[0]) && last.buckets.length < together) {
      last.buckets.push(bucket)
      range.to = bucket.to
    } else reads.push({ buckets: [bucket], ranges: cover(width === 60 ? bucket : widened(bucket, minutesFrom)) })
  }
  return reads
}

/**
 * What is left of a read whose rows were cut off within a bucket: the rest of that bucket, and the buckets behind it.
 * @param time of the row that was the last one; of a read of one bucket, whatever
 */
export function restOf({ buckets, ranges }: Read, time: number): [cut: Read, behind: Read | null] {
  const [range] = ranges
  const at = buckets.findLastIndex(({ from }) => from <= time)
  const bucket = buckets[at]
  if (buckets.length === 1 || range === undefined || bucket === undefined) return [{ buckets, ranges }, null]
  const behind = buckets.slice(at + 1)
  const [next] = behind
  return [
    { buckets: [bucket], ranges: [{ ...range, ...bucket }] },
    next ? { buckets: behind, ranges: [{ ...range, from: next.from }] } : null,
  ]
}

const PREFIX = 'page_'
const TOKEN_BYTES = 20

/**
 * A cursor of the original's form: `page_` and three big-endian numbers in base64url, here the query's start, its width and
 * where the next page starts. Unpadded: a `=` would have to be escaped in a URL.
 */
export function pageToken(start: number, width: number, next: number): string {
  const bytes = Buffer.alloc(TOKEN_BYTES)
  bytes.writeBigUInt64BE(BigInt(start), 0)
  bytes.writeUInt32BE(width, 8)
  bytes.writeBigUInt64BE(BigInt(next), 12)
  return PREFIX + bytes.toString('base64url')
}

/**
 * Where the page starts that a cursor names; null for text that is no cursor of this query. Padding is taken, also where a
 * client has escaped it twice.
 */
export function pageStart(token: string, { from, to }: Interval, width: number): number | null {
  const text = token.replace(/(=|%3D)+$/i, '')
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url')
  if (bytes.length !== TOKEN_BYTES) return null
  const next = Number(bytes.readBigUInt64BE(12))
  const isOurs = text === pageToken(from, width, next)
  return isOurs && next > from && next < to && next % width === 0 ? next : null
}
