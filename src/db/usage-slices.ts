import { type SelectQueryBuilder, sql } from 'kysely'
import type { Grain, Range, UsageKind } from '../core/usage.ts'
import type { Db, Tables } from './tables.ts'
import type { UsageFilter } from './usage.ts'

/** What is to be read of the usage: of these kinds, in a period, what passes all of the filters. */
export type Usage = {
  organizationId: string
  kinds: readonly [UsageKind, ...UsageKind[]]
  range: Range
  filters: readonly UsageFilter[]
}

/** Where a slice begins or ends: at a time (Unix seconds), with an API key. None comes before the empty one. */
export type Place = { time: number; key: string }
/** A part of a period: from a place on, up to another and without it. */
export type Slice = { from: Place; to: Place }

export type Rows = SelectQueryBuilder<Tables, 'usage_rollup', object>

/** The rows of one kind in a slice that pass some filters. */
export function rowsOf(
  db: Db,
  { organizationId, range: { grain } }: Usage,
  kind: UsageKind,
  { from, to }: Slice,
  filters: readonly UsageFilter[],
): Rows {
  const ofOne = hasIndex(grain) && filters.some(ofOneProject)
  let rows = db
    .selectFrom('usage_rollup')
    .where('organization_id', '=', organizationId)
    .where('kind', '=', kind)
    .where(ofOne ? sql<number>`(grain + 0)` : sql.ref<number>('grain'), '=', grain)
    .where(sql<boolean>`(time, api_key_id) >= (${from.time}, ${from.key})`)
    .where(sql<boolean>`(time, api_key_id) < (${to.time}, ${to.key})`)
  if (ofOne) rows = rows.where('grain', '<>', sql.lit(60))
  for (const { dimension, values } of filters) rows = rows.where(dimension, 'in', [...values])
  return rows
}

/** Rows of a kind, at most: of a period that is one slice, and of each slice of a longer one. */
export type SliceBounds = { whole: number; slice: number }

/**
 * Cuts a period into slices in which each kind has so many rows at most, but for those of one key and time. What is counted is
 * what has to be read: all rows of the organization, or of the one project that is asked for.
 * @param read runs each statement
 */
export async function slicesOf(
  db: Db,
  usage: Usage,
  { whole, slice }: SliceBounds,
  read: <T>(statement: () => Promise<T>) => Promise<T>,
): Promise<Slice[]> {
  const { from: first, to: last } = usage.range
  const end = { time: last, key: '' }
  const all: Slice = { from: { time: first, key: '' }, to: end }
  if ((await read(() => behindSo(db, usage, all, whole))) === undefined) return [all]
  const slices: Slice[] = []
  for (let from: Place | undefined = all.from; from !== undefined; ) {
    const rest: Slice = { from, to: end }
    const next: Place | undefined = await read(() => behindSo(db, usage, rest, slice))
    // The least that comes behind a key: what is all of one key is one slice, however much it is.
    const to: Place | undefined =
      next?.time === from.time && next.key === from.key ? { ...next, key: `${next.key}\u0001` } : next
    slices.push({ from, to: to ?? end })
    from = to
  }
  return slices
}

/** The place of the first row of any kind that has so many of its kind before it. */
async function behindSo(db: Db, usage: Usage, rest: Slice, many: number): Promise<Place | undefined> {
  const readBy = hasIndex(usage.range.grain) ? usage.filters.filter(ofOneProject) : []
  const ofKind = (kind: UsageKind) =>
    db
      .selectFrom(
        rowsOf(db, usage, kind, rest, readBy)
          .select(['time', 'api_key_id as key'])
          .orderBy('time')
          .orderBy('api_key_id')
          .limit(1)
          .offset(many)
          .as('of_kind'),
      )
      .select(['time', 'key'])
  const [kind, ...others] = usage.kinds
  return await others
    .reduce((all, other) => all.unionAll(ofKind(other)), ofKind(kind))
    .orderBy('time')
    .orderBy('key')
    .limit(1)
    .executeTakeFirst()
}

/** What one project used is in an index, in these very words: all but its minutes. */
const hasIndex = (grain: Grain) => grain !== 60
const ofOneProject = ({ dimension, values }: UsageFilter) => dimension === 'project_id' && values.length === 1
