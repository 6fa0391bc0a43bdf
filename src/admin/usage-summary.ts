import { setImmediate as othersTurn } from 'node:timers/promises'
import { inBytes } from '../core/in-bytes.ts'
import type { Range } from '../core/usage.ts'
import type { Packed } from '../db/packed.ts'
import { type Slice, type SliceBounds, slicesOf } from '../db/usage-slices.ts'
import { type Groups, summedUp, weighed } from '../db/usage-summary.ts'
import { filtersOf } from './report-query.ts'
import { withMost } from './summary-most.ts'
import { groupingOf, periodBefore, periodOf } from './summary-query.ts'
import type { SummaryCall, SummaryShape } from './summary-shape.ts'
import { summaryText } from './summary-text.ts'
import { type Read, Series, type Sums } from './usage-series.ts'

/** Groups that are told by themselves. */
const MOST = 20

/** How much is done and held at once. */
export type Bounds = SliceBounds & {
  /** Names that all summaries together hold while it is not known which of them have the most: some tens of megabytes. */
  names: number
}
/** A million rows are a second of the database's, or two: thirty days of 10,000 keys. */
const BOUNDS: Bounds = { whole: 1_000_000, slice: 250_000, names: 200_000 }

/**
 * A summary, in parts: who has the most, everybody else as one sum, and the sum of all, over a period and in each bucket of it. A
 * period is one statement, whose database finds out who has the most. One with more usage is read in slices, and twice: for who has
 * the most, and for what is told. Between slices others have their turn, and for whoever has left nothing more is read.
 * @param projectId the one project that it is of; null: all that the query leaves
 */
export async function* summary(
  { db, now, caller: { organizationId }, query, inTurn }: SummaryCall,
  shape: SummaryShape,
  projectId: string | null,
  bounds: Bounds = BOUNDS,
): AsyncGenerator<string, void> {
  const { kinds, measures, select, rank } = shape
  const range = periodOf(query, now)
  const earlier = query.include_previous_period ? periodBefore(range) : null
  const own = projectId === null ? [] : [{ dimension: 'project_id' as const, values: [projectId] }]
  const filters = [...filtersOf(shape.route, query), ...own]
  const of = { organizationId, kinds, filters, grouping: groupingOf(query.group_by, shape.of) }
  const cut = (range: Range) => slicesOf(db, { ...of, range }, bounds, inTurn)
  const most = (slices: readonly Slice[]) =>
    withMost(MOST, bounds.names, (names) =>
      inSlices(slices, inTurn, (slice) => weighed(db, { ...of, range }, slice, rank.of, names())),
    )
  const read = async (range: Range, slices: readonly Slice[], groups: Groups): Promise<Read> => {
    const found = { range, all: new Series(range, Object.keys(select)), groups: new Map<string | null, Series>() }
    const summing = { measures, select, groups }
    for await (const some of inSlices(slices, inTurn, (slice) => summedUp(db, { ...of, range }, slice, summing))) {
      for (const { time, name, ...sums } of some) {
        const series = found.groups.get(name) ?? new Series(range, Object.keys(select))
        found.groups.set(name, series)
        for (const one of [series, found.all]) one.add(time, sums as Sums)
      }
    }
    return found
  }
  const slices = await cut(range)
  const groups = slices.length === 1 ? { most: MOST, of: rank.of } : await most(slices)
  const period = await read(range, slices, groups)
  const ids = ranked(period, rank.weight)
  const previous = earlier && (await read(earlier, await cut(earlier), ids))
  yield* summaryText({ db, organizationId, query, inTurn }, shape, { period, previous, ids })
}

/** Those that are told by themselves, most first. */
function ranked({ groups }: Read, weight: SummaryShape['rank']['weight']): string[] {
  const weights = [...groups].flatMap(([id, { total }]) => (id === null ? [] : [{ id, weight: weight(total) }]))
  return weights
    .sort((a, b) => (a.weight === b.weight ? inBytes(a.id, b.id) : a.weight < b.weight ? 1 : -1))
    .map(({ id }) => id)
}

/** What a statement finds in each slice, some rows at a time: others have their turn between. */
async function* inSlices<R>(
  slices: readonly Slice[],
  inTurn: SummaryCall['inTurn'],
  statement: (slice: Slice) => Promise<Packed<R>>,
): AsyncGenerator<R[]> {
  for (const slice of slices) {
    const rows = await inTurn(() => statement(slice))
    for (const some of rows.together()) {
      yield some
      await othersTurn()
    }
  }
}
