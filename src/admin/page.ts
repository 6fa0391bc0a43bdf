import { type SelectQueryBuilder, sql } from 'kysely'
import { ApiError } from '../contract/error.ts'
import { isId, type Prefix } from '../core/id.ts'

/**
 * The rows behind the cursor in the order of their ids: enough for a page, and one more where there are more. Where a list leaves
 * rows out, it asks for the ids of a page in this way, and for the rows behind a `crossJoin`: the index of what is left in holds all that is
 * asked, so that PostgreSQL reads it and not the ids of everything.
 * @param prefix of the ids that order the list @param column where they stand
 */
export function behind<DB, TB extends keyof DB, O>(
  rows: SelectQueryBuilder<DB, TB, O>,
  { limit, after, order = 'asc' }: { limit: number; after?: string | undefined; order?: 'asc' | 'desc' },
  prefix: Prefix,
  column = 'id',
): SelectQueryBuilder<DB, TB, O> {
  const last = cursor(after, prefix)
  const id = sql.ref<string>(column)
  const ordered = rows.orderBy(id, order).limit(limit + 1)
  return last === undefined ? ordered : ordered.where(id, order === 'asc' ? '>' : '<', last)
}

/** The list envelope. `rows` holds one more than `limit` where there are more. */
export function page<R, Item extends { id: string }>(rows: readonly R[], limit: number, view: (row: R) => Item) {
  const data = rows.slice(0, limit).map(view)
  return {
    object: 'list' as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    // Nobody can go on from a page without objects.
    has_more: limit > 0 && rows.length > limit,
  }
}

/** The list envelope whose cursor is called `next`. `rows` holds one more than `limit` where there are more. */
export function nextPage<R, Item>(rows: readonly R[], limit: number, view: (row: R) => Item, idOf: (row: R) => string) {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const has_more = rows.length > limit && last !== undefined
  return { object: 'list' as const, data: shown.map(view), has_more, next: has_more ? idOf(last) : null }
}

/**
 * The cursor to go on from, or undefined at the start. An id that no longer names anything keeps its place in the order,
 * so a deletion never breaks an iteration; text that is no id of this list is refused.
 */
export function cursor(after: string | undefined, prefix: Prefix, param = 'after'): string | undefined {
  if (after === undefined || after === '') return undefined
  if (!isId(prefix, after)) {
    throw new ApiError('invalid_value', `Invalid '${param}': '${after}' is not the ID of an object of this list.`, {
      param,
    })
  }
  return after
}
