import { type RawBuilder, sql } from 'kysely'
import type { Range, UsageKind } from '../core/usage.ts'
import type { Dimension, Measure } from '../core/usage-entry.ts'
import { type Packed, packed } from './packed.ts'
import type { Db } from './tables.ts'
import { total, type UsageFilter, type UsageGroup } from './usage.ts'

/** What sums are told apart by: the values of a dimension, those that begin so, by a name that is made of each. */
export type Grouping = {
  dimension: Dimension
  begins?: string
  name?: (value: RawBuilder<string>) => RawBuilder<string>
}

export type SummaryQuery<S> = {
  organizationId: string
  kinds: readonly [UsageKind, ...UsageKind[]]
  range: Range
  grouping: Grouping
  filters: readonly UsageFilter[]
  /** What is added up, and what is made of it. */
  measures: readonly Measure[]
  select: S
  /** The groups that are told by themselves: as many, those that have the most of these measures together, or these. */
  groups: { most: number; of: readonly Measure[] } | readonly string[]
}

/** A time's sums of a group; of all groups that are not told by themselves where its name is null. */
export type Summed<S> = { time: number; name: string | null } & Omit<UsageGroup<S>, 'time' | Dimension>

/**
 * Sums of what was used, for each time and for each of some groups, and of all others together. It is one statement, so of one
 * moment, and reads its rows once: who has the most is known when all are read. What that takes the database holds, and spills.
 */
export function summedUp<S extends Record<string, RawBuilder<unknown>>>(
  db: Db,
  { organizationId, kinds, range, grouping, filters, measures, select, groups }: SummaryQuery<S>,
): Promise<Packed<Summed<S>>> {
  const { dimension, begins, name = (value: RawBuilder<string>) => value } = grouping
  // Kind by kind: within one, the rows are in the order of time and key.
  const ofKind = (kind: UsageKind) => {
    let rows = db
      .selectFrom('usage_rollup')
      .select(['time', sql.ref<string>(dimension).as('value')])
      .select(measures.map((measure) => total(measure).as(measure)))
      .where('organization_id', '=', organizationId)
      .where('kind', '=', kind)
      .where('grain', '=', range.grain)
      .where('time', '>=', range.from)
      .where('time', '<', range.to)
    for (const { dimension, values } of filters) rows = rows.where(dimension, 'in', [...values])
    if (begins !== undefined) rows = rows.where(dimension, '>=', begins).where(dimension, '<', behind(begins))
    return rows.groupBy(['time', dimension])
  }
  const [first, ...others] = kinds
  const grouped = others.reduce((all, kind) => all.unionAll(ofKind(kind)), ofKind(first))
  const named = name(sql.ref<string>('grouped.value'))
  const statement = db
    .with(
      (cte) => cte('grouped').materialized(),
      () => grouped,
    )
    .with(
      (cte) => cte('top').materialized(),
      (on) => {
        const names = on.selectFrom('grouped').select(named.as('name')).groupBy(named)
        if (!('most' in groups)) return groups.length === 0 ? names.limit(0) : names.where(named, 'in', [...groups])
        const most = sql`sum(${sql.join(groups.of.map(sql.ref), sql` + `)})`
        return names.orderBy(most, 'desc').orderBy(named).limit(groups.most)
      },
    )
    .selectFrom('grouped')
    .leftJoin('top', (join) => join.on(sql<boolean>`${named} = ${sql.ref('top.name')}`))
    .select(['grouped.time', 'top.name'])
    .select(Object.entries(select).map(([name, expression]) => expression.as(name)))
    .groupBy(['grouped.time', 'top.name'])
  return packed(db, statement, ['time', 'name', ...Object.keys(select)], [])
}

/** What comes behind all texts that begin so. */
const behind = (text: string) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1)

/** Letters of what line items are of, which follows the model: `m1, input_tokens`. */
const ITEM = sql.lit('abcdefghijklmnopqrstuvwxyz0123456789_')

/** The model that a line item names; of one that names none all of it. */
export function modelOfItem(item: RawBuilder<string>): RawBuilder<string> {
  const model = sql`rtrim(${item}, ${ITEM})`
  return sql`case when ${model} like '%, ' then substr(${model}, 1, length(${model}) - 2) else ${item} end`
}
