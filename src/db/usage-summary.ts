import { type AliasedRawBuilder, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { UsageKind } from '../core/usage.ts'
import type { Dimension, Measure } from '../core/usage-entry.ts'
import { type Packed, packed } from './packed.ts'
import type { Db, Tables } from './tables.ts'
import { total, type UsageGroup } from './usage.ts'
import { type Rows, rowsOf, type Slice, type Usage } from './usage-slices.ts'

/** What sums are told apart by: the values of a dimension, those that begin so, by a name that is made of each. */
export type Grouping = {
  dimension: Dimension
  begins?: string
  name?: (value: RawBuilder<string>) => RawBuilder<string>
}

export type Grouped = Usage & { grouping: Grouping }

/** The groups that are told by themselves: as many, those that have the most of these measures together, or these. */
export type Groups = { most: number; of: readonly Measure[] } | readonly string[]

/** What is added up of a slice, and what is made of it. */
export type Summing<S> = { measures: readonly Measure[]; select: S; groups: Groups }

/** A time's sums of a group; of all groups that are not told by themselves where its name is null. */
export type Summed<S> = { time: number; name: string | null } & Omit<UsageGroup<S>, 'time' | Dimension>

/**
 * Sums of what was used in a slice, for each time and for each of some groups, and of all others together. It is one statement, so
 * of one moment, and reads its rows once: who has the most is known when all are read. What that takes the database holds, and
 * spills.
 */
export function summedUp<S extends Record<string, RawBuilder<unknown>>>(
  db: Db,
  usage: Grouped,
  slice: Slice,
  { measures, select, groups }: Summing<S>,
): Promise<Packed<Summed<S>>> {
  const named = nameOf(usage)
  const sums = measures.map((measure) => total(measure).as(measure))
  const statement = db
    .with(
      (cte) => cte('grouped').materialized(),
      () => ofKinds(db, usage, slice, (rows, value) => rows.select(['time', value, ...sums]).groupBy('time')),
    )
    .with(
      (cte) => cte('top').materialized(),
      (on) => {
        const names = on.selectFrom('grouped').select(named.as('name')).groupBy(named)
        if (!('most' in groups)) return groups.length === 0 ? names.limit(0) : names.where(named, 'in', [...groups])
        return names.orderBy(together(groups.of), 'desc').orderBy(named).limit(groups.most)
      },
    )
    .selectFrom('grouped')
    .leftJoin('top', (join) => join.on(sql<boolean>`${named} = ${sql.ref('top.name')}`))
    .select(['grouped.time', 'top.name'])
    .select(Object.entries(select).map(([name, expression]) => expression.as(name)))
    .groupBy(['grouped.time', 'top.name'])
  return packed(db, statement, ['time', 'name', ...Object.keys(select)], [])
}

/** How much of some measures together one name has in a slice: whole billions, and what is beyond them. */
export type Weighed = { name: string; billions: number; beyond: number }

/** Names, in the order of their bytes: those behind one, up to another. */
export type Names = { after: string | null; through: string | null }

/** How much each name has in a slice of some measures together. */
export function weighed(
  db: Db,
  usage: Grouped,
  slice: Slice,
  of: readonly Measure[],
  { after, through }: Names,
): Promise<Packed<Weighed>> {
  const named = nameOf(usage)
  const sum = sql<number>`cast(${together(of)} as bigint)`
  let statement = db
    .with('grouped', () =>
      ofKinds(db, usage, slice, (rows, value) =>
        rows.select([value, ...of.map((measure) => total(measure).as(measure))]),
      ),
    )
    .selectFrom('grouped')
    .select([named.as('name'), sql`${sum} / 1000000000`.as('billions'), sql`${sum} % 1000000000`.as('beyond')])
    .groupBy(named)
  if (after !== null) statement = statement.where(named, '>', after)
  if (through !== null) statement = statement.where(named, '<=', through)
  return packed(db, statement, ['name', 'billions', 'beyond'], [])
}

const together = (of: readonly Measure[]) => sql`sum(${sql.join(of.map(sql.ref), sql` + `)})`

const nameOf = ({ grouping: { name = (value: RawBuilder<string>) => value } }: Grouped) =>
  name(sql.ref<string>('grouped.value'))

/** What is made of the rows of each kind, for each value: within one, the rows are in the order of time and key. */
function ofKinds<O>(
  db: Db,
  usage: Grouped,
  slice: Slice,
  some: (rows: Rows, value: AliasedRawBuilder<string, 'value'>) => SelectQueryBuilder<Tables, 'usage_rollup', O>,
) {
  const { dimension, begins } = usage.grouping
  const ofKind = (kind: UsageKind) => {
    const rows = rowsOf(db, usage, kind, slice, usage.filters)
    const wanted =
      begins === undefined ? rows : rows.where(dimension, '>=', begins).where(dimension, '<', behind(begins))
    return some(wanted, sql.ref<string>(dimension).as('value')).groupBy(dimension)
  }
  const [first, ...others] = usage.kinds
  return others.reduce((all, kind) => all.unionAll(ofKind(kind)), ofKind(first))
}

/** What comes behind all texts that begin so. */
const behind = (text: string) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1)

/** What is told of what is kept as a number. */
export const trueOrFalse = (value: RawBuilder<string>): RawBuilder<string> =>
  sql`case when ${value} = 1 then 'true' else 'false' end`

/** Letters of what line items are of, which follows the model: `m1, input_tokens`. */
const ITEM = sql.lit('abcdefghijklmnopqrstuvwxyz0123456789_')

/** The model that a line item names; of one that names none all of it. */
export function modelOfItem(item: RawBuilder<string>): RawBuilder<string> {
  const model = sql`rtrim(${item}, ${ITEM})`
  return sql`case when ${model} like '%, ' then substr(${model}, 1, length(${model}) - 2) else ${item} end`
}
