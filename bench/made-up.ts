import { type RawBuilder, sql } from 'kysely'
import { isPostgres } from '../src/db/dialect.ts'
import type { Db } from '../src/db/tables.ts'

/* Rows that the database itself makes up: writing them from here would take minutes. */

/** What to select as many rows from, numbered `i` from 0 on, or from another number on. */
export function series(db: Db, rows: number, from = 0): RawBuilder<unknown> {
  const [first, last] = [sql.lit(from), sql.lit(from + rows - 1)]
  return isPostgres(db)
    ? sql`generate_series(${first}, ${last}) as i`
    : sql`(with recursive c(i) as (select ${first} union all select i + 1 from c where i < ${last}) select i from c)`
}

/** An id with a number in it. */
export function numbered(db: Db, prefix: string, number: RawBuilder<unknown>): RawBuilder<unknown> {
  return isPostgres(db)
    ? sql`${sql.lit(prefix)} || lpad((${number})::text, 24, '0')`
    : sql`printf(${sql.lit(`${prefix}%024d`)}, ${number})`
}
