import { setImmediate as othersTurn } from 'node:timers/promises'
import type { RawBuilder } from 'kysely'
import type { Route } from '../contract/route.ts'
import { bucketsOf, type Interval, type Read, readsOf, restOf, type UsageKind } from '../core/usage.ts'
import type { Dimension } from '../core/usage-entry.ts'
import { type Place, placeToken } from '../core/usage-place.ts'
import { minutesKeptFrom, sumKept } from '../db/minutes-kept.ts'
import type { Db } from '../db/tables.ts'
import { sumUsage, type UsageGroup } from '../db/usage.ts'
import type { InTurn } from './handlers.ts'
import { type PageBounds, ReportPage } from './report-page.ts'
import { type Asked, askedFor, type ReportQuery } from './report-query.ts'

/** How much is made at once. */
export type Bounds = PageBounds & {
  /**
   * Groups of one statement. Few enough that a report whose client does not read holds little, and enough that what the database
   * has to add up before it knows its first group is not added up again and again.
   */
  groups: number
}
const BOUNDS: Bounds = { groups: 10_000, enough: 4 * 2 ** 20, most: 16 * 2 ** 20 }

/** What a report needs of its call. */
export type ReportCall = {
  db: Db
  now: number
  caller: { organizationId: string }
  query: ReportQuery
  inTurn: InTurn
}

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

/** A statement's worth of a report; `after`: only groups behind that one. */
type Step = { read: Read; after: Place['after'] }

/**
 * One page of a report, in parts: a bucket for every interval, with a result for every group that used something in it. A part is
 * made when it is asked for, and between two others have their turn.
 */
export async function* report<Result extends { object: string }, S extends Select>(
  { db, now, caller, query, inTurn }: ReportCall,
  shape: Shape<Result, S>,
  bounds: Bounds = BOUNDS,
): AsyncGenerator<string, void> {
  const { kind, select } = shape
  const asked = askedFor(shape.route, kind, query, now)
  const { window, width, limit, place, groupBy, filters } = asked
  const buckets = bucketsOf({ from: place.from, to: window.to }, width, limit)
  const of = { organizationId: caller.organizationId, kind, groupBy, filters, select, limit: bounds.groups }
  const resultOf = resultView(shape, asked)
  const groupOf = (row: UsageGroup<S>) => groupBy.map((name) => row[name] ?? '')
  const cut = width !== 60 && [place.from, buckets.at(-1)?.to ?? 0].some((end) => end % 3600 !== 0)
  const minutesFrom = cut ? await inTurn(() => minutesKeptFrom(db, of.organizationId, kind)) : null

  const page = new ReportPage(buckets, bounds)
  const steps = stepsOf(buckets, asked, minutesFrom)
  for (let step = steps.shift(); step !== undefined && page.next === null; step = steps.shift()) {
    const { read, after } = step
    const byTime = read.buckets.length > 1
    const [first, last] = [read.buckets[0]?.from ?? 0, read.buckets.at(-1)?.from ?? 0]
    if (!page.turnTo(first)) break
    const rows = await inTurn(() =>
      minutesFrom === null
        ? sumUsage(db, { ...of, ranges: read.ranges, byTime, after })
        : sumKept(db, { ...of, byTime, after }, read, minutesFrom),
    )
    let [found, time, group] = [0, first, [] as (string | number)[]]
    for (const some of rows.together()) {
      for (const row of some) {
        time = row.time ?? first
        group = groupOf(row)
        found++
        if (!page.turnTo(time) || !page.add(resultOf(row), group)) break
      }
      yield page.take()
      if (page.next !== null) break
      await othersTurn()
    }
    if (found === bounds.groups) steps.unshift(...rest(read, time, group))
    else page.turnTo(last)
  }
  page.end(nextToken(page, asked, buckets.at(-1)?.to ?? window.to))
  yield page.take()
}

/** A page that begins within a bucket reads the rest of that one first. */
function stepsOf(buckets: readonly Interval[], { width, place: { after } }: Asked, minutesFrom: number | null): Step[] {
  const begun = after === null ? 0 : 1
  const steps = (some: readonly Interval[], after: Place['after']) =>
    readsOf(some, width, minutesFrom ?? undefined).map((read): Step => ({ read, after }))
  return [...steps(buckets.slice(0, begun), after), ...steps(buckets.slice(begun), null)]
}

/**
 * What is left of a statement that found as much as it may: the rest of the bucket that it ends in, of which without groups there
 * is none, and those behind.
 */
function rest(read: Read, time: number, after: (string | number)[]): Step[] {
  const [cut, behind] = restOf(read, time)
  return [...(after.length > 0 ? [{ read: cut, after }] : []), ...(behind ? [{ read: behind, after: null }] : [])]
}

function nextToken({ next }: ReportPage, { window, width, groupBy }: Asked, end: number): string | null {
  if (next !== null) return placeToken(window.from, width, next, groupBy)
  return end < window.to ? placeToken(window.from, width, { from: end, after: null }, groupBy) : null
}

/** A result has every dimension of its report, null where it is not grouped by it. */
function resultView<Result extends { object: string }, S extends Select>(
  { object, view }: Shape<Result, S>,
  { groups, groupBy }: Asked,
) {
  const ungrouped = Object.fromEntries(groups.map((name) => [name, null]))
  return (row: UsageGroup<S>): Result => {
    const result: Record<string, unknown> = { object, ...view(row), ...ungrouped }
    for (const name of groupBy) result[name] = dimensionView(name, row[name])
    // The view made all but the dimensions, and those are the ones that the route's own schema names.
    return result as Result
  }
}

/** Kept as empty text is what has no value; requests that no source was published for are called unlabeled. */
function dimensionView(name: Dimension, value: string | number | undefined): string | boolean | null {
  if (name === 'batch') return value === 1
  if (name === 'api_source') return value === '' ? 'unlabeled' : String(value)
  return value === '' || value === undefined ? null : String(value)
}
