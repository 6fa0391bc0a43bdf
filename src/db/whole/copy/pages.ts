import { sql } from 'kysely'
import type { Db } from '../../tables.ts'
import type { Column } from './columns.ts'
import { OF_ONE_DATABASE, type Place } from './mark.ts'
import { type Copied, keys } from './tables.ts'

/** Rows that are read, and written, together. */
const PAGE = 1000

/** Values by column: whole numbers as text. */
export type CopiedRow = Record<string, string | number | null>

/**
 * A table's rows in the order of its key, a page at a time.
 * @param after from behind this row on; null: from the beginning
 */
export async function* pagesOf(
  db: Db,
  table: Copied,
  columns: readonly Column[],
  after: Place | null,
): AsyncGenerator<CopiedRow[]> {
  const key: readonly string[] = keys[table]
  const names = columns.map(({ name, isWhole }) =>
    isWhole ? sql`cast(${sql.ref(name)} as text) as ${sql.ref(name)}` : sql.ref(name),
  )
  const order = sql.join(key.map((name) => sql.ref(`t.${name}`)))
  const real = table === 'meta' ? sql`key not in (${sql.join(OF_ONE_DATABASE)})` : sql`true`
  for (let place = after; ; ) {
    const behind = place === null ? real : sql`${real} and (${order}) > (${sql.join(place)})`
    const { rows } = await sql<CopiedRow>`select ${sql.join(names)} from ${sql.table(table)} as t
      where ${behind} order by ${order} limit ${PAGE}`.execute(db)
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    place = placeOf(table, columns, last)
  }
}

/** Where a row is. Whole numbers of a key are small, and compared as what they are. */
export function placeOf(table: Copied, columns: readonly Column[], row: CopiedRow): Place {
  const isWhole = new Set(columns.filter((column) => column.isWhole).map(({ name }) => name))
  return keys[table].map((name) => (isWhole.has(name) ? Number(row[name]) : (row[name] ?? null)))
}
