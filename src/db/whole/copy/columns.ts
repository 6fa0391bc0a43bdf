import { sql } from 'kysely'
import { isPostgres } from '../../dialect.ts'
import type { Db } from '../../tables.ts'
import type { Copied } from './tables.ts'

/** A column, and whether it holds whole numbers: those can exceed 2^53 and are carried as text. */
export type Column = { name: string; isWhole: boolean }

/** What is read as it is. */
const plain = new Set(['text', 'double precision'])
const whole = new Set(['bigint', 'integer'])

/**
 * A table's columns, in the order of their names; none where there is no such table.
 * @throws Error at a type that nobody has said how to copy
 */
export async function columnsOf(db: Db, table: Copied): Promise<Column[]> {
  const found = isPostgres(db)
    ? sql<{ name: string; type: string }>`select attname as name, format_type(atttypid, null) as type from pg_attribute
        where attrelid = to_regclass(${table}) and attnum > 0 and not attisdropped`
    : sql<{ name: string; type: string }>`select name, lower(type) as type from pragma_table_info(${table})`
  const { rows } = await found.execute(db)
  return rows
    .map(({ name, type }) => {
      if (!plain.has(type) && !whole.has(type)) throw new Error(`${table}.${name}: a column of type ${type}`)
      return { name, isWhole: whole.has(type) }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
