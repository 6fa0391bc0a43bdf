import { setImmediate as othersTurn } from 'node:timers/promises'
import { unavailable } from '../contract/error.ts'
import type { Range } from '../core/usage.ts'
import { isTooLong } from '../db/errors.ts'
import { summedUp } from '../db/usage-summary.ts'
import { filtersOf } from './report-query.ts'
import { groupingOf, periodBefore, periodOf } from './summary-query.ts'
import type { SummaryCall, SummaryShape } from './summary-shape.ts'
import { summaryText } from './summary-text.ts'
import { type Read, Series, type Sums } from './usage-series.ts'

/** Groups that are told by themselves. */
const MOST = 20

/**
 * A summary, in parts: who has the most, everybody else as one sum, and the sum of all, over a period and in each bucket of it. A
 * period is one statement; between parts others have their turn.
 * @param projectId the one project that it is of; null: all that the query leaves
 */
export async function* summary(
  { db, now, caller: { organizationId }, query, inTurn }: SummaryCall,
  shape: SummaryShape,
  projectId: string | null,
): AsyncGenerator<string, void> {
  const { kinds, measures, select, rank } = shape
  const range = periodOf(query, now)
  const earlier = query.include_previous_period ? periodBefore(range) : null
  const own = projectId === null ? [] : [{ dimension: 'project_id' as const, values: [projectId] }]
  const of = {
    ...{ organizationId, kinds, measures, select },
    grouping: groupingOf(query.group_by, shape.of),
    filters: [...filtersOf(shape.route, query), ...own],
  }
  const read = async (range: Range, groups: Parameters<typeof summedUp>[1]['groups']): Promise<Read> => {
    const found = { range, all: new Series(range, Object.keys(select)), groups: new Map<string | null, Series>() }
    const rows = await inTurn(() => summedUp(db, { ...of, range, groups })).catch(tooMuch)
    for (const some of rows.together()) {
      for (const { time, name, ...sums } of some) {
        const series = found.groups.get(name) ?? new Series(range, Object.keys(select))
        found.groups.set(name, series)
        for (const one of [series, found.all]) one.add(time, sums as Sums)
      }
      await othersTurn()
    }
    return found
  }
  const period = await read(range, { most: MOST, of: rank.of })
  const ids = ranked(period, rank.weight)
  const previous = earlier && (await read(earlier, ids))
  yield* summaryText({ db, organizationId, query, inTurn }, shape, { period, previous, ids })
}

/** Those that are told by themselves, most first. */
function ranked({ groups }: Read, weight: SummaryShape['rank']['weight']): string[] {
  const weights = [...groups].flatMap(([id, { total }]) => (id === null ? [] : [{ id, weight: weight(total) }]))
  return weights.sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1)).map(({ id }) => id)
}

/** Whoever asks for less is answered; that the database is away would be another matter. */
function tooMuch(error: unknown): never {
  if (!isTooLong(error)) throw error
  const message = 'To sum up so much takes the database longer than a statement may take. Ask for a shorter time.'
  throw unavailable(message, error)
}
