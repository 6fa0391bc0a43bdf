import { type SelectQueryBuilder, sql } from 'kysely'
import type { Db } from '../db/tables.ts'

/**
 * The ids of the first rows of several index ranges that are in the same order, each row once. Every range is read in the order of its
 * index and no further than the page needs, so that it does not matter how much else there is: one condition for all of them
 * (`in`, `or`) has rows that match nothing read to the end, or all that match sorted.
 * @param ranges each of rows that one index holds side by side; at least one
 * @param by the columns that order the list, which the ranges select
 */
export function merged<DB, TB extends keyof DB, O extends { id: string }>(
  db: Db,
  ranges: readonly [SelectQueryBuilder<DB, TB, O>, ...SelectQueryBuilder<DB, TB, O>[]],
  { by, order, limit }: { by: readonly (keyof O & string)[]; order: 'asc' | 'desc'; limit: number },
) {
  const first = <D, T extends keyof D, P>(rows: SelectQueryBuilder<D, T, P>) =>
    by.reduce((ordered, column) => ordered.orderBy(sql.ref(column), order), rows).limit(limit)
  // SQLite takes the end of a part of a union for the union's own, unless the part is a table to it.
  const [one, ...others] = ranges.map((range) => db.selectFrom(first(range).as('part')).selectAll())
  if (one === undefined) throw new Error('nothing to merge')
  const all = others.reduce((some, part) => some.union(part), one)
  return first(db.selectFrom(all.as('merged')).select(sql.ref<string>('id').as('id')))
}
