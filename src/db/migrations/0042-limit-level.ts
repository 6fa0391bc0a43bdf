import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

/** There is no reference to the organization: checking it every second would cost more than it tells. */
export const limitLevel: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)
    await db.schema
      .createTable('limit_level')
      .addColumn('organization_id', id, (c) => c.notNull())
      .addColumn('key', id, (c) => c.notNull())
      .addColumn('level', sql`double precision`, (c) => c.notNull())
      .addColumn('maximum', 'bigint', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('limit_level_key', ['organization_id', 'key'])
      .execute()
  },
}
