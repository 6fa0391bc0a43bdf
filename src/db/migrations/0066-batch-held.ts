import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * What each batch holds that has not ended, input tokens of the limits on what may be enqueued and money, and the sums of that, by which it is
 * decided. A server of the version before has no batches: beside one that does it counts what was spent, and not what is held.
 */
export const batchHeld = adds(async (db) => {
  const id = idType(db)
  await db.schema.alterTable('batch').addColumn('held', 'text').execute()
  await db.schema
    .createTable('batch_held')
    .addColumn('organization_id', id, (c) => c.notNull())
    .addColumn('what', id, (c) => c.notNull())
    .addColumn('amount', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('batch_held_key', ['organization_id', 'what'])
    .execute()
})
