import { sql } from 'kysely'
import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * What is done in the background, and by whom at the moment; and batches, which are the gate's own objects whoever runs them. A server of the
 * version before does nothing in the background and has no batches.
 */
export const background = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('lease')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('holder', 'text', (c) => c.notNull())
    .addColumn('until_ms', 'bigint', (c) => c.notNull())
    .execute()
  const zero = (table: ReturnType<typeof db.schema.createTable>, name: string) =>
    table.addColumn(name, 'bigint', (c) => c.notNull().defaultTo(0))
  let batch = db.schema
    .createTable('batch')
    .addColumn('id', id, (c) => c.primaryKey())
    .addColumn('organization_id', id, (c) => c.notNull())
    .addColumn('project_id', id, (c) => c.notNull())
    .addColumn('key_id', id, (c) => c.notNull())
    .addColumn('user_id', id, (c) => c.notNull())
    .addColumn('runner', 'text', (c) => c.notNull())
    .addColumn('endpoint', 'text', (c) => c.notNull())
    .addColumn('completion_window', 'text', (c) => c.notNull())
    .addColumn('input_file_id', id, (c) => c.notNull())
    .addColumn('metadata', 'text')
    .addColumn('output_expires_after', 'bigint')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('made_at', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
  for (const name of ['model', 'upstream', 'upstream_file_id', 'upstream_batch_id'])
    batch = batch.addColumn(name, 'text')
  for (const name of ['output_file_id', 'error_file_id', 'errors', 'usage']) batch = batch.addColumn(name, 'text')
  const times = ['in_progress', 'expires', 'finalizing', 'completed', 'failed', 'expired', 'cancelling', 'cancelled']
  for (const time of [...times, 'sent', 'due']) batch = batch.addColumn(`${time}_at`, 'bigint')
  for (const name of ['request_total', 'request_completed', 'request_failed']) batch = zero(batch, name)
  for (const name of ['enqueued_tokens', 'reserved_nano', 'settled_output', 'settled_error']) batch = zero(batch, name)
  await batch.execute()
  await db.schema
    .createIndex('batch_listed')
    .on('batch')
    .columns(['organization_id', 'project_id', 'made_at', 'id'])
    .execute()
  await sql`create index batch_due on batch (due_at, id) where due_at is not null`.execute(db)
})
