import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

export const rateLimits: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)
    await db.schema
      .createTable('rate_limit')
      .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
      .addColumn('project_id', id, (c) => c.notNull().references('project.id'))
      .addColumn('model', id, (c) => c.notNull())
      .addColumn('limits', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('rate_limit_key', ['project_id', 'model'])
      .execute()
  },
}
