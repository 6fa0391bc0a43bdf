import { type Kysely, PostgresAdapter } from 'kysely'

/** Which of the two databases this is. Nobody outside this folder asks. */
export function isPostgres<T>(db: Kysely<T>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}
