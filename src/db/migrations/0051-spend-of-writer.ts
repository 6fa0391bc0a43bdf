import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * How much of a total each writer of usage has brought to it. Of those of before, and of programs that do not know the table, there is nothing here:
 * what they brought is in the totals alone.
 */
export const spendOfWriter = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('spend_of_writer')
    .addColumn('organization_id', id, (c) => c.notNull())
    .addColumn('project_id', id, (c) => c.notNull())
    .addColumn('month', id, (c) => c.notNull())
    .addColumn('writer', id, (c) => c.notNull())
    .addColumn('amount_nano', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('spend_of_writer_key', ['organization_id', 'project_id', 'month', 'writer'])
    .execute()
  await db.schema
    .createIndex('spend_of_writer_writer')
    .on('spend_of_writer')
    .columns(['writer', 'organization_id', 'project_id', 'month'])
    .execute()
})
