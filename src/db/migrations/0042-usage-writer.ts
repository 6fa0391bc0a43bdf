import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

/** What every writer of usage has written last: a batch that may have been committed is looked up here before it is repeated. */
export const usageWriter: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('usage_writer')
      .addColumn('id', idType(db), (c) => c.primaryKey())
      .addColumn('batch', 'bigint', (c) => c.notNull())
      .addColumn('written_at', 'bigint', (c) => c.notNull())
      .execute()
  },
}
