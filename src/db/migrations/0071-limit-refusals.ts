import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/** How many calls of a project were refused for which limit, by five minutes: what is kept of them, for a day. */
export const limitRefusals = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('limit_refusal')
    .addColumn('organization_id', id, (c) => c.notNull())
    .addColumn('time', 'bigint', (c) => c.notNull())
    .addColumn('project_id', id, (c) => c.notNull())
    .addColumn('model', id, (c) => c.notNull())
    .addColumn('scope', id, (c) => c.notNull())
    .addColumn('dimension', id, (c) => c.notNull())
    .addColumn('refused', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('limit_refusal_key', [
      'organization_id',
      'time',
      'project_id',
      'model',
      'scope',
      'dimension',
    ])
    .execute()
  await db.schema.createIndex('limit_refusal_time').on('limit_refusal').column('time').execute()
})
