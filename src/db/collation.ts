import { type Kysely, PostgresAdapter, sql } from 'kysely'

/**
 * The type of an id column. Ids are what lists are sorted by, so both databases must agree on the order: SQLite compares
 * bytes, PostgreSQL's default collation does not.
 */
export function idType(db: Kysely<unknown>) {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter
  return postgres ? sql`text collate "C"` : sql`text`
}
