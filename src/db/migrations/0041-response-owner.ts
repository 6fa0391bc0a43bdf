import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

/**
 * Whose the responses are that model servers keep. They expire, and the index finds those that have. There is no reference to
 * the project: checking it at every write would cost more than it tells.
 */
export const responseOwner: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)
    await db.schema
      .createTable('response_owner')
      .addColumn('response_id', id, (c) => c.primaryKey())
      .addColumn('organization_id', id, (c) => c.notNull())
      .addColumn('project_id', id, (c) => c.notNull())
      .addColumn('upstream', 'text', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .execute()
    await db.schema.createIndex('response_owner_expiry').on('response_owner').column('expires_at').execute()
  },
}
