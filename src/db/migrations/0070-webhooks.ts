import { sql } from 'kysely'
import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * Where webhooks go, and what of them waits or has failed. Whoever delivers goes by endpoints that have something due, so that what one
 * of them does not take stands before nobody else's. What is too old is found by its time.
 */
export const webhooks = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('webhook_endpoint')
    .addColumn('id', id, (c) => c.primaryKey())
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('project_id', id, (c) => c.references('project.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('event_types', 'text', (c) => c.notNull())
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('old_secret', 'text')
    .addColumn('old_secret_until', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addColumn('due_at', 'bigint')
    .addColumn('waiting', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await db.schema
    .createIndex('webhook_endpoint_owner')
    .on('webhook_endpoint')
    .columns(['organization_id', 'project_id', 'id'])
    .execute()
  await sql`create index webhook_endpoint_due on webhook_endpoint (due_at) where due_at is not null`.execute(db)
  await db.schema
    .createTable('webhook_delivery')
    .addColumn('id', id, (c) => c.notNull())
    .addColumn('organization_id', id, (c) => c.notNull())
    .addColumn('endpoint_id', id, (c) => c.notNull())
    .addColumn('event_id', id, (c) => c.notNull())
    .addColumn('event_type', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('due_at', 'bigint')
    .addColumn('attempted_at', 'bigint')
    .addColumn('status_code', 'integer')
    .addColumn('error', 'text')
    // By the endpoint first: what one has is listed without what others have.
    .addPrimaryKeyConstraint('webhook_delivery_key', ['organization_id', 'endpoint_id', 'id'])
    .execute()
  await sql`create index webhook_delivery_due on webhook_delivery (organization_id, endpoint_id, due_at) where due_at is not null`.execute(
    db,
  )
  await sql`create index webhook_delivery_failed on webhook_delivery (created_at) where due_at is null`.execute(db)
})
