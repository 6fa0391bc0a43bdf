import { type Kysely, sql } from 'kysely'
import { isPostgres } from './dialect.ts'

/**
 * The type of an id column. Ids are what lists are sorted by, so both databases must agree on the order: SQLite compares
 * bytes, PostgreSQL's default collation does not.
 */
export function idType(db: Kysely<unknown>) {
  return isPostgres(db) ? sql`text collate "C"` : sql`text`
}
