import { type AliasedSelectQueryBuilder, type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/tables.ts'

/** The ids of some rows: what is said of these rows begins with them. */
export type Ids = { as: (alias: 'page') => AliasedSelectQueryBuilder<{ id: string }, 'page'> }

/** Rows of whatever table, as far as they are merged: what is selected of each is the same. */
type Range<O> = {
  orderBy: (column: RawBuilder<unknown>, order: 'asc' | 'desc') => Range<O>
  limit: (limit: number) => Range<O>
  as: (alias: 'part') => AliasedSelectQueryBuilder<O, 'part'>
}

/**
 * The ids of the first rows of several index ranges that are in the same order, each row once. Every range is read in the order of its
 * index and no further than the page needs, so that it does not matter how much else there is: one condition for all of them
 * (`in`, `or`) has rows that match nothing read to the end, or all that match sorted.
 * What the rows are is asked for by a `crossJoin` behind the ids: SQLite then begins with them, and is not led by the order of the
 * page to read everything in that order and see what is among them.
 * @param ranges each of rows that one index holds side by side; at least one
 * @param by the columns that order the list, which the ranges select
 */
export function merged<O extends { id: string }>(
  db: Db,
  ranges: readonly [Range<O>, ...Range<O>[]],
  { by, order, limit }: { by: readonly (keyof O & string)[]; order: 'asc' | 'desc'; limit: number },
) {
  const first = <R extends Range<unknown>>(rows: R) =>
    by.reduce<Range<unknown>>((ordered, column) => ordered.orderBy(sql.ref(column), order), rows).limit(limit) as R
  // SQLite takes the end of a part of a union for the union's own, unless the part is a table to it.
  const [one, ...others] = ranges.map((range) => db.selectFrom(first(range).as('part')).selectAll())
  if (one === undefined) throw new Error('nothing to merge')
  const all = others.reduce((some, part) => some.union(part), one)
  return first(db.selectFrom(all.as('merged')).select(sql.ref<string>('id').as('id')))
}
