import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

/**
 * Whose the things are that model servers keep, of whatever kind; the owners of responses go in first. They expire, and one
 * index finds those that have; another finds what came with a response. There is no reference to the project: checking it at
 * every write would cost more than it tells.
 */
export const owned: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)
    await db.schema
      .createTable('owned')
      .addColumn('kind', id, (c) => c.notNull())
      .addColumn('id', id, (c) => c.notNull())
      .addColumn('organization_id', id, (c) => c.notNull())
      .addColumn('project_id', id, (c) => c.notNull())
      .addColumn('upstream', 'text', (c) => c.notNull())
      .addColumn('response_id', id)
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('owned_key', ['kind', 'id'])
      .execute()
    await db.schema.createIndex('owned_expiry').on('owned').column('expires_at').execute()
    await db.schema
      .createIndex('owned_response')
      .on('owned')
      .column('response_id')
      .where(sql.ref('response_id'), 'is not', null)
      .execute()
    await sql`insert into owned (kind, id, organization_id, project_id, upstream, expires_at)
      select 'response', response_id, organization_id, project_id, upstream, expires_at from response_owner`.execute(db)
    await db.schema.dropTable('response_owner').execute()
  },
}
